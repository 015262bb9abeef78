// Code to coloured pieces, line by line: a tree of names and texts, never HTML. Loaded once there is code.
import hljs from "highlight.js/lib/core";
import type { LanguageFn } from "highlight.js";
import bash from "highlight.js/lib/languages/bash";
import c from "highlight.js/lib/languages/c";
import cpp from "highlight.js/lib/languages/cpp";
import csharp from "highlight.js/lib/languages/csharp";
import css from "highlight.js/lib/languages/css";
import diff from "highlight.js/lib/languages/diff";
import go from "highlight.js/lib/languages/go";
import ini from "highlight.js/lib/languages/ini";
import java from "highlight.js/lib/languages/java";
import javascript from "highlight.js/lib/languages/javascript";
import json from "highlight.js/lib/languages/json";
import kotlin from "highlight.js/lib/languages/kotlin";
import php from "highlight.js/lib/languages/php";
import python from "highlight.js/lib/languages/python";
import ruby from "highlight.js/lib/languages/ruby";
import rust from "highlight.js/lib/languages/rust";
import sql from "highlight.js/lib/languages/sql";
import swift from "highlight.js/lib/languages/swift";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";
import yaml from "highlight.js/lib/languages/yaml";

export interface Piece {
  text: string;
  kind: string;
}

const LANGUAGES: Record<string, LanguageFn> = { bash, c, cpp, csharp, css, diff, go, ini, java, javascript, json, kotlin, php, python, ruby, rust, sql, swift, typescript, xml, yaml };
for (const [name, language] of Object.entries(LANGUAGES)) hljs.registerLanguage(name, language);

/** Gathers what highlight.js says as pieces; it asks of an emitter no more than this. */
class Pieces {
  readonly pieces: Piece[] = [];
  #kinds: string[] = [];

  addText(text: string): void {
    if (text) this.pieces.push({ text, kind: this.#kinds.at(-1) ?? "" });
  }
  openNode(name: string): void {
    this.#kinds.push(kindOf(name) || (this.#kinds.at(-1) ?? ""));
  }
  startScope(name: string): void {
    this.openNode(name);
  }
  closeNode(): void {
    this.#kinds.pop();
  }
  endScope(): void {
    this.closeNode();
  }
  __addSublanguage(inner: Pieces): void {
    this.pieces.push(...inner.pieces);
  }
  closeAllNodes(): void {
    this.#kinds = [];
  }
  finalize(): void {
    this.closeAllNodes();
  }
  toHTML(): string {
    return "";
  }
}
hljs.configure({ __emitter: Pieces } as never);

export function isKnown(language: string): boolean {
  return hljs.getLanguage(language) !== undefined;
}

/** Pieces of some lines, and whether the line after them begins outside of any string or comment. */
export function coloured(code: string, language: string): { pieces: Piece[]; isOver: boolean } {
  const result = hljs.highlight(code, { language, ignoreIllegals: true });
  const top = result._top as { parent?: unknown } | undefined;
  return { pieces: (result._emitter as unknown as Pieces).pieces, isOver: !top?.parent };
}

function kindOf(name: string): string {
  if (/keyword|literal|built_in|type|tag|selector|deletion/.test(name)) return "code-word";
  if (/string|regexp|number|attr|addition/.test(name)) return "code-value";
  if (/comment|quote|meta/.test(name)) return "code-note";
  return /title|section/.test(name) ? "code-name" : "";
}
