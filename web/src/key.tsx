// The field for the key that a shared server wants.
import { useRef } from "preact/hooks";
import type { Chat } from "./chat";
import { useWords } from "./words";

export function KeyAsk({ chat }: { chat: Chat }) {
  const words = useWords();
  const field = useRef<HTMLInputElement>(null);
  const use = (event: Event) => {
    event.preventDefault();
    const key = field.current?.value.trim();
    if (key) chat.useKey(key);
  };
  return (
    <form class="stage" onSubmit={use}>
      <label for="key">{words.keyAsk}</label>
      <input id="key" ref={field} type="password" autocomplete="off" aria-label={words.keyLabel} />
      <button type="submit" class="main">{words.keyUse}</button>
    </form>
  );
}
