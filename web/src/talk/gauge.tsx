// How much of the context the shown branch takes, with what is being written in the input.
import { useContext } from "preact/hooks";
import { useStore } from "../base/store";
import { Page } from "../page";
import { useWords } from "../words/words";
import type { Chat } from "./chat";

/** Tokens that a text comes to, roughly: most tokenizers take 0.7 for a Chinese character, 0.3 for a Latin letter. */
export function estimate(text: string): number {
  const wide = text.match(/[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]/g)?.length ?? 0;
  return Math.ceil(wide * 0.7 + (text.length - wide) * 0.3);
}

/** Tokens of the branch: what the server counted last, and an estimate of what came after. */
export function used(chat: Chat): number {
  let n = 0;
  for (const { stats, content } of chat.branch) {
    if (stats?.prompt_tokens !== undefined) n = stats.prompt_tokens + (stats.completion_tokens ?? 0);
    else n += estimate(content);
  }
  return n;
}

export function Gauge({ chat, draft }: { chat: Chat; draft: string }) {
  const { composer: words } = useWords();
  const { model } = useContext(Page);
  useStore(model);
  if (!model.context) return null;
  const n = used(chat) + estimate(draft);
  const share = Math.min(1, n / model.context);
  const label = words.gauge(n, model.context);
  return (
    <span class={`gauge${0.85 < share ? " full" : ""}`} title={label}>
      <span class="bar" role="meter" aria-label={label} aria-valuemin={0} aria-valuemax={model.context} aria-valuenow={Math.min(n, model.context)}>
        <b style={{ width: `${share * 100}%` }} />
      </span>
      <span class="numbers">{n.toLocaleString()} / {model.context.toLocaleString()}</span>
    </span>
  );
}
