// What an answer cost, in figures: time to the first token, speed, tokens, reuse.
import type { Answer } from "./chat";
import type { Words } from "./words.zh";

/** The figures that are known, each as words; tokens and speed only where the server counted. */
export function figuresOf(answer: Answer, words: Words): string[] {
  const { askedAt, firstAt, lastAt, usage } = answer;
  if (firstAt === undefined || lastAt === undefined) return [];
  const figures = [words.firstToken(firstAt - askedAt)];
  if (!usage) return figures;
  const n = usage.completion_tokens;
  if (1 < n && firstAt < lastAt) figures.push(words.speed(((n - 1) / (lastAt - firstAt)) * 1000));
  figures.push(words.tokens(n));
  const share = (usage.prompt_tokens_details?.cached_tokens ?? 0) / usage.prompt_tokens;
  if (0 < share) figures.push(words.reused(Math.round(share * 100)));
  return figures;
}
