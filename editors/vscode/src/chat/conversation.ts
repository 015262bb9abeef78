// The conversation of the side bar: tasks on code, questions, their answers. A task begins anew; a question goes on from
// what is above it.
import { EventEmitter, l10n, workspace, type Disposable } from "vscode";
import { language } from "../language.ts";
import type { Server } from "../server/server.ts";
import type { Message } from "../server/client.ts";
import type { Source } from "../source.ts";
import { beginning, tokensOf } from "../task/excerpt.ts";
import { isCode, promptOf, questionOf, system, type Task } from "../task/prompt.ts";
import { codeIn, codeOf } from "../task/unfence.ts";
import { Answer, TooLong, type Job } from "./answer.ts";
import type { Action, Turn } from "./protocol.ts";

/** A turn, and what it was made from. */
export interface Entry {
  turn: Turn;
  task?: Task | undefined;
  source?: Source | undefined;
  /** What the model was asked, for the questions that follow. */
  asked: string;
  /** How often it was asked before. */
  nBefore: number;
}

/** Older turns are no longer shown. */
const MAX_ENTRIES = 100;
/** Of questions that a model is reminded of, as far as there is room. */
const SHARE_OF_HISTORY = 0.5;

export class Conversation implements Disposable {
  entries: Entry[] = [];
  #answer: Answer | undefined;
  #n = 0;
  readonly #changed = new EventEmitter<void>();
  readonly #wrote = new EventEmitter<{ id: number; text: string }>();
  readonly onDidChange = this.#changed.event;
  readonly onDidWrite = this.#wrote.event;

  constructor(private readonly server: Server) {}

  dispose(): void {
    this.stop();
    this.#changed.dispose();
    this.#wrote.dispose();
  }

  get running(): Turn | undefined {
    return this.#answer?.isRunning ? this.#answer.turn : undefined;
  }

  /** One task on some code. */
  perform(task: Task, source: Source): void {
    this.#begin({ task, source, asked: "", nBefore: 0, turn: this.#turn(questionWords(task), source) });
  }

  /** A question, with code that goes along. */
  ask(text: string, source: Source | undefined): void {
    this.#begin({ source, nBefore: 0, asked: questionOf(text, this.#isKnown(source) ? undefined : source, language()), turn: this.#turn(text, source) });
  }

  /** Asks again what a turn asked; what came after it is no longer part of the conversation. */
  again(entry: Entry): void {
    this.entries.length = this.entries.indexOf(entry);
    entry.nBefore++;
    this.#begin(entry);
  }

  stop(): void {
    this.#answer?.stop();
  }

  clear(): void {
    this.stop();
    this.entries = [];
    this.#changed.fire();
  }

  entry(id: number): Entry | undefined {
    return this.entries.find(({ turn }) => turn.id === id);
  }

  #turn(question: string, source: Source | undefined): Turn {
    return { id: ++this.#n, question, excerpt: source && shownOf(source), text: "", state: "waiting", actions: [] };
  }

  #begin(entry: Entry): void {
    this.stop();
    this.entries = [...this.entries, entry].slice(-MAX_ENTRIES);
    entry.turn.actions = [];
    const answer = new Answer(entry.turn, {
      changed: () => {
        entry.turn.actions = actionsOf(entry);
        this.#changed.fire();
      },
      wrote: ({ id }, text) => this.#wrote.fire({ id, text }),
    });
    this.#answer = answer;
    void answer.run(this.server, entry.task ? taskJob(entry, entry.task) : this.#questionJob(entry));
  }

  #questionJob(entry: Entry): Job {
    return { kind: "prose", maxTokens: maxTokens(), temperature: 0.3, messages: (budget) => [system(language()), ...this.#history(entry, budget), { role: "user", content: fitting(entry.asked, budget) }] };
  }

  /** The thread before an entry, back to the task that began it, the newest first to be kept. */
  #history(entry: Entry, budget: number): Message[] {
    let left = budget * SHARE_OF_HISTORY;
    const messages: Message[] = [];
    for (const { turn, asked, task } of this.#thread(entry).toReversed()) {
      left -= tokensOf(asked) + tokensOf(turn.text);
      if (left < 0) break;
      messages.unshift({ role: "user", content: asked }, { role: "assistant", content: turn.text });
      if (task) break;
    }
    return messages;
  }

  #thread(until: Entry): Entry[] {
    const idx = this.entries.indexOf(until);
    const before = this.entries.slice(0, idx < 0 ? undefined : idx).filter(({ turn }) => turn.text && turn.state !== "failed");
    return before.slice(Math.max(0, before.findLastIndex(({ task }) => task)));
  }

  /** Whether the thread has just this code already, so that it need not be read twice. */
  #isKnown(source: Source | undefined): boolean {
    const last = this.entries.at(-1);
    return last !== undefined && this.#thread(last).concat(last).some((entry) => entry.source !== undefined && entry.source.text === source?.text && entry.turn.state !== "failed");
  }
}

function taskJob(entry: Entry, task: Task): Job {
  const source = entry.source as Source;
  return {
    kind: isCode(task) ? "code" : "prose",
    maxTokens: maxTokens(),
    ...samplingOf(entry, task),
    messages(budget) {
      const tokens = tokensOf(source.text);
      if (budget < tokens && isCode(task)) throw new TooLong(tokens, budget);
      const shown = beginning(source, budget);
      entry.turn.excerpt = shownOf(shown);
      const messages = promptOf(task, shown, language());
      entry.asked = messages.find(({ role }) => role === "user")?.content ?? "";
      return messages;
    },
  };
}

/** Code is copied and changed, so it repeats itself, and the first answer is the likeliest; another try is another one. */
function samplingOf({ nBefore }: Entry, { name }: Task): { temperature: number; repetitionPenalty?: number } {
  if (name !== "fix" && name !== "translate") return { temperature: 0.3 };
  return { temperature: nBefore ? 0.6 : 0, repetitionPenalty: 1 };
}

function fitting(text: string, budget: number): string {
  const tokens = tokensOf(text);
  if (budget < tokens) throw new TooLong(tokens, budget);
  return text;
}

export function maxTokens(): number {
  return workspace.getConfiguration("maque").get("maxTokens", 1024);
}

export function shownOf({ name, from, to, total }: Pick<Source, "name" | "from" | "to" | "total">) {
  return { name, from, to, total };
}

/** What a turn is called. */
function questionWords(task: Task): string {
  switch (task.name) {
    case "explain": return l10n.t("Explain");
    case "live": return l10n.t("Explain live");
    case "translate": return l10n.t("Translate to {0}", task.to);
    case "test": return l10n.t("Write a test");
    case "fix": return l10n.t("Fix");
  }
}

/** What can be done with an answer. */
function actionsOf({ turn, task }: Entry): Action[] {
  if (turn.state === "waiting" || turn.state === "writing") return [];
  if (!turn.text) return ["again"];
  const actions: Action[] = task?.name === "fix" || task?.name === "translate" ? ["replace", "insert"] : ["insert", "replace"];
  return [...actions, ...((task && isCode(task)) || codeIn(turn.text) !== undefined ? (["open"] as const) : []), "copy", "again"];
}

/** What an answer gives: its code, or its prose. */
export function resultOf({ turn, task }: Entry): { kind: "code" | "prose"; text: string } {
  const code = task && isCode(task) ? codeOf(turn.text) : codeIn(turn.text);
  return code === undefined ? { kind: "prose", text: turn.text.trim() } : { kind: "code", text: code };
}
