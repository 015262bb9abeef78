// A question and its answer, with how it ended and what it cost.
import { useEffect, useState } from "preact/hooks";
import type { Answer, Chat, Turn } from "./chat";
import { CopyButton } from "./copy";
import { figuresOf } from "./figures";
import { Prose } from "./prose";
import { useWords } from "./words";
import type { Words } from "./words.zh";

interface Props {
  turn: Turn;
  chat: Chat;
  isLast: boolean;
}

export function TurnView({ turn, chat, isLast }: Props) {
  const words = useWords();
  return (
    <>
      <article class="turn" aria-label={words.you}>
        <div class="you">{turn.question}</div>
        <div class="row end"><CopyButton text={turn.question} /></div>
      </article>
      <article class="turn" aria-label={words.answer} aria-busy={turn.answer.phase !== "done"}>
        {turn.answer.text ? <Prose text={turn.answer.text} /> : turn.answer.phase !== "done" && <Wait answer={turn.answer} />}
        <End answer={turn.answer} />
        <div class="row">{turn.answer.phase === "done" && <Tools turn={turn} chat={chat} isLast={isLast} />}</div>
      </article>
    </>
  );
}

function Tools({ turn: { answer }, chat, isLast }: Props) {
  const words = useWords();
  return (
    <>
      {answer.text && <CopyButton text={answer.text} />}
      {isLast && <button type="button" class="quiet" onClick={() => chat.retry()}>{words.retry}</button>}
      <span class="grow" />
      <span class="figures">{figuresOf(answer, words).join(" · ")}</span>
    </>
  );
}

/** The line before the first token: what is going on, and for how long. */
function Wait({ answer }: { answer: Answer }) {
  const words = useWords();
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), 100);
    return () => clearInterval(timer);
  }, []);
  const waited = Math.max(0, now - answer.askedAt) / 1000;
  return (
    <div class="wait">
      <span class="dots" aria-hidden="true"><i /><i /><i /></span>
      <span role="status">{waitWords(answer, words)}</span>
      <span class="numbers">{words.seconds(waited)}</span>
    </div>
  );
}

function waitWords({ phase, wait }: Answer, words: Words): string {
  if (phase === "model") return words.waitModel;
  if (wait?.stage === "queued") return words.waitQueued(wait.position ?? 0);
  const share = wait?.total ? (wait.done ?? 0) / wait.total : 0;
  return share < 1 ? words.waitReading(Math.floor(share * 100)) : words.waitWriting;
}

/** How an answer ended, where it did not end by itself. */
function End({ answer }: { answer: Answer }) {
  const words = useWords();
  const { ending, reason, text, warnings } = answer;
  if (answer.phase !== "done") return null;
  return (
    <>
      {ending === "stop" && !text && <p class="ended">{words.empty}</p>}
      {ending && ending !== "stop" && (
        <p class={`ended ${ending}`} role="status">{words.ended[ending]}{reason !== undefined && ` ${reason || words.unreachable}`}</p>
      )}
      {warnings.map((warning) => <p class="ended" key={warning}><b>{words.warning}</b> {warning}</p>)}
    </>
  );
}
