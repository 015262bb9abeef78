// The events of an answer that is being written: who it is, where it waits, its text, its end.
import { Refusal, type Why } from "./refusal";
import { eventsOf } from "./sse";
import type { Message, Stats, WaitStage } from "./types";

export interface Head {
  conversation: number;
  question?: Message;
  answer: Message;
}
export interface End {
  state: Message["state"];
  stats: Stats;
  finish_reason: string;
}
export type Said = { head: Head } | { stage: WaitStage } | { text: string } | { end: End };

interface Chunk {
  choices?: { delta?: { content?: string | null }; finish_reason?: string | null }[];
  maque?: { state: Message["state"]; stats: Stats };
  error?: Why;
}

/** What `response` says, until its end or until the connection breaks (then there is no `end`). */
export async function* saidBy(response: Response): AsyncGenerator<Said> {
  if (!response.body) return;
  for await (const { name, data } of eventsOf(response.body)) {
    if (data === "[DONE]") return;
    const value = JSON.parse(data) as unknown;
    if (name === "maque.message") yield { head: value as Head };
    else if (name === "maque.stage") yield { stage: value as WaitStage };
    else yield* saidByChunk(value as Chunk, response.status);
  }
}

function* saidByChunk({ choices, maque, error }: Chunk, status: number): Generator<Said> {
  if (error) throw new Refusal(status, error);
  const text = choices?.[0]?.delta?.content;
  if (text) yield { text };
  if (maque) yield { end: { ...maque, finish_reason: choices?.[0]?.finish_reason ?? "" } };
}
