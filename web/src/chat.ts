// One conversation: questions, answers, and the answer being written.
import { Refusal, streamChat, type Chunk, type Message, type Usage, type WaitStage } from "./api";
import type { Health } from "./health";
import { keptForTab } from "./keep";
import { Store } from "./store";

export type Ending = "stop" | "length" | "repetition" | "stopped" | "cut" | "failed";
export interface Answer {
  text: string;
  phase: "model" | "reading" | "writing" | "done";
  wait?: WaitStage;
  askedAt: number;
  firstAt?: number;
  lastAt?: number;
  usage?: Usage;
  ending?: Ending;
  reason?: string;
  warnings: string[];
}
export interface Turn {
  id: number;
  question: string;
  answer: Answer;
}

export class Chat extends Store {
  turns: Turn[] = [];
  needsKey = false;
  #abort: AbortController | undefined;
  #nextId = 1;

  constructor(private readonly health: Health) {
    super();
  }

  get isBusy(): boolean {
    return this.#abort !== undefined;
  }

  send(question: string): void {
    if (this.isBusy) return;
    const turn: Turn = { id: this.#nextId++, question, answer: blank() };
    this.turns = [...this.turns, turn];
    void this.#answer(turn);
  }

  /** Asks the last question again. */
  retry(): void {
    const turn = this.turns.at(-1);
    if (!turn || this.isBusy) return;
    turn.answer = blank();
    void this.#answer(turn);
  }

  stop(): void {
    this.#abort?.abort();
  }

  clear(): void {
    this.stop();
    this.turns = [];
    this.changed();
  }

  useKey(key: string): void {
    keptForTab.set("key", key);
    this.needsKey = false;
    this.retry();
  }

  async #answer(turn: Turn): Promise<void> {
    const abort = new AbortController();
    const answer = turn.answer;
    this.#abort = abort;
    this.needsKey = false;
    this.changed();
    try {
      await this.health.ready(abort.signal);
      answer.phase = "reading";
      answer.askedAt = performance.now();
      this.changed();
      for await (const chunk of streamChat(this.#messagesTo(turn), abort.signal)) {
        take(answer, chunk);
        this.changed();
      }
      answer.ending ??= "cut";
    } catch (error) {
      this.#fail(answer, error, abort.signal);
    }
    answer.phase = "done";
    if (this.#abort === abort) this.#abort = undefined;
    this.changed();
  }

  #fail(answer: Answer, error: unknown, signal: AbortSignal): void {
    if (signal.aborted) {
      answer.ending = "stopped";
      return;
    }
    if (error instanceof Refusal && error.status === 401) this.needsKey = true;
    else if (!(error instanceof Refusal)) this.health.askNow();
    answer.ending = answer.text ? "cut" : "failed";
    answer.reason = error instanceof TypeError ? "" : String((error as Error).message ?? error);
  }

  #messagesTo(turn: Turn): Message[] {
    const before = this.turns.slice(0, this.turns.indexOf(turn)).filter((earlier) => earlier.answer.text);
    const past = before.flatMap(({ question, answer }): Message[] => [
      { role: "user", content: question },
      { role: "assistant", content: answer.text },
    ]);
    return [...past, { role: "user", content: turn.question }];
  }
}

function blank(): Answer {
  return { text: "", phase: "model", askedAt: performance.now(), warnings: [] };
}

function take(answer: Answer, chunk: Chunk): void {
  const choice = chunk.choices?.[0];
  if (chunk.wait) answer.wait = chunk.wait;
  if (choice?.delta?.content) {
    answer.lastAt = performance.now();
    answer.firstAt ??= answer.lastAt;
    answer.phase = "writing";
    answer.text += choice.delta.content;
  }
  if (choice?.finish_reason) answer.ending = endingOf(choice.finish_reason);
  if (chunk.usage) answer.usage = chunk.usage;
  if (chunk.warnings) answer.warnings = chunk.warnings.map(sentenceOf);
}

function endingOf(reason: string): Ending {
  return reason === "length" || reason === "repetition" ? reason : "stop";
}

function sentenceOf(warning: unknown): string {
  if (typeof warning === "string") return warning;
  return (warning as { message?: string } | null)?.message ?? JSON.stringify(warning);
}
