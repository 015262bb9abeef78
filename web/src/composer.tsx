// The one input. It grows with its text; Enter sends, but never while an input method is composing.
import { useEffect, useRef, useState } from "preact/hooks";
import type { Words } from "./words";

interface Props {
  words: Words;
  isReady: boolean;
  isBusy: boolean;
  ask(text: string): void;
  stop(): void;
}

const DRAFT = "maque.draft";

export function Composer({ words, isReady, isBusy, ask, stop }: Props) {
  const [text, setText] = useState(localStorage.getItem(DRAFT) ?? "");
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    localStorage.setItem(DRAFT, text);
    if (!field.current) return;
    field.current.style.height = "auto";
    field.current.style.height = `${field.current.scrollHeight}px`;
  }, [text]);
  const send = () => {
    if (!text.trim() || !isReady || isBusy) return;
    setText("");
    ask(text.trim());
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (!sends(event)) return;
    event.preventDefault();
    send();
  };
  return (
    <form class="composer" onSubmit={(event) => { event.preventDefault(); send(); }}>
      <textarea ref={field} rows={1} autofocus aria-label={words.placeholder} placeholder={words.placeholder} value={text}
        onInput={(event) => setText(event.currentTarget.value)} onKeyDown={onKeyDown} />
      {isBusy
        ? <button type="button" id="stop" onClick={stop}>{words.stop}</button>
        : <button type="submit" id="send" disabled={!isReady || !text.trim()}>{words.send}</button>}
    </form>
  );
}

/** Whether a key sends: Enter, but not with Shift and not the one that ends a composition (key code 229). */
export function sends(event: Pick<KeyboardEvent, "key" | "shiftKey" | "isComposing" | "keyCode">): boolean {
  return event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229;
}
