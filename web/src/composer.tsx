// The input: grows with its text, sends on Enter unless an input method is composing, keeps its draft.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Chat } from "./chat";
import type { Health } from "./health";
import { keptForTab } from "./keep";
import { useWords } from "./words";

const MAX_HEIGHT_PX = 240;
const hasTouch = matchMedia("(pointer: coarse)").matches;

/** Whether this key press means "send": not while composing, and a new line on touch keyboards. */
function isSend(event: KeyboardEvent): boolean {
  const isComposing = event.isComposing || event.keyCode === 229;
  return event.key === "Enter" && !event.shiftKey && !isComposing && !hasTouch;
}

export function Composer({ chat, health }: { chat: Chat; health: Health }) {
  const words = useWords();
  const field = useRef<HTMLTextAreaElement>(null);
  const [draft, setDraft] = useState(() => keptForTab.get("draft"));
  const canSend = draft.trim() !== "" && !chat.isBusy && !health.isGone;
  useLayoutEffect(() => fit(field.current), [draft]);
  useEffect(() => keptForTab.set("draft", draft), [draft]);
  useEffect(() => { if (!hasTouch) field.current?.focus(); }, []);
  const send = () => {
    if (!canSend) return;
    chat.send(draft.trim());
    setDraft("");
    field.current?.focus();
  };
  const press = (event: KeyboardEvent) => {
    if (event.key === "Escape" && chat.isBusy) chat.stop();
    if (!isSend(event)) return;
    event.preventDefault();
    send();
  };
  return (
    <div class="box">
      <textarea ref={field} rows={1} value={draft} placeholder={words.placeholder} aria-label={words.placeholder}
        onInput={(event) => setDraft(event.currentTarget.value)} onKeyDown={press} />
      <div class="tools">
        <span class="hint">{hasTouch ? words.hintTouch : words.hint}</span>
        {chat.isBusy
          ? <button type="button" class="main stop" onClick={() => chat.stop()}>{words.stop}</button>
          : <button type="button" class="main" disabled={!canSend} onClick={send}>{words.send}</button>}
      </div>
    </div>
  );
}

function fit(field: HTMLTextAreaElement | null): void {
  if (!field) return;
  field.style.height = "auto";
  field.style.height = `${Math.min(field.scrollHeight, MAX_HEIGHT_PX)}px`;
}
