// The turns: what was asked, on which code, the answer as it grows, and what can be done with it.
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { Prose } from "../../../../web/src/prose/prose.tsx";
import { filled } from "../chat/filled.ts";
import type { Action, Shown, Turn, View } from "../chat/protocol.ts";
import type { Words } from "../chat/words.ts";
import { say } from "./host.ts";
import { Welcome } from "./welcome.tsx";

/** So near to the end, one follows it. */
const NEAR = 40;

export function Turns({ view }: { view: View }) {
  const { turns, live, isLive, words } = view;
  const box = useRef<HTMLElement>(null);
  const isNear = useRef(true);
  const n = turns.length;
  useEffect(() => void (isNear.current = true), [n]);
  useLayoutEffect(() => {
    if (box.current && isNear.current) box.current.scrollTop = box.current.scrollHeight;
  });
  const note = ({ currentTarget: { scrollHeight, scrollTop, clientHeight } }: { currentTarget: HTMLElement }) => {
    isNear.current = scrollHeight - scrollTop - clientHeight < NEAR;
  };
  return (
    <>
      <main ref={box} onScroll={note}>
        {n === 0 && !isLive && <Welcome words={words} />}
        {turns.map((turn) => <Exchange key={turn.id} turn={turn} words={words} />)}
      </main>
      {isLive && <aside class="live"><h2>{words.following}</h2>{live ? <Exchange key={live.excerpt?.from} turn={live} words={words} /> : <p class="quiet">{words.moveCursor}</p>}</aside>}
    </>
  );
}

function Exchange({ turn, words }: { turn: Turn; words: Words }) {
  const isBusy = turn.state === "waiting" || turn.state === "writing";
  return (
    <article class={turn.state} aria-busy={isBusy}>
      {(turn.question || turn.excerpt) && (
        <header>
          {turn.question && <p class="question">{turn.question}</p>}
          {turn.excerpt && <Where excerpt={turn.excerpt} words={words} />}
        </header>
      )}
      {turn.text && <Prose text={turn.text} isWhole={!isBusy} />}
      {turn.state === "waiting" && <p class="quiet wait" role="status">{waitWords(turn, words)}</p>}
      {turn.state === "stopped" && <p class="quiet">{words.stopped}</p>}
      {turn.note && <p class="note" role="status">{turn.note}</p>}
      {!isBusy && <Actions turn={turn} words={words} />}
    </article>
  );
}

/** Of which file, and which lines of it. */
export function Where({ excerpt: { name, from, to, total }, words }: { excerpt: Shown; words: Words }) {
  return <span class="where">{filled(words.lines, { name, from, to, total })}</span>;
}

function waitWords({ stage }: Turn, words: Words): string {
  if (stage?.stage === "queued") return filled(words.queued, { 0: (stage.position ?? 0) + 1 });
  const share = stage?.total ? (stage.done ?? 0) / stage.total : 0;
  if (stage?.stage === "reading") return share < 1 ? filled(words.reading, { 0: Math.floor(100 * share) }) : words.writing;
  return words.waiting;
}

function Actions({ turn, words }: { turn: Turn; words: Words }) {
  const act = (action: Action) => <button key={action} type="button" data-action={action} class={action === turn.actions[0] ? "main" : ""} onClick={() => say({ kind: "act", id: turn.id, action })}>{words[action]}</button>;
  return (
    <footer>
      {turn.actions.map(act)}
      {turn.figures && 0 < turn.figures.rate && <span class="figures">{filled(words.figures, figuresOf(turn.figures))}</span>}
    </footer>
  );
}

function figuresOf({ tokens, rate, firstMs }: NonNullable<Turn["figures"]>) {
  return { tokens, rate: Math.round(rate), first: (firstMs / 1000).toFixed(1) };
}
