// The server's HTTP API as the page uses it: health and streamed chat.
import { keptForTab } from "./keep";
import { eventsOf } from "./sse";

export type StageName = "locating" | "downloading" | "loading" | "warming" | "ready" | "failed";
export interface HealthReport {
  status: "ok" | "loading" | "failed";
  stage: StageName;
  model?: string;
  done?: number;
  total?: number;
  message?: string;
}
export interface Message {
  role: "user" | "assistant";
  content: string;
}
export interface Usage {
  completion_tokens: number;
  prompt_tokens: number;
  prompt_tokens_details?: { cached_tokens?: number };
}
/** Where a request is before its first token. */
export interface WaitStage {
  stage: string;
  position?: number;
  done?: number;
  total?: number;
}
export interface Chunk {
  wait?: WaitStage;
  choices?: { delta?: { content?: string | null }; finish_reason?: string | null }[];
  usage?: Usage | null;
  error?: { message?: string };
  warnings?: unknown[];
}

/** The server answered, and the answer is no. */
export class Refusal extends Error {
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

export async function health(signal: AbortSignal): Promise<HealthReport> {
  const response = await fetch("/health", { signal, cache: "no-store" });
  return (await response.json()) as HealthReport;
}

/** Streams an answer, chunk by chunk; ends normally only after `[DONE]`. */
export async function* streamChat(messages: Message[], signal: AbortSignal): AsyncGenerator<Chunk> {
  const response = await fetch("/v1/chat/completions", {
    method: "POST",
    headers: { "content-type": "application/json", ...authorization() },
    body: JSON.stringify({ model: "default", messages, stream: true, stream_options: { include_usage: true, include_stages: true } }),
    signal,
  });
  if (!response.ok || !response.body) throw new Refusal(response.status, await reasonOf(response));
  for await (const { name, data } of eventsOf(response.body)) {
    if (data === "[DONE]") return;
    const chunk: Chunk = name === "maque.stage" ? { wait: JSON.parse(data) as WaitStage } : (JSON.parse(data) as Chunk);
    if (chunk.error) throw new Refusal(response.status, chunk.error.message ?? data);
    yield chunk;
  }
}

function authorization(): Record<string, string> {
  const key = keptForTab.get("key");
  return key ? { authorization: `Bearer ${key}` } : {};
}

async function reasonOf(response: Response): Promise<string> {
  const text = await response.text();
  try {
    return (JSON.parse(text) as Chunk).error?.message ?? text;
  } catch {
    return text.slice(0, 300) || `HTTP ${response.status}`;
  }
}
