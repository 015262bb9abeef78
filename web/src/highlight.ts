// Code to coloured pieces: a tree of names and texts, never HTML.
import bash from "highlight.js/lib/languages/bash";
import c from "highlight.js/lib/languages/c";
import css from "highlight.js/lib/languages/css";
import go from "highlight.js/lib/languages/go";
import java from "highlight.js/lib/languages/java";
import javascript from "highlight.js/lib/languages/javascript";
import json from "highlight.js/lib/languages/json";
import python from "highlight.js/lib/languages/python";
import rust from "highlight.js/lib/languages/rust";
import sql from "highlight.js/lib/languages/sql";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";
import { createLowlight } from "lowlight";

const MAX_COLOURED = 20_000;
const lowlight = createLowlight({ bash, c, css, go, java, javascript, json, python, rust, sql, typescript, xml });

export interface Piece {
  text: string;
  kind: string;
}

/** Pieces that together are `code`; one plain piece for unknown languages and very long code. */
export function piecesOf(code: string, language: string): Piece[] {
  if (!lowlight.registered(language) || MAX_COLOURED < code.length) return [{ text: code, kind: "" }];
  const pieces: Piece[] = [];
  gather(lowlight.highlight(language, code).children, "", pieces);
  return pieces;
}

type Node = ReturnType<typeof lowlight.highlight>["children"][number];

function gather(nodes: readonly Node[], kind: string, pieces: Piece[]): void {
  for (const node of nodes) {
    if (node.type === "text") pieces.push({ text: node.value, kind });
    if (node.type === "element") gather(node.children, kindOf(node.properties.className) || kind, pieces);
  }
}

function kindOf(names: unknown): string {
  const name = Array.isArray(names) ? String(names[0]) : "";
  if (/keyword|literal|built_in|type|tag|selector/.test(name)) return "code-word";
  if (/string|regexp|number|attr/.test(name)) return "code-value";
  if (/comment|quote|meta/.test(name)) return "code-note";
  return /title|section/.test(name) ? "code-name" : "";
}
