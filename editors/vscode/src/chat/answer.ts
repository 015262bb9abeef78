// One answer while it is written: asks the model and writes what it says into a turn.
import { l10n } from "vscode";
import { inChinese } from "../../../../web/src/words/refusals.ts";
import { language } from "../language.ts";
import { Refusal, type Message, type Question, type Said } from "../server/client.ts";
import { Unavailable, type Server } from "../server/server.ts";
import { isWhole } from "../task/unfence.ts";
import type { Turn } from "./protocol.ts";

/** What is asked. `messages` says it in at most so many tokens, or throws `TooLong`. */
export interface Job extends Omit<Question, "messages"> {
  /** Of an answer that is to be code nothing is wanted after its first block. */
  kind: "code" | "prose";
  messages(budget: number): Message[];
}

/** The code does not fit, and a part of it would not do. */
export class TooLong extends Error {
  constructor(readonly tokens: number, readonly budget: number) {
    super();
  }
}

interface Listener {
  changed(): void;
  wrote(turn: Turn, text: string): void;
}

/** Of the context: the template's own tokens, and what our count of a text may be short of. */
const MARGIN = 200;

export class Answer {
  readonly #abort = new AbortController();
  #since = performance.now();
  #first = 0;
  /** What the answer goes on from. */
  #begin = "";

  constructor(readonly turn: Turn, private readonly listener: Listener) {}

  get isRunning(): boolean {
    return this.turn.state === "waiting" || this.turn.state === "writing";
  }

  /** Closes the connection; what was written stays. */
  stop(): void {
    this.#abort.abort();
    if (this.isRunning) this.#end("stopped");
  }

  async run(server: Server, job: Job): Promise<void> {
    Object.assign(this.turn, { text: "", state: "waiting", stage: undefined, note: undefined, figures: undefined });
    this.listener.changed();
    const { signal } = this.#abort;
    try {
      const { client, context } = await server.ready(signal);
      const maxTokens = Math.min(job.maxTokens, Math.floor(context / 2));
      const messages = job.messages(context - maxTokens - MARGIN);
      const last = messages.at(-1);
      this.#begin = last?.role === "assistant" ? last.content : "";
      this.#since = performance.now();
      for await (const said of client.answer({ ...job, messages, maxTokens }, signal)) {
        this.#hear(said);
        if (job.kind === "code" && isWhole(this.turn.text)) break; // what would follow is an explanation that nobody asked for
      }
      if (this.isRunning) this.#end("done");
    } catch (error) {
      if (signal.aborted) return;
      this.#fail(error);
      void server.look();
    }
  }

  #hear(said: Said): void {
    const { turn } = this;
    if (!this.isRunning) return;
    if ("stage" in said) this.#change({ stage: said.stage });
    if ("text" in said) this.#write(said.text);
    if ("dropped" in said) this.#change({ note: l10n.t("Earlier turns are no longer read: {0}.", said.dropped) });
    if ("end" in said && said.end !== "stop") this.#change({ note: endWords(said.end) });
    if ("usage" in said && turn.figures) turn.figures.tokens = said.usage.completion_tokens;
  }

  #write(text: string): void {
    const { turn } = this;
    const now = performance.now();
    if (turn.state === "waiting") {
      this.#first = now;
      this.#change({ state: "writing", stage: undefined, text: this.#begin, figures: { tokens: 0, rate: 0, firstMs: now - this.#since } });
    }
    turn.text += text;
    if (turn.figures) {
      turn.figures.tokens++;
      turn.figures.rate = rateOf(turn.figures.tokens, now - this.#first);
    }
    this.listener.wrote(turn, text);
  }

  #change(change: Partial<Turn>): void {
    Object.assign(this.turn, change);
    this.listener.changed();
  }

  #end(state: Turn["state"]): void {
    this.#change({ state, stage: undefined });
  }

  #fail(error: unknown): void {
    this.turn.note = troubleOf(error);
    this.#end("failed");
  }
}

/** Tokens a second after the first one; 0 where the time is too short to say. */
function rateOf(tokens: number, ms: number): number {
  return ms < 250 ? 0 : (tokens - 1) / (ms / 1000);
}

function endWords(reason: string): string {
  if (reason === "length") return l10n.t("Cut at the limit of tokens (maque.maxTokens).");
  return reason === "repetition" ? l10n.t("Stopped, as it began to repeat itself.") : reason;
}

function troubleOf(error: unknown): string {
  if (error instanceof Unavailable) return l10n.t("No model answers yet; see above.");
  if (error instanceof TooLong) return l10n.t("This code has about {0} tokens, and {1} fit; select less of it.", error.tokens, error.budget);
  if (error instanceof Refusal) return (language() === "zh" && inChinese(error.told)) || error.message;
  return l10n.t("The server broke off ({0}).", error instanceof Error ? error.message : String(error));
}
