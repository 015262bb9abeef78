// The field for the key that a shared server wants.
import { useRef } from "preact/hooks";
import type { Chat } from "./chat";
import { isPin, join } from "./join";
import { useWords } from "./words";

export function KeyAsk({ chat }: { chat: Chat }) {
  const words = useWords();
  const field = useRef<HTMLInputElement>(null);
  const use = async (event: Event) => {
    event.preventDefault();
    const key = field.current?.value.trim();
    if (!key) return;
    if (isPin(key) && (await join(key))) chat.useKey("");
    else chat.useKey(key);
  };
  return (
    <form class="stage" onSubmit={use}>
      <label for="key">{words.keyAsk}</label>
      <input id="key" ref={field} type="password" autocomplete="off" aria-label={words.keyLabel} />
      <button type="submit" class="main">{words.keyUse}</button>
    </form>
  );
}
