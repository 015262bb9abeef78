// A change that is proposed: shown in VS Code's own diff, made only when it is accepted, undone like any other edit.
import { EventEmitter, Range, TabInputTextDiff, Uri, ViewColumn, WorkspaceEdit, commands, l10n, window, workspace, type Disposable, type TextDocument } from "vscode";
import { posix } from "node:path";
import { placeOf } from "./place.ts";

const SCHEME = "maque-proposal";

/** `wanted`, which begins about `offset` in a document, is to become `text`. */
export interface Change {
  id: number;
  uri: Uri;
  wanted: string;
  offset: number;
  text: string;
}

export class Proposals implements Disposable {
  #change: Change | undefined;
  #text = "";
  #n = 0;
  readonly #subscriptions: Disposable[];
  readonly #changed = new EventEmitter<void>();
  readonly onDidChange = this.#changed.event;

  constructor() {
    this.#subscriptions = [
      this.#changed,
      workspace.registerTextDocumentContentProvider(SCHEME, { provideTextDocumentContent: () => this.#text }),
      window.tabGroups.onDidChangeTabs(({ closed }) => closed.some(({ input }) => isProposal(input)) && this.#forget()),
    ];
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  /** The turn whose change is being looked at. */
  get id(): number | undefined {
    return this.#change?.id;
  }

  /** Shows a change beside the text as it is. */
  async propose(change: Change): Promise<void> {
    await this.discard();
    const document = await workspace.openTextDocument(change.uri);
    const range = rangeOf(document, change);
    if (!range) return void window.showWarningMessage(l10n.t("The code was changed meanwhile; select it and ask again."));
    const all = document.getText();
    this.#text = all.slice(0, document.offsetAt(range.start)) + change.text + all.slice(document.offsetAt(range.end));
    this.#change = change;
    const proposed = Uri.from({ scheme: SCHEME, path: change.uri.path, query: String(++this.#n) });
    const title = l10n.t("{0} ↔ proposed", posix.basename(change.uri.path));
    await commands.executeCommand("vscode.diff", change.uri, proposed, title, { preview: true, selection: new Range(range.start, range.start), viewColumn: ViewColumn.Active });
    this.#changed.fire();
  }

  /** Makes the change in the document, which is left to be saved by its owner. */
  async accept(): Promise<void> {
    const change = this.#change;
    if (!change) return;
    const document = await workspace.openTextDocument(change.uri);
    const range = rangeOf(document, change);
    if (!range) return void window.showWarningMessage(l10n.t("The code was changed meanwhile; select it and ask again."));
    const edit = new WorkspaceEdit();
    edit.replace(change.uri, range, change.text);
    if (!(await workspace.applyEdit(edit))) return void window.showWarningMessage(l10n.t("The file cannot be changed."));
    await this.discard();
    const start = document.positionAt(document.offsetAt(range.start));
    await window.showTextDocument(document, { selection: new Range(start, start), preview: false });
  }

  /** Closes the diff; nothing is changed. */
  async discard(): Promise<void> {
    const tabs = window.tabGroups.all.flatMap((group) => group.tabs).filter(({ input }) => isProposal(input));
    if (tabs.length) await window.tabGroups.close(tabs);
    this.#forget();
  }

  #forget(): void {
    if (!this.#change) return;
    this.#change = undefined;
    this.#changed.fire();
  }
}

function isProposal(input: unknown): boolean {
  return input instanceof TabInputTextDiff && input.modified.scheme === SCHEME;
}

function rangeOf(document: TextDocument, { wanted, offset }: Change): Range | undefined {
  const at = placeOf(document.getText(), wanted, offset);
  return at === undefined ? undefined : new Range(document.positionAt(at), document.positionAt(at + wanted.length));
}
