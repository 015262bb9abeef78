// What the extension's host and the side bar's page tell each other.
import type { Stage } from "../server/client.ts";
import type { Words } from "./words.ts";

/** Lines of a file, as they are shown. */
export interface Shown {
  name: string;
  from: number;
  to: number;
  total: number;
}
export type Action = "insert" | "replace" | "open" | "copy" | "again" | "accept" | "discard";
export interface Turn {
  id: number;
  /** What was asked, as a person reads it. */
  question: string;
  excerpt?: Shown | undefined;
  text: string;
  state: "waiting" | "writing" | "done" | "stopped" | "failed";
  stage?: Stage | undefined;
  /** Why the answer is not whole, or what else there is to say of it. */
  note?: string | undefined;
  /** Tokens, and tokens a second. */
  figures?: { tokens: number; rate: number; firstMs: number } | undefined;
  actions: Action[];
}
export type Reach =
  | { kind: "looking" | "absent" }
  | { kind: "locked" | "ready"; url: string; model: string }
  | { kind: "coming" | "failed"; url: string; stage: string; share: number; message: string };
/** What goes along with a question. */
export type Choice = "selection" | "file" | "none";
export interface Along {
  choice: Choice;
  /** Nothing where no file is open. */
  excerpt?: Shown | undefined;
}
export interface View {
  words: Words;
  language: "zh" | "en";
  reach: Reach;
  turns: Turn[];
  /** The explanation that follows the cursor, while it does. */
  live?: Turn | undefined;
  isLive: boolean;
  along: Along;
}

export type ToPage = { kind: "view"; view: View } | { kind: "text"; id: number; text: string } | { kind: "focus" };
export type FromPage =
  | { kind: "ready" | "stop" | "start" | "address" | "key" | "look" }
  | { kind: "ask"; text: string }
  | { kind: "task"; name: "explain" | "live" | "translate" | "test" | "fix" }
  | { kind: "along"; choice: Choice }
  | { kind: "act"; id: number; action: Action };
