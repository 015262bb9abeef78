// One turn: a question, or an answer with what is worth knowing about it.
import { useState } from "preact/hooks";
import type { Turn } from "./conversation";
import { copy } from "./copy";
import { Markdown } from "./markdown";
import type { Words } from "./words";

export function TurnView({ turn, words, isWriting }: { turn: Turn; words: Words; isWriting: boolean }) {
  if (turn.role === "user") return <article class="question" aria-label={words.you}>{turn.text}</article>;
  return (
    <article class="answer" aria-label={words.model} aria-busy={isWriting}>
      {turn.wait ? <p class="wait">{waiting(turn, words)}</p> : null}
      <Markdown text={turn.text} words={words} />
      {turn.error ? <p class="warn" role="alert">{words.broken}: {turn.error}</p> : null}
      {turn.warnings.map((text) => <p key={text} class="warn">{text}</p>)}
      {isWriting ? null : <Foot turn={turn} words={words} />}
    </article>
  );
}

function waiting(turn: Turn, words: Words): string {
  const { stage = "", position = 0, done = 0, total = 1 } = turn.wait ?? {};
  if (stage === "queued") return `${words.queued} ${position}`;
  if (stage === "reading") return `${words.reading} ${Math.floor((100 * done) / total)} %`;
  return `${words.writing} …`;
}

function Foot({ turn, words }: { turn: Turn; words: Words }) {
  const [isCopied, setCopied] = useState(false);
  const onCopy = () => copy(turn.text).then(() => setCopied(true));
  return (
    <p class="foot">
      <span>{facts(turn, words).join(" · ")}</span>
      <button type="button" onClick={onCopy}>{isCopied ? words.copied : words.copy}</button>
    </p>
  );
}

/** Time to the first token, speed, length, and an end that is not the answer's own. */
export function facts(turn: Turn, words: Words): string[] {
  const ends: Record<string, string> = { length: words.length, repetition: words.repetition, stopped: words.stopped };
  const { firstMs, rate, tokens, cached } = turn;
  return [
    turn.finish ? ends[turn.finish] : undefined,
    firstMs === undefined ? undefined : `${words.first} ${Math.round(firstMs)} ms`,
    rate === undefined ? undefined : `${rate.toFixed(1)} ${words.perSecond}`,
    tokens === undefined ? undefined : `${tokens} ${words.tokens}`,
    cached ? `${cached} ${words.cached}` : undefined,
  ].filter((fact) => fact !== undefined);
}
