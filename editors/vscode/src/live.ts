// Explains the code at the cursor while the cursor moves: waits until it rests, and closes the connection of an answer as
// soon as the cursor has left the code that it is about.
import { EventEmitter, commands, window, workspace, type Disposable, type TextEditor } from "vscode";
import { Answer } from "./chat/answer.ts";
import { shownOf } from "./chat/conversation.ts";
import type { Turn } from "./chat/protocol.ts";
import { language } from "./language.ts";
import type { Server } from "./server/server.ts";
import { blockOf, currentEditor, selectionOf, type Source } from "./source.ts";
import { beginning } from "./task/excerpt.ts";
import { promptOf } from "./task/prompt.ts";

/** An explanation of one or two sentences. */
const MAX_TOKENS = 160;
/** The turn of the live explanation; those of the conversation begin at 1. */
const ID = 0;
const CODE_TOKENS = 1500;

export class Live implements Disposable {
  isOn = false;
  #source: Source | undefined;
  #version = 0;
  #answer: Answer | undefined;
  #timer: NodeJS.Timeout | undefined;
  #subscriptions: Disposable[] = [];
  readonly #changed = new EventEmitter<void>();
  readonly #wrote = new EventEmitter<{ id: number; text: string }>();
  readonly onDidChange = this.#changed.event;
  readonly onDidWrite = this.#wrote.event;

  constructor(private readonly server: Server) {}

  dispose(): void {
    this.switch(false);
    this.#changed.dispose();
    this.#wrote.dispose();
  }

  get turn(): Turn | undefined {
    return this.#answer?.turn;
  }

  get running(): Turn | undefined {
    return this.#answer?.isRunning ? this.#answer.turn : undefined;
  }

  switch(isOn: boolean): void {
    this.isOn = isOn;
    void commands.executeCommand("setContext", "maque.isLive", isOn);
    for (const subscription of this.#subscriptions.splice(0)) subscription.dispose();
    this.#leave();
    if (isOn) {
      this.#subscriptions = [
        window.onDidChangeTextEditorSelection(({ textEditor }) => textEditor === currentEditor() && this.#follow(textEditor)),
        window.onDidChangeActiveTextEditor(() => this.#follow(currentEditor())),
        workspace.onDidChangeTextDocument(({ document }) => document === currentEditor()?.document && this.#follow(currentEditor())),
      ];
      this.#follow(currentEditor());
    }
    this.#changed.fire();
  }

  #follow(editor: TextEditor | undefined): void {
    if (!editor || this.#isAt(editor)) return;
    this.#leave();
    this.#timer = setTimeout(() => this.#explain(editor), workspace.getConfiguration("maque").get("liveDelay", 600));
  }

  /** Whether the cursor is still in the code that is being explained. */
  #isAt({ document, selection }: TextEditor): boolean {
    const source = this.#source;
    if (!source || document.uri.toString() !== source.uri.toString() || document.version !== this.#version) return false;
    return selection.isEmpty && source.from <= selection.active.line + 1 && selection.active.line + 1 <= source.to;
  }

  /** What is under way is of no use any more. */
  #leave(): void {
    clearTimeout(this.#timer);
    this.#source = undefined;
    if (!this.#answer) return;
    this.#answer.stop();
    this.#answer = undefined;
    this.#changed.fire();
  }

  #explain(editor: TextEditor): void {
    const source = selectionOf(editor) ?? blockOf(editor);
    if (!source) return;
    this.#source = source;
    this.#version = editor.document.version;
    const shown = beginning(source, CODE_TOKENS);
    const turn: Turn = { id: ID, question: "", excerpt: shownOf(shown), text: "", state: "waiting", actions: [] };
    const answer = new Answer(turn, { changed: () => this.#changed.fire(), wrote: ({ id }, text) => this.#wrote.fire({ id, text }) });
    this.#answer = answer;
    void answer.run(this.server, { kind: "prose", maxTokens: MAX_TOKENS, temperature: 0.3, messages: () => promptOf({ name: "live" }, shown, language()) });
  }
}
