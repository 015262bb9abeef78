// One conversation: its turns, and the answer that is being written.
import { answer, Refusal, type Heard, type Message } from "./api";

/** How far an answer is. */
export interface Turn {
  role: "user" | "assistant";
  text: string;
  wait?: { stage: string; position?: number; done?: number; total?: number };
  finish?: string;
  error?: string;
  warnings: string[];
  firstMs?: number;
  tokens?: number;
  cached?: number;
  rate?: number;
}

/** Tells the view of a change, at most once a frame. */
export class Conversation {
  turns: Turn[] = [];
  needsKey = false;
  private abort: AbortController | null = null;
  private frame = 0;

  constructor(private readonly changed: () => void) {}

  get isBusy(): boolean {
    return this.abort !== null;
  }

  stop(): void {
    this.abort?.abort();
  }

  clear(): void {
    this.stop();
    this.turns = [];
    this.changed();
  }

  async ask(text: string): Promise<void> {
    this.turns = [...this.turns, { role: "user", text, warnings: [] }];
    const messages = this.turns.filter((turn) => turn.text).map(({ role, text }): Message => ({ role, content: text }));
    const turn: Turn = { role: "assistant", text: "", wait: { stage: "writing" }, warnings: [] };
    this.turns = [...this.turns, turn];
    const abort = new AbortController();
    this.abort = abort;
    this.changed();
    try {
      await this.listen(turn, messages, abort.signal);
    } catch (error) {
      this.needsKey = error instanceof Refusal && error.status === 401;
      if (abort.signal.aborted) turn.finish = "stopped";
      else turn.error = String(error instanceof Error ? error.message : error);
    }
    delete turn.wait;
    this.abort = this.abort === abort ? null : this.abort;
    this.paint();
  }

  private async listen(turn: Turn, messages: Message[], signal: AbortSignal): Promise<void> {
    const begun = performance.now();
    for await (const heard of answer(messages, signal)) {
      hear(turn, heard, performance.now() - begun);
      this.paint();
    }
    if (!turn.finish) throw new Error("the stream ended early");
  }

  private paint(): void {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(this.changed);
  }
}

/** Adds to an answer what was heard `ms` milliseconds after the question. */
export function hear(turn: Turn, heard: Heard, ms: number): void {
  switch (heard.kind) {
    case "stage":
      if (!turn.text) turn.wait = heard;
      break;
    case "text":
      turn.firstMs ??= ms;
      turn.text += heard.text;
      delete turn.wait;
      break;
    case "finish":
      turn.finish = heard.reason;
      break;
    case "warning":
      turn.warnings.push(heard.text);
      break;
    case "usage": {
      const seconds = (ms - (turn.firstMs ?? ms)) / 1000;
      turn.tokens = heard.tokens;
      turn.cached = heard.cached;
      if (0 < seconds && 1 < heard.tokens) turn.rate = (heard.tokens - 1) / seconds;
    }
  }
}
