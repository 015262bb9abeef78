// The field for questions, and above it the code that goes along.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Choice, ToPage, View } from "../chat/protocol.ts";
import { keepDraft, keptDraft, say } from "./host.ts";
import { Where } from "./turns.tsx";

const CHOICES: Choice[] = ["selection", "file", "none"];

export function Composer({ view: { words, along, turns } }: { view: View }) {
  const [draft, setDraft] = useState(keptDraft);
  const field = useRef<HTMLTextAreaElement>(null);
  const isBusy = turns.some(({ state }) => state === "waiting" || state === "writing");
  useEffect(() => {
    const hear = ({ data }: MessageEvent<ToPage>) => data.kind === "focus" && field.current?.focus();
    addEventListener("message", hear);
    return () => removeEventListener("message", hear);
  }, []);
  useEffect(() => keepDraft(draft), [draft]);
  useLayoutEffect(() => grow(field.current), [draft]);
  const send = () => {
    if (!draft.trim() || isBusy) return;
    say({ kind: "ask", text: draft.trim() });
    setDraft("");
  };
  const press = (event: KeyboardEvent) => {
    if (event.key === "Escape" && isBusy) say({ kind: "stop" });
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  };
  return (
    <form class="composer" onSubmit={(event) => event.preventDefault()}>
      <div class="along" title={words.goesAlong}>
        <select aria-label={words.goesAlong} value={along.choice} onChange={({ currentTarget }) => say({ kind: "along", choice: currentTarget.value as Choice })}>
          {CHOICES.map((choice) => <option key={choice} value={choice}>{words[choice]}</option>)}
        </select>
        {along.excerpt ? <Where excerpt={along.excerpt} words={words} /> : <span class="where">{words.nothingAlong}</span>}
      </div>
      <div class="box">
        <textarea id="ask" ref={field} rows={1} value={draft} placeholder={words.ask} aria-label={words.ask} onInput={({ currentTarget }) => setDraft(currentTarget.value)} onKeyDown={press} />
        {isBusy ? <button type="button" id="stop" class="main" onClick={() => say({ kind: "stop" })}>{words.stop}</button> : <button type="button" id="send" class="main" disabled={!draft.trim()} onClick={send}>{words.send}</button>}
      </div>
    </form>
  );
}

/** As high as its text, within the style sheet's bounds. */
function grow(field: HTMLTextAreaElement | null): void {
  if (!field) return;
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight + 2}px`;
}
