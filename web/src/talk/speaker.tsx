// What a screen reader hears of an answer: each sentence once, when it is finished; the last one too, so it stays when the
// answer has ended.
import { useRef } from "preact/hooks";
import { useStore } from "../base/store";
import type { Answer } from "./answer";
import { Sentences } from "./sentences";

const KEPT = 20;

export function Speaker({ answer }: { answer: Answer }) {
  useStore(answer);
  const sentences = useRef(new Sentences());
  const told = useRef<{ id: number; text: string }[]>([]);
  const next = sentences.current.next(answer.text, answer.isWhole);
  const first = (told.current.at(-1)?.id ?? 0) + 1;
  told.current = [...told.current, ...next.map((text, idx) => ({ id: first + idx, text }))].slice(-KEPT);
  return <div class="unseen" role="log" aria-live="polite">{told.current.map(({ id, text }) => <p key={id}>{text}</p>)}</div>;
}
