// What a screen reader hears of an answer: each sentence once, when it is finished; the last one too, so it stays when the
// answer has ended. The element is there before the first answer is: readers hear what is added to it, not what it came with.
import { useRef } from "preact/hooks";
import { useStore } from "../base/store";
import type { Answer } from "./answer";
import { Sentences } from "./sentences";

const KEPT = 20;

export function Speaker({ answer }: { answer: Answer }) {
  useStore(answer);
  const last = useRef(0);
  const heard = useRef({ answer, sentences: new Sentences(), told: [] as { id: number; text: string }[] });
  if (heard.current.answer !== answer) heard.current = { answer, sentences: new Sentences(), told: [] };
  const { sentences, told } = heard.current;
  const next = sentences.next(answer.text, answer.isWhole).map((text) => ({ id: ++last.current, text }));
  heard.current.told = [...told, ...next].slice(-KEPT);
  return <div class="unseen" role="log" aria-live="polite">{heard.current.told.map(({ id, text }) => <p key={id}>{text}</p>)}</div>;
}
