// Speaks to one server. Aborting a request closes its connection, which frees the server's processor within a step.
import { Refusal, toldBy, type Why } from "../../../../web/src/wire/refusal.ts";
import { eventsOf } from "../../../../web/src/wire/sse.ts";
import type { Address } from "./discovery.ts";

export { Refusal };

export interface Message {
  role: "system" | "user" | "assistant";
  content: string;
}

/** A question, and how it is sampled. */
export interface Question {
  /** If the last one is the assistant's, the answer goes on from it. */
  messages: Message[];
  maxTokens: number;
  temperature: number;
  /** What is copied must repeat; the model's own penalty where it is not given. */
  repetitionPenalty?: number;
}

/** Where an answer waits. */
export interface Stage {
  stage: string;
  position?: number;
  seconds?: number;
  done?: number;
  total?: number;
}
export interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
}
export type Said = { stage: Stage } | { text: string } | { end: string } | { usage: Usage } | { dropped: number };

interface Chunk {
  choices?: { delta?: { content?: string | null }; finish_reason?: string | null }[];
  usage?: Usage | null;
  context?: { dropped_messages?: number };
  error?: Why;
}

export class Client {
  constructor(private readonly address: Address) {}

  /** What the model's answer says, as it is written. */
  async *answer({ messages, maxTokens, temperature, repetitionPenalty }: Question, signal: AbortSignal): AsyncGenerator<Said> {
    const response = await this.#send("/v1/chat/completions", signal, {
      model: "default", messages, max_tokens: maxTokens, stream: true, overflow: "drop_oldest",
      stream_options: { include_usage: true, include_stages: true },
      temperature, ...(repetitionPenalty === undefined ? {} : { repetition_penalty: repetitionPenalty }),
      continue_final_message: messages.at(-1)?.role === "assistant",
    });
    if (!response.body) return;
    for await (const { name, data } of eventsOf(response.body)) {
      if (data === "[DONE]") return;
      const value = JSON.parse(data) as unknown;
      if (name === "maque.stage") yield { stage: value as Stage };
      else yield* saidBy(value as Chunk);
    }
  }

  /** The model's name, and how many tokens it reads at once. */
  async model(signal: AbortSignal): Promise<{ name: string; context: number }> {
    const response = await this.#send("/v1/models/default", signal);
    const { id, max_model_len } = (await response.json()) as { id: string; max_model_len: number };
    return { name: id, context: max_model_len };
  }

  async #send(path: string, signal: AbortSignal, body?: unknown): Promise<Response> {
    const { url, key } = this.address;
    const response = await fetch(`${url}${path}`, {
      signal,
      redirect: "error",
      headers: { "content-type": "application/json", ...(key ? { authorization: `Bearer ${key}` } : {}) },
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Refusal(response.status, await toldBy(response));
    return response;
  }
}

function* saidBy({ choices, usage, context, error }: Chunk): Generator<Said> {
  if (error) throw new Refusal(500, error);
  const [choice] = choices ?? [];
  if (choice?.delta?.content) yield { text: choice.delta.content };
  if (choice?.finish_reason) yield { end: choice.finish_reason };
  if (usage) yield { usage };
  if (context?.dropped_messages) yield { dropped: context.dropped_messages };
}
