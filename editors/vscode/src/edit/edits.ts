// What a person does with an answer: insert it, open it as a file, replace code with it, copy it.
import { Position, Selection, commands, env, l10n, window, workspace, type TextEditor } from "vscode";
import { resultOf, type Entry } from "../chat/conversation.ts";
import { currentEditor, selectionOf } from "../source.ts";
import { idOf } from "../task/languages.ts";
import { blocksIn, indentedLike } from "../task/unfence.ts";
import type { Proposals } from "./proposal.ts";
import { wrapped } from "./wrap.ts";

export async function copy(entry: Entry): Promise<void> {
  const { kind, text } = resultOf(entry);
  await env.clipboard.writeText(kind === "code" && entry.task ? text : entry.turn.text);
  window.setStatusBarMessage(l10n.t("Copied."), 2000);
}

/** Code at the cursor; an explanation as a comment above the code that it explains. */
export async function insert(entry: Entry): Promise<void> {
  const editor = await editorOf(entry);
  if (!editor) return void window.showWarningMessage(l10n.t("Open the file that it is to be inserted into."));
  const { kind, text } = resultOf(entry);
  if (kind === "code") await editor.edit((edit) => edit.insert(editor.selection.end, text));
  else await insertComment(editor, lineOf(entry, editor), wrapped(text));
}

/** Code in the place of the code that was asked about, else of what is selected; after a look at the difference. */
export async function replace(entry: Entry, proposals: Proposals): Promise<void> {
  const editor = currentEditor();
  const source = entry.source ?? (editor && selectionOf(editor));
  if (!source) return void window.showWarningMessage(l10n.t("Select the code that is to be replaced."));
  const { text } = resultOf(entry);
  await proposals.propose({ id: entry.turn.id, uri: source.uri, wanted: source.text, offset: source.offset, text: indentedLike(text, source.text) });
}

export async function open(entry: Entry): Promise<void> {
  const { text } = resultOf(entry);
  const { task, source, turn } = entry;
  const language = task?.name === "translate" ? idOf(task.to) : (source?.language ?? idOf(blocksIn(turn.text)[0]?.language ?? ""));
  await window.showTextDocument(await workspace.openTextDocument({ content: text, language }));
}

/** The editor of the code that was asked about, else the last one. */
async function editorOf({ source }: Entry): Promise<TextEditor | undefined> {
  const current = currentEditor();
  if (!source || current?.document.uri.toString() === source.uri.toString()) return current;
  return window.showTextDocument(source.uri);
}

function lineOf({ source }: Entry, { document, selection }: TextEditor): number {
  if (!source) return selection.start.line;
  const at = document.getText().indexOf(source.text);
  return 0 <= at ? document.positionAt(at).line : selection.start.line;
}

/** VS Code knows how each language writes comments. */
async function insertComment(editor: TextEditor, line: number, lines: string[]): Promise<void> {
  const margin = /^\s*/.exec(editor.document.lineAt(line).text)?.[0] ?? "";
  const isDone = await editor.edit((edit) => edit.insert(new Position(line, 0), lines.map((one) => `${margin}${one}\n`).join("")));
  if (!isDone) return;
  await window.showTextDocument(editor.document, { viewColumn: editor.viewColumn ?? 1, selection: new Selection(line, 0, line + lines.length - 1, 0) });
  await commands.executeCommand("editor.action.addCommentLine");
}
