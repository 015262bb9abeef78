// The field for the key or the PIN that a shared server wants.
import { useRef, useState } from "preact/hooks";
import { isPin, join } from "../wire/join";
import type { Session } from "../wire/session";
import { useWords } from "../words/words";

export function KeyAsk({ session }: { session: Session }) {
  const { model: words } = useWords();
  const field = useRef<HTMLInputElement>(null);
  const [isWrong, setWrong] = useState(false);
  const use = async (event: Event) => {
    event.preventDefault();
    const key = field.current?.value.trim();
    if (!key) return;
    await session.use(isPin(key) && (await join(key)) ? "" : key);
    setWrong(session.needsKey);
  };
  return (
    <form class="stage key" onSubmit={(event) => void use(event)}>
      <label for="key">{isWrong ? words.keyWrong : words.keyAsk}</label>
      <input id="key" ref={field} type="password" autocomplete="off" inputMode="text" aria-invalid={isWrong} />
      <button type="submit" class="main">{words.keyUse}</button>
    </form>
  );
}
