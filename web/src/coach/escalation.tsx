// What leaves this machine for the larger model elsewhere: the button that asks it one question, which says so first and
// sends nothing before the second press, and the line of a conversation that it answers.
import { useContext, useState } from "preact/hooks";
import { useStore } from "../base/store";
import { Page } from "../page";
import type { Chat } from "../talk/chat";
import { useWords } from "../words/words";

interface Props {
  chat: Chat;
  draft: string;
  onSend: () => void;
}

export function Escalation({ chat, draft, onSend }: Props) {
  const { coach: words } = useWords();
  const { model } = useContext(Page);
  const [asking, setAsking] = useState("");
  useStore(model);
  const { upstream } = model;
  if (!upstream || chat.isBusy || chat.isElsewhere) return null;
  if (asking !== draft) return <button type="button" data-escalate onClick={() => setAsking(draft)}>{words.escalate(upstream.name)}</button>;
  return (
    <>
      <span>{words.leaves(charactersOf(chat, draft), upstream.host)}</span>
      <button type="button" data-escalate-send onClick={onSend}>{words.escalateSend}</button>
      <button type="button" onClick={() => setAsking("")}>{words.escalateNot}</button>
    </>
  );
}

/** Above the input of a conversation that the larger model answers. */
export function Leaving({ chat, draft }: { chat: Chat; draft: string }) {
  const { coach: words, settings } = useWords();
  const { model } = useContext(Page);
  useStore(model);
  if (!chat.isElsewhere) return null;
  const { upstream } = model;
  const { model: _, ...here } = chat.settings;
  return (
    <p class="stage leaving" role="note">
      <span>{upstream ? words.leaves(charactersOf(chat, draft), upstream.host) : settings.noUpstream}</span>
      <button type="button" class="quiet strong" onClick={() => void chat.set(here)}>{words.answerHere}</button>
    </p>
  );
}

/** All that is sent: the system prompt, the conversation so far, and the question. */
function charactersOf(chat: Chat, draft: string): number {
  const said = chat.tree.branch(chat.active).map(({ content }) => content);
  return [chat.settings.system ?? "", ...said, draft.trim()].reduce((n, text) => n + [...text].length, 0);
}
