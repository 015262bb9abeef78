// Highlighted code as a tree of spans.
import { createLowlight } from "lowlight";
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

const lowlight = createLowlight({ bash, c, css, go, java, javascript, json, python, rust, sql, typescript, xml });

/** A text, or a span with a class. */
export type Piece = string | { name: string; pieces: Piece[] };

/** Pieces of `code`; one plain piece for a language that is not known. */
export function highlight(code: string, language: string): Piece[] {
  if (!lowlight.registered(language)) return [code];
  return lowlight.highlight(language, code).children.flatMap(piece);
}

function piece(node: any): Piece[] {
  if (node.type === "text") return [node.value];
  if (node.type !== "element") return [];
  return [{ name: (node.properties.className ?? []).join(" "), pieces: node.children.flatMap(piece) }];
}
