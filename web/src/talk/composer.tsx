// The input: grows with its text, keeps its draft, sends on Enter but never in the middle of composing.
import { useContext, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { chooseFiles } from "../base/file";
import { kept } from "../base/keep";
import { hasTouch } from "../base/media";
import { useStore } from "../base/store";
import { Coach } from "../coach/coach";
import { Leaving } from "../coach/escalation";
import { Page } from "../page";
import { Icon } from "../parts/icons";
import { notices } from "../parts/notices";
import { UPSTREAM } from "../wire/model";
import { useWords } from "../words/words";
import type { Words } from "../words/zh";
import type { Chat } from "./chat";
import { fit, isSend } from "./field";
import { Gauge } from "./gauge";

const MAX_BYTES = 1 << 20;

interface Props {
  chat: Chat;
  onPrompts: (draft: Draft) => void;
}

/** The text in the input, for who puts something there. */
export interface Draft {
  text: string;
  put: (text: string) => void;
}

export function Composer({ chat, onPrompts }: Props) {
  const { composer: words } = useWords();
  const { health } = useContext(Page);
  useStore(chat);
  useStore(health);
  const field = useRef<HTMLTextAreaElement>(null);
  const [draft, setDraft] = useDraft(chat, field);
  const canSend = draft.trim() !== "" && !chat.isBusy && !health.isGone;
  const put = (text: string) => {
    setDraft(text);
    field.current?.focus();
  };
  const send = (model?: string) => {
    if (!canSend) return;
    if (MAX_BYTES < new Blob([draft]).size) return notices.say(words.tooLong);
    void chat.send(draft.trim(), model);
    put("");
  };
  const press = (event: KeyboardEvent) => {
    if (event.key === "Escape" && chat.isBusy) void chat.stop();
    if (event.key === "ArrowUp" && draft === "") editLast(event);
    if (!isSend(event)) return;
    event.preventDefault();
    send();
  };
  return (
    <>
      {chat.trouble !== undefined && <p class="stage trouble" role="alert">{words.notSent(chat.trouble)}</p>}
      <Coach chat={chat} draft={draft} onEscalate={() => send(UPSTREAM)} onRewrite={put} />
      <Leaving chat={chat} draft={draft} />
      <div class="box">
        <textarea ref={field} id="ask" rows={1} value={draft} placeholder={words.placeholder} aria-label={words.placeholder}
          onInput={(event) => setDraft(event.currentTarget.value)} onKeyDown={press} />
        <div class="tools">
          <button type="button" class="quiet tool" aria-label={words.attach} title={words.attach} onClick={() => void attach(draft, put, words)}><Icon name="clip" /></button>
          <button type="button" class="quiet tool" data-prompts onClick={() => onPrompts({ text: draft, put })}><Icon name="book" />{words.prompts}</button>
          <span class="hint">{hasTouch() ? words.small : words.hint}</span>
          <Gauge chat={chat} draft={draft} />
          {chat.isBusy
            ? <button type="button" class="main stop" onClick={() => void chat.stop()}><Icon name="stop" />{words.stop}</button>
            : <button type="button" class="main" disabled={!canSend} onClick={() => send()}>{words.send}</button>}
        </div>
      </div>
    </>
  );
}

/** The draft of this conversation, which outlives reloads and what was not sent. */
function useDraft(chat: Chat, field: { current: HTMLTextAreaElement | null }): [string, (text: string) => void] {
  const name = `draft.${chat.id ?? "new"}`;
  const [draft, setDraft] = useState(() => kept.get(name));
  const of = useRef({ chat, name });
  const set = (text: string) => {
    kept.set(name, text);
    setDraft(text);
  };
  useLayoutEffect(() => {
    const before = of.current;
    of.current = { chat, name };
    if (before.chat !== chat) setDraft(kept.get(name));
    else if (before.name !== name) move(before.name, name);
    if (before.chat !== chat && !hasTouch()) field.current?.focus();
  }, [chat, name]);
  useEffect(() => {
    if (!hasTouch()) field.current?.focus();
  }, []);
  useEffect(() => {
    if (!chat.returned) return;
    if (!draft) set(chat.returned);
    chat.returned = "";
  });
  useLayoutEffect(() => fit(field.current), [draft]);
  return [draft, set];
}

/** A new conversation has got its number. */
function move(from: string, to: string): void {
  kept.set(to, kept.get(from));
  kept.set(from, "");
}

function editLast(event: KeyboardEvent): void {
  const edits = document.querySelectorAll<HTMLButtonElement>("[data-edit]");
  const last = edits[edits.length - 1];
  if (!last) return;
  event.preventDefault();
  last.click();
}

/** Puts text files into the draft, each fenced. */
async function attach(draft: string, put: (text: string) => void, words: Words["composer"]): Promise<void> {
  let text = draft;
  for (const file of await chooseFiles("text/*,.md,.csv,.json,.js,.ts,.tsx,.jsx,.py,.rs,.go,.java,.c,.h,.cpp,.sql,.toml,.yaml,.yml,.html,.css,.sh,.log")) {
    const content = await file.slice(0, MAX_BYTES).text();
    if (content.includes("\0")) {
      notices.say(words.notText(file.name));
      continue;
    }
    const fence = "`".repeat(Math.max(3, ...[...content.matchAll(/`+/g)].map(([ticks]) => ticks.length + 1)));
    const ending = /\.(\w+)$/.exec(file.name)?.[1] ?? "";
    text += `${text && !text.endsWith("\n") ? "\n\n" : ""}${words.attached(file.name)}\n${fence}${ending}\n${content.trimEnd()}\n${fence}\n`;
  }
  put(text);
}
