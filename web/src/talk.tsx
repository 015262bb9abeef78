// The conversation: turns, or the opening prompts; follows the writing until the reader scrolls away.
import { useEffect, useRef, useState } from "preact/hooks";
import type { Chat } from "./chat";
import { Follower } from "./follower";
import { Speaker } from "./speaker";
import { TurnView } from "./turn";
import { useWords } from "./words";

export function Talk({ chat }: { chat: Chat }) {
  const words = useWords();
  const scroller = useRef<HTMLElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const follower = useRef<Follower | null>(null);
  const [isFollowing, setFollowing] = useState(true);
  useEffect(() => {
    if (!scroller.current || !content.current) return undefined;
    follower.current = new Follower(scroller.current, content.current, setFollowing);
    return () => follower.current?.end();
  }, []);
  useEffect(() => follower.current?.toEnd(), [chat.turns.length]);
  const last = chat.turns.at(-1);
  return (
    <main>
      <section class="talk" ref={scroller} aria-label={words.conversation} tabIndex={0}>
        <div ref={content}>
          {last ? chat.turns.map((turn) => <TurnView key={turn.id} turn={turn} chat={chat} isLast={turn === last} />) : <Welcome chat={chat} />}
        </div>
      </section>
      {!isFollowing && <button type="button" class="latest" onClick={() => follower.current?.toEnd()}>↓ {words.latest}</button>}
      {last && <Speaker key={last.id} answer={last.answer} />}
    </main>
  );
}

function Welcome({ chat }: { chat: Chat }) {
  const words = useWords();
  return (
    <div class="welcome">
      <h2>{words.hello}</h2>
      <p>{words.helloSmall}</p>
      <ul>
        {words.prompts.map((prompt) => (
          <li key={prompt}><button type="button" class="prompt" onClick={() => chat.send(prompt)}>{prompt}</button></li>
        ))}
      </ul>
    </div>
  );
}
