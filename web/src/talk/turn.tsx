// A question or an answer, with its versions, how it ended and what it cost.
import { memo } from "preact/compat";
import { useContext, useEffect, useRef, useState } from "preact/hooks";
import { useStore } from "../base/store";
import { Page } from "../page";
import { CopyButton } from "../parts/copy";
import { Icon } from "../parts/icons";
import { Prose } from "../prose/prose";
import { shortName } from "../wire/model";
import type { Message } from "../wire/types";
import { useWords } from "../words/words";
import { Answer } from "./answer";
import type { Chat } from "./chat";
import { figuresOf } from "./figures";
import { fit, isSend } from "./field";
import { Wait } from "./wait";

const MAX_LETTERS = 900;
const MAX_LINES = 16;

interface Props {
  message: Message;
  chat: Chat;
  answer: Answer | undefined;
  /** All versions of this message, oldest first. */
  versions: readonly number[];
  isLast: boolean;
  isBusy: boolean;
}

export const Turn = memo(
  (props: Props) => (props.message.role === "user" ? <Question {...props} /> : <Reply {...props} />),
  (before, after) =>
    before.message === after.message && before.answer === after.answer && before.isLast === after.isLast &&
    before.isBusy === after.isBusy && before.versions === after.versions && before.chat === after.chat,
);

function Question({ message, chat, versions, isBusy }: Props) {
  const { turn: words } = useWords();
  const [isEdited, setEdited] = useState(false);
  return (
    <article class="turn question" aria-label={words.you} id={`m${message.id}`}>
      {isEdited
        ? <Editor message={message} onDone={(text) => { setEdited(false); if (text) void chat.edit(message.id, text); }} />
        : <Asked text={message.content} />}
      <div class="row end">
        <Versions chat={chat} id={message.id} versions={versions} isBusy={isBusy} />
        {!isEdited && !isBusy && <button type="button" class="quiet" data-edit onClick={() => setEdited(true)}>{words.edit}</button>}
        <CopyButton text={message.content} />
      </div>
    </article>
  );
}

/** A question; of a very long one the beginning, until the reader wants it all. */
export function Asked({ text }: { text: string }) {
  const { turn: words } = useWords();
  const [isWhole, setWhole] = useState(false);
  const isLong = MAX_LETTERS < text.length || MAX_LINES < text.split("\n").length;
  return (
    <div class={`you${isLong && !isWhole ? " cut" : ""}`}>
      {text}
      {isLong && <button type="button" class="quiet strong" aria-expanded={isWhole} onClick={() => setWhole(!isWhole)}>{isWhole ? words.showLess : words.showAll(text.length)}</button>}
    </div>
  );
}

function Editor({ message, onDone }: { message: Message; onDone: (text: string | undefined) => void }) {
  const { turn: words } = useWords();
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    fit(field.current);
    field.current?.focus();
    field.current?.setSelectionRange(message.content.length, message.content.length);
  }, []);
  const done = () => onDone(field.current?.value.trim() || undefined);
  const press = (event: KeyboardEvent) => {
    if (event.key === "Escape") onDone(undefined);
    if (!isSend(event)) return;
    event.preventDefault();
    done();
  };
  return (
    <div class="editor">
      <textarea ref={field} defaultValue={message.content} aria-label={words.editLabel} onInput={() => fit(field.current)} onKeyDown={press} />
      <div class="row end">
        <button type="button" class="quiet" onClick={() => onDone(undefined)}>{words.cancel}</button>
        <button type="button" class="main" onClick={done}>{words.save}</button>
      </div>
    </div>
  );
}

function Reply({ message, chat, answer, versions, isLast, isBusy }: Props) {
  const words = useWords();
  return (
    <article class="turn reply" aria-label={words.turn.answer} aria-busy={answer !== undefined} id={`m${message.id}`}>
      {message.host && <p class="author">{words.turn.elsewhere(message.model ?? "", message.host)}</p>}
      <Body message={message} answer={answer} />
      {!answer && <End message={message} />}
      <div class="row">
        {!answer && <Tools message={message} chat={chat} versions={versions} isLast={isLast} isBusy={isBusy} answer={answer} />}
      </div>
    </article>
  );
}

const IDLE = new Answer();

/** The text, as far as it is there; the same elements while it grows and afterwards. */
function Body({ message: { content, host }, answer }: { message: Message; answer: Answer | undefined }) {
  const { turn: words } = useWords();
  useStore(answer ?? IDLE);
  const text = answer?.text ?? content;
  const isWaiting = answer && (!text || answer.stage);
  return (
    <>
      {text && <Prose text={text} isWhole={!answer} />}
      {answer?.isStopping ? <p class="ended">{words.stopping}</p> : isWaiting && <Wait since={answer.since} stage={answer.stage} host={host} />}
    </>
  );
}

function Tools({ message, chat, versions, isLast, isBusy }: Props) {
  const words = useWords();
  const canGoOn = isLast && !message.host && message.content !== "" && (message.state === "stopped" || ["length", "repetition"].includes(message.finish_reason ?? ""));
  return (
    <>
      <Versions chat={chat} id={message.id} versions={versions} isBusy={isBusy} />
      {canGoOn && !isBusy && <button type="button" class="quiet strong" data-continue onClick={() => void chat.goOn(message.id)}>{words.turn.goOn}</button>}
      {!isBusy && <button type="button" class="quiet" data-again onClick={() => void chat.regenerate(message.id)}>{words.turn.regenerate}</button>}
      {message.content && <CopyButton text={message.content} />}
      <span class="figures">{[...useAuthor(message), ...figuresOf(message.stats, words)].join("\u00a0· ")}</span>
    </>
  );
}

/** The model that wrote it, if that is no longer the one being served. */
function useAuthor({ model: author, host }: Message): string[] {
  const { model } = useContext(Page);
  useStore(model);
  return author && !host && model.name && author !== shortName(model.name) ? [author] : [];
}

/** ‹ 2/3 › */
function Versions({ chat, id, versions, isBusy }: { chat: Chat; id: number; versions: readonly number[]; isBusy: boolean }) {
  const { turn: words } = useWords();
  if (versions.length < 2) return null;
  const at = versions.indexOf(id);
  const step = (by: number) => {
    const other = versions[at + by];
    if (other !== undefined) void chat.show(other);
  };
  return (
    <span class="versions">
      <button type="button" class="quiet round" aria-label={words.previous} disabled={isBusy || at === 0} onClick={() => step(-1)}><Icon name="left" /></button>
      <span class="numbers">{at + 1}/{versions.length}</span>
      <button type="button" class="quiet round" aria-label={words.next} disabled={isBusy || at === versions.length - 1} onClick={() => step(1)}><Icon name="right" /></button>
    </span>
  );
}

/** How an answer ended, where it did not end by itself. */
function End({ message: { state, finish_reason, stats, content } }: { message: Message }) {
  const { turn: words } = useWords();
  const reason = (state === "failed" ? "failed" : finish_reason) as keyof typeof words.ended | null;
  const label = reason && Object.hasOwn(words.ended, reason) ? words.ended[reason] : "";
  return (
    <>
      {state === "complete" && !content && <p class="ended">{words.empty}</p>}
      {label && <p class={`ended ${reason}`}>{label} {stats?.error}</p>}
      {stats?.warnings?.map((warning) => <p class="ended" key={warning}><b>{words.warning}</b> {warning}</p>)}
    </>
  );
}
