// What the server's own API (`/maque/…`) says and takes.
export type StageName = "locating" | "downloading" | "loading" | "warming" | "ready" | "failed";
export interface HealthReport {
  status: "ok" | "loading" | "failed";
  stage: StageName;
  model?: string;
  done?: number;
  total?: number;
  message?: string;
}

/** How a conversation is answered: fields of a chat request, and what the page keeps with them. */
export interface Settings {
  /** The name of the larger model elsewhere; none is the model being served. */
  model?: string;
  system?: string;
  /** The persona's name, for the page. */
  persona?: string;
  temperature?: number;
  top_p?: number;
  top_k?: number;
  repetition_penalty?: number;
  max_tokens?: number;
  seed?: number;
  overflow?: "error" | "drop_oldest" | "keep_ends";
}

export interface Summary {
  id: number;
  title: string;
  settings: Settings;
  active: number | null;
  touched: number;
  created_at: number;
  updated_at: number;
}
export interface Found extends Summary {
  message: number | null;
  excerpt: string | null;
}

export interface Stats {
  prompt_tokens?: number;
  cached_tokens?: number;
  completion_tokens?: number;
  first_token_ms?: number | null;
  duration_ms?: number;
  error?: string;
  warnings?: string[];
  context?: { sent: number; kept: number; dropped_messages: number };
}
export interface Message {
  id: number;
  parent: number | null;
  role: "user" | "assistant";
  content: string;
  state: "complete" | "streaming" | "stopped" | "failed";
  finish_reason: string | null;
  stats: Stats | null;
  /** The model that wrote it, and the host where that is if it is elsewhere. */
  model: string | null;
  host: string | null;
  created_at: number;
}
export interface Conversation extends Summary {
  messages: Message[];
}

/** Where a request is before its first token. */
export interface WaitStage {
  stage: string;
  position?: number;
  seconds?: number;
  done?: number;
  total?: number;
  message?: string;
}

/** A persona, or a prompt, which has no name. */
export interface ShelfItem {
  id: number;
  name?: string;
  prompt: string;
  shared: boolean;
  own: boolean;
}

export interface Me {
  person: number;
  role: "admin" | "user";
  shared: boolean;
}
