// What an answer cost, in figures: time to the first token, speed, tokens, reuse.
import type { Stats } from "../wire/types";
import type { Words } from "../words/zh";

/** The figures that are known, each as words. */
export function figuresOf(stats: Stats | null, words: Words): string[] {
  const { first_token_ms: first, duration_ms: duration, completion_tokens: n, prompt_tokens: prompt, cached_tokens: cached } = stats ?? {};
  const figures: string[] = [];
  if (first !== undefined && first !== null) figures.push(words.turn.firstToken(first));
  const writing = first !== undefined && first !== null && duration !== undefined ? duration - first : 0;
  if (n !== undefined && 1 < n && 0 < writing) figures.push(words.turn.speed(((n - 1) / writing) * 1000));
  if (n !== undefined) figures.push(words.turn.tokens(n));
  const share = prompt && cached ? cached / prompt : 0;
  if (0 < share) figures.push(words.turn.reused(Math.round(share * 100)));
  return figures;
}
