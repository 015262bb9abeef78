// The code in the editor: what is selected, the block at the cursor, or the lines around it, and where it stands.
import { Selection, TabInputTextDiff, window, workspace, type TextDocument, type TextEditor, type Uri } from "vscode";
import { posix } from "node:path";
import { blockAt } from "./task/block.ts";
import { around, excerptOf, type Excerpt, type Lines } from "./task/excerpt.ts";

/** An excerpt of a document; `offset` is where it begins there. */
export interface Source extends Excerpt {
  uri: Uri;
  offset: number;
}

/** A document, and what is selected in it. */
export type Place = Pick<TextEditor, "document" | "selection">;

/** Lines of a file that go along with a question: what a small model still reads well, and quickly. */
const FILE_TOKENS = 1500;
/** Documents that are not files with code: output, proposals. */
const SCHEMES = new Set(["output", "debug", "maque-proposal", "comment"]);

/** The editor that was last used, when it shows code. */
export function currentEditor(): TextEditor | undefined {
  const editor = window.activeTextEditor;
  return editor && !SCHEMES.has(editor.document.uri.scheme) ? editor : undefined;
}

/** What is looked at: the code of the current editor; of a diff with a proposal, the file as it is, at the proposal's line. */
export function currentPlace(): Place | undefined {
  const tab = window.tabGroups.activeTabGroup.activeTab?.input;
  const { activeTextEditor: editor } = window;
  if (currentEditor() || !editor || !(tab instanceof TabInputTextDiff)) return currentEditor();
  const document = workspace.textDocuments.find(({ uri }) => uri.toString() === tab.original.toString());
  const cursor = document?.validatePosition(editor.selection.active);
  return document && cursor && { document, selection: new Selection(cursor, cursor) };
}

/** What is selected, as it is. */
export function selectionOf({ document, selection }: Place): Source | undefined {
  if (selection.isEmpty) return undefined;
  const text = document.getText(selection);
  if (!text.trim()) return undefined;
  const to = selection.end.character === 0 && selection.start.line < selection.end.line ? selection.end.line : selection.end.line + 1;
  return { ...excerptOf(linesOf(document), selection.start.line + 1, to), text, uri: document.uri, offset: document.offsetAt(selection.start) };
}

/** The block at the cursor. */
export function blockOf({ document, selection }: Place): Source | undefined {
  const file = linesOf(document);
  const range = blockAt(file.lines, selection.active.line + 1);
  return range && sourceOf(document, excerptOf(file, range.from, range.to));
}

/** The lines around the cursor, as many as may go along. */
export function fileOf({ document, selection }: Place): Source | undefined {
  const excerpt = around(linesOf(document), selection.active.line + 1, FILE_TOKENS);
  return excerpt.text.trim() ? sourceOf(document, excerpt) : undefined;
}

function sourceOf(document: TextDocument, excerpt: Excerpt): Source {
  const offset = document.offsetAt(document.lineAt(excerpt.from - 1).range.start);
  const text = document.getText().slice(offset, document.offsetAt(document.lineAt(excerpt.to - 1).range.end));
  return { ...excerpt, text, uri: document.uri, offset };
}

function linesOf(document: TextDocument): Lines {
  return { name: posix.basename(document.uri.path), language: document.languageId, lines: document.getText().split(/\r?\n/) };
}
