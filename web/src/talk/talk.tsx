// The conversation: turns, or the opening prompts; follows the writing until the reader scrolls away.
import { useContext, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { useStore } from "../base/store";
import { Page } from "../page";
import { Icon } from "../parts/icons";
import type { Message } from "../wire/types";
import { useWords } from "../words/words";
import type { Chat } from "./chat";
import type { Desk } from "./desk";
import { Follower } from "./follower";
import { Speaker } from "./speaker";
import { Asked, Turn } from "./turn";
import { Wait } from "./wait";
import { Welcome } from "./welcome";

interface Props {
  chat: Chat;
  desk: Desk;
  isReady: boolean;
  onPersonas: () => void;
}

export function Talk({ chat, desk, isReady, onPersonas }: Props) {
  const { talk: words } = useWords();
  useStore(chat);
  const scroller = useRef<HTMLElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const follower = useRef<Follower | null>(null);
  const [isFollowing, setFollowing] = useState(true);
  useEffect(() => {
    if (!scroller.current || !content.current) return undefined;
    follower.current = new Follower(scroller.current, content.current, setFollowing);
    return () => follower.current?.end();
  }, []);
  const shown = chat.pending ? chat.tree.branch(chat.pending.after) : chat.branch;
  useLayoutEffect(() => follower.current?.toEnd(), [chat, chat.pending, chat.state]);
  useSought(desk, chat);
  const isEmpty = shown.length === 0 && !chat.pending && chat.state === "shown";
  return (
    <main>
      <section class="talk" ref={scroller} aria-label={words.conversation} tabIndex={0}>
        <div ref={content} class="talk-inner">
          {isEmpty ? <Welcome chat={chat} onPersonas={onPersonas} /> : <State chat={chat} desk={desk} />}
          <Branch chat={chat} shown={shown} />
          {chat.pending && <PendingTurn chat={chat} isReady={isReady} />}
        </div>
      </section>
      {!isFollowing && <button type="button" class="latest" onClick={() => follower.current?.toEnd()}><Icon name="down" />{words.latest}</button>}
      <Speaker answer={chat.spoken} />
    </main>
  );
}

function Branch({ chat, shown }: { chat: Chat; shown: readonly Message[] }) {
  const { talk: words } = useWords();
  const n = notRead(shown);
  return (
    <>
      {shown.map((message, idx) => [
        0 < n && idx === n && <p key="gone" class="gone">{words.notRead(n)}</p>,
        <Turn key={message.id} message={message} chat={chat} answer={chat.live.get(message.id)} versions={chat.tree.versions(message.id)}
          isLast={idx === shown.length - 1 && !chat.pending} isBusy={chat.isBusy} />,
      ])}
    </>
  );
}

/** How many of the first messages the last answer was written without. */
function notRead(shown: readonly Message[]): number {
  const last = shown.findLast((message) => message.stats?.context);
  return last?.stats?.context?.dropped_messages ?? 0;
}

function PendingTurn({ chat, isReady }: { chat: Chat; isReady: boolean }) {
  const { turn: words } = useWords();
  const { model } = useContext(Page);
  const { content, since, isElsewhere } = chat.pending ?? { content: undefined, since: 0 };
  return (
    <>
      {content !== undefined && <article class="turn question" aria-label={words.you}><Asked text={content} /><div class="row end" /></article>}
      <article class="turn reply" aria-label={words.answer} aria-busy="true"><Wait since={since} stage={undefined} host={isReady && isElsewhere ? model.upstream?.host : null} before={isReady ? "sending" : "model"} /><div class="row" /></article>
    </>
  );
}

function State({ chat, desk }: { chat: Chat; desk: Desk }) {
  const { talk: words, shell } = useWords();
  if (chat.state === "loading") return <p class="state" role="status">{words.loading}</p>;
  if (chat.state === "missing") return <div class="state" role="alert"><p>{words.missing}</p><button type="button" class="main" onClick={() => desk.fresh()}>{shell.newChat}</button></div>;
  if (chat.state === "broken") return <div class="state" role="alert"><p>{words.broken}</p><button type="button" class="main" onClick={() => void chat.load()}>{words.again}</button></div>;
  return null;
}

/** Brings the message that was searched for into view, on the branch that has it. */
function useSought(desk: Desk, chat: Chat): void {
  const sought = desk.sought;
  useEffect(() => {
    if (sought === undefined || !chat.tree.get(sought)) return;
    if (!chat.branch.some((message) => message.id === sought)) {
      void chat.show(sought);
      return;
    }
    desk.sought = undefined;
    const element = document.getElementById(`m${sought}`);
    element?.scrollIntoView({ block: "center" });
    element?.classList.add("sought");
    setTimeout(() => element?.classList.remove("sought"), 2000);
  });
}
