// The line above the input with one tip for what is being written; it never stands in the way of sending.
import { useEffect, useState } from "preact/hooks";
import { kept } from "../base/keep";
import { useWords } from "../words/words";
import type { Words } from "../words/zh";
import { Icon } from "../parts/icons";
import type { Chat } from "../talk/chat";
import { Escalation } from "./escalation";
import { hintFor, tipsFor, type HintName, type Tip, type TipName } from "./tips";

const PAUSE_MS = 350;

interface Props {
  chat: Chat;
  draft: string;
  onEscalate: () => void;
  onRewrite: (text: string) => void;
}

export function Coach({ chat, draft, onEscalate, onRewrite }: Props) {
  const { coach: words } = useWords();
  const [off, setOff] = useState(() => kept.get("coach.off").split(" "));
  const [steps, setSteps] = useState<{ list: string[]; n: number }>({ list: [], n: 0 });
  const settled = useSettled(draft);
  const tip = tipsFor(settled).find(({ name }) => !off.includes(name));
  const hint = hintFor(settled);
  const dismiss = (name: TipName | HintName) => {
    const now = [...off, name];
    kept.set("coach.off", now.join(" ").trim());
    setOff(now);
  };
  const split = (list: string[]) => {
    setSteps({ list: list.slice(1), n: list.length });
    onRewrite(list[0] ?? "");
  };
  const next = steps.list[0];
  const shown = hint && !off.includes(hint) ? hint : undefined;
  return (
    <div class="coach" role="status">
      {shown && draft && <p class="note"><span><b>{words.note}</b> {words[shown]}</span><Escalation chat={chat} draft={draft} onSend={onEscalate} /><Dismiss onClick={() => dismiss(shown)} /></p>}
      {tip && draft && !shown && <TipLine tip={tip} words={words} onRewrite={onRewrite} onSplit={split} onDismiss={() => dismiss(tip.name)} />}
      {!draft && next && (
        <p class="tip">
          <span>{words.step(steps.n - steps.list.length + 1, steps.n)}</span>
          <button type="button" onClick={() => { setSteps({ ...steps, list: steps.list.slice(1) }); onRewrite(next); }}>{next}</button>
          <Dismiss onClick={() => setSteps({ list: [], n: 0 })} />
        </p>
      )}
    </div>
  );
}

interface TipProps {
  tip: Tip;
  words: Words["coach"];
  onRewrite: (text: string) => void;
  onSplit: (steps: string[]) => void;
  onDismiss: () => void;
}

function TipLine({ tip: { name, rewrite, steps }, words, onRewrite, onSplit, onDismiss }: TipProps) {
  const fix = { polite: words.politeFix, open: words.openFix, modifiers: words.modifiersFix, many: "" }[name];
  return (
    <p class="tip">
      <span>{words.tip}{words.tip.endsWith(":") ? " " : ""}{words[name]}</span>
      {steps && <button type="button" title={steps.join("\n")} onClick={() => onSplit(steps)}>{words.split(steps.length)}</button>}
      {rewrite && <button type="button" title={rewrite} onClick={() => onRewrite(rewrite)}>{fix}</button>}
      <Dismiss onClick={onDismiss} />
    </p>
  );
}

function Dismiss({ onClick }: { onClick: () => void }) {
  const { coach: words } = useWords();
  return <button type="button" class="quiet round small" aria-label={words.dismiss} title={words.dismiss} onClick={onClick}><Icon name="close" /></button>;
}

/** A text once it has stood still for a moment. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
