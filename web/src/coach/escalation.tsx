// The button that asks the larger model instead: first it says what leaves this machine, and nothing leaves before the second press.
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
  if (!upstream || chat.isBusy) return null;
  if (asking !== draft) return <button type="button" data-escalate onClick={() => setAsking(draft)}>{words.escalate(upstream.name)}</button>;
  return (
    <>
      <span>{words.leaves(charactersOf(chat, draft), upstream.host)}</span>
      <button type="button" data-escalate-send onClick={onSend}>{words.escalateSend}</button>
      <button type="button" onClick={() => setAsking("")}>{words.escalateNot}</button>
    </>
  );
}

/** All that is sent: the system prompt, the conversation so far, and the question. */
function charactersOf(chat: Chat, draft: string): number {
  const said = chat.tree.branch(chat.active).map(({ content }) => content);
  return [chat.settings.system ?? "", ...said, draft.trim()].reduce((n, text) => n + [...text].length, 0);
}
