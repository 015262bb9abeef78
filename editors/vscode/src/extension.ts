// The extension: its parts, and the commands that reach them.
import { commands, languages, l10n, window, workspace, type Disposable, type ExtensionContext, type TextDocument } from "vscode";
import { Companion } from "./chat/along.ts";
import { Conversation, type Entry } from "./chat/conversation.ts";
import { Panel } from "./chat/panel.ts";
import type { Action, FromPage, View } from "./chat/protocol.ts";
import { wordsOf } from "./chat/words.ts";
import { copy, insert, open, replace } from "./edit/edits.ts";
import { Proposals } from "./edit/proposal.ts";
import { language } from "./language.ts";
import { Live } from "./live.ts";
import { startServer } from "./server/starting.ts";
import { Server } from "./server/server.ts";
import { blockOf, currentPlace, selectionOf, type Place, type Source } from "./source.ts";
import { Status } from "./status.ts";
import { TARGETS } from "./task/languages.ts";
import type { Task } from "./task/prompt.ts";

export function activate(context: ExtensionContext): void {
  context.subscriptions.push(new Extension(context));
}

class Extension implements Disposable {
  readonly #server: Server;
  readonly #conversation: Conversation;
  readonly #live: Live;
  readonly #companion = new Companion();
  readonly #proposals = new Proposals();
  readonly #status = new Status();
  readonly #panel: Panel;
  readonly #subscriptions: Disposable[];

  constructor({ secrets, extensionUri }: ExtensionContext) {
    this.#server = new Server(secrets);
    this.#conversation = new Conversation(this.#server);
    this.#live = new Live(this.#server);
    this.#panel = new Panel(extensionUri, this.#server, () => this.#view());
    const refresh = () => this.#refresh();
    this.#subscriptions = [
      this.#server, this.#conversation, this.#live, this.#companion, this.#proposals, this.#status, this.#panel,
      window.registerWebviewViewProvider("maque.chat", this.#panel),
      ...[this.#server, this.#conversation, this.#live, this.#companion, this.#proposals].map((part) => part.onDidChange(refresh)),
      ...[this.#conversation, this.#live].map((part) => part.onDidWrite(({ id, text }) => this.#write(id, text))),
      this.#panel.onDidSay((message) => this.#hear(message)),
      workspace.onDidChangeConfiguration((change) => change.affectsConfiguration("maque.server") && void this.#server.look()),
      ...this.#commands(),
    ];
    this.#server.watch(false);
    this.#refresh();
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #commands(): Disposable[] {
    const all: Record<string, () => unknown> = {
      explain: () => this.#perform(() => ({ name: "explain" })),
      translate: () => this.#translate(),
      test: () => this.#perform(() => ({ name: "test" })),
      fix: () => this.#perform((source, { document }) => ({ name: "fix", errors: errorsIn(source, document) })),
      live: () => this.#switchLive(true),
      liveOff: () => this.#switchLive(false),
      ask: () => this.#ask(),
      stop: () => this.#stop(),
      clear: () => this.#conversation.clear(),
      insert: () => this.#actOnLast("insert"),
      replace: () => this.#actOnLast("replace"),
      copy: () => this.#actOnLast("copy"),
      accept: () => this.#proposals.accept(),
      discard: () => this.#proposals.discard(),
      start: () => startServer(),
      key: () => this.#askKey(),
      address: () => commands.executeCommand("workbench.action.openSettings", "maque.server"),
    };
    return Object.entries(all).map(([name, run]) => commands.registerCommand(`maque.${name}`, run));
  }

  #hear(message: FromPage): void {
    switch (message.kind) {
      case "ready": return;
      case "ask": return this.#conversation.ask(message.text, this.#companion.source);
      case "along": return this.#companion.choose(message.choice);
      case "look": return void this.#server.look();
      case "act": return void this.#act(this.#conversation.entry(message.id), message.action);
      case "task": return void commands.executeCommand(`maque.${message.name === "live" && this.#live.isOn ? "liveOff" : message.name}`);
      default: return void commands.executeCommand(`maque.${message.kind}`);
    }
  }

  /** One task on what is selected, else on the block at the cursor. */
  async #perform(taskOf: (source: Source, place: Place) => Task): Promise<void> {
    const place = currentPlace();
    const source = place && (selectionOf(place) ?? blockOf(place));
    if (!source) return void window.showInformationMessage(l10n.t("Select some code, or put the cursor into it."));
    await commands.executeCommand("maque.chat.focus", { preserveFocus: true });
    this.#conversation.perform(taskOf(source, place), source);
  }

  async #translate(): Promise<void> {
    const to = await window.showQuickPick(TARGETS, { placeHolder: l10n.t("Programming language to translate to") });
    if (to) await this.#perform(() => ({ name: "translate", to }));
  }

  async #switchLive(isOn: boolean): Promise<void> {
    if (isOn) await commands.executeCommand("maque.chat.focus", { preserveFocus: true });
    this.#live.switch(isOn);
  }

  async #ask(): Promise<void> {
    await commands.executeCommand("maque.chat.focus");
    this.#panel.focus();
  }

  #stop(): void {
    this.#conversation.stop();
  }

  async #askKey(): Promise<void> {
    const key = await window.showInputBox({ password: true, ignoreFocusOut: true, prompt: l10n.t("Key of the Maque server; it is kept in the editor's secret storage. Empty: forget it.") });
    if (key !== undefined) await this.#server.keep(key.trim());
  }

  #actOnLast(action: Action): Promise<void> {
    return this.#act(this.#conversation.entries.findLast(({ turn }) => turn.actions.includes(action)), action);
  }

  async #act(entry: Entry | undefined, action: Action): Promise<void> {
    if (!entry) return;
    switch (action) {
      case "insert": return insert(entry);
      case "replace": return replace(entry, this.#proposals);
      case "open": return open(entry);
      case "copy": return copy(entry);
      case "again": return this.#conversation.again(entry);
      case "accept": return this.#proposals.accept();
      case "discard": return this.#proposals.discard();
    }
  }

  #view(): View {
    const turns = this.#conversation.entries.map(({ turn }) => (turn.id === this.#proposals.id ? { ...turn, actions: ["accept", "discard"] satisfies Action[] } : turn));
    return { words: wordsOf(), language: language(), reach: this.#server.reach, turns, live: this.#live.turn, isLive: this.#live.isOn, along: this.#companion.along };
  }

  #write(id: number, text: string): void {
    this.#panel.write(id, text);
    this.#status.show(this.#server.reach, this.#conversation.running ?? this.#live.running);
  }

  #refresh(): void {
    const { entries, running } = this.#conversation;
    this.#panel.refresh();
    this.#status.show(this.#server.reach, running ?? this.#live.running);
    setContexts({ isBusy: running !== undefined, hasAnswer: entries.some(({ turn }) => turn.actions.length), hasProposal: this.#proposals.id !== undefined });
  }
}

function setContexts(contexts: Record<string, boolean>): void {
  for (const [name, value] of Object.entries(contexts)) void commands.executeCommand("setContext", `maque.${name}`, value);
}

/** What the editor's other extensions say is wrong with some code, with lines counted within it. */
function errorsIn({ from, to }: Source, document: TextDocument): string[] {
  const within = languages.getDiagnostics(document.uri).filter(({ range }) => from <= range.start.line + 1 && range.start.line + 1 <= to);
  return within.toSorted((one, other) => one.severity - other.severity).map(({ message, range }) => l10n.t("line {0}: {1}", range.start.line + 2 - from, message));
}
