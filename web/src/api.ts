// What the page asks of the server: how the model is, and answers.
import { SseReader } from "./sse";

/** `GET /health`. */
export interface Health {
  status: "ok" | "loading" | "failed" | "gone";
  stage?: string;
  model?: string;
  done?: number;
  total?: number;
  message?: string;
}

/** A turn as the server reads it. */
export interface Message {
  role: "user" | "assistant";
  content: string;
}

/** What is heard of an answer. */
export type Heard =
  | { kind: "stage"; stage: string; position?: number; done?: number; total?: number }
  | { kind: "text"; text: string }
  | { kind: "finish"; reason: string }
  | { kind: "usage"; tokens: number; cached: number }
  | { kind: "warning"; text: string };

/** A refusal with its HTTP status. */
export class Refusal extends Error {
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

const KEY = "maque.key";

export function setKey(key: string): void {
  sessionStorage.setItem(KEY, key);
}

function headers(): Record<string, string> {
  const key = sessionStorage.getItem(KEY);
  return { "content-type": "application/json", ...(key ? { authorization: `Bearer ${key}` } : {}) };
}

export async function health(): Promise<Health> {
  try {
    return (await (await fetch("/health", { cache: "no-store" })).json()) as Health;
  } catch {
    return { status: "gone" };
  }
}

/** The answer to a conversation, as it comes. Aborting `signal` cancels it on the server. */
export async function* answer(messages: Message[], signal: AbortSignal): AsyncGenerator<Heard> {
  const stream_options = { include_usage: true, include_stages: true };
  const body = JSON.stringify({ model: "default", messages, stream: true, stream_options });
  const response = await fetch("/v1/chat/completions", { method: "POST", headers: headers(), body, signal });
  if (!response.ok || !response.body) throw await refusal(response);
  const reader = new SseReader();
  const text = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await text.read();
    if (done) return;
    for (const event of reader.push(value)) {
      if (event.data !== "[DONE]") yield* understand(event.name, JSON.parse(event.data));
    }
  }
}

async function refusal(response: Response): Promise<Refusal> {
  const body = await response.json().catch(() => ({}));
  return new Refusal(response.status, body?.error?.message ?? `HTTP ${response.status}`);
}

/** The parts of one event. */
export function understand(name: string, data: any): Heard[] {
  if (name === "maque.stage") return [{ kind: "stage", ...data }];
  if (data.error) throw new Refusal(500, String(data.error.message));
  const heard: Heard[] = [];
  const choice = data.choices?.[0];
  if (choice?.delta?.content) heard.push({ kind: "text", text: choice.delta.content });
  if (choice?.finish_reason) heard.push({ kind: "finish", reason: choice.finish_reason });
  for (const text of data.warnings ?? []) heard.push({ kind: "warning", text });
  if (data.usage) {
    const cached = data.usage.prompt_tokens_details?.cached_tokens ?? 0;
    heard.push({ kind: "usage", tokens: data.usage.completion_tokens, cached });
  }
  return heard;
}
