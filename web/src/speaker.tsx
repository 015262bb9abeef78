// What a screen reader hears of an answer: each sentence once, when it is finished.
import type { Answer } from "./chat";
import { sentencesOf } from "./sentences";

export function Speaker({ answer }: { answer: Answer }) {
  const sentences = sentencesOf(answer.text, answer.phase === "done" ? "whole" : "growing");
  return <div class="unseen" role="log" aria-live="polite">{sentences.map((sentence, idx) => <p key={idx}>{sentence}</p>)}</div>;
}
