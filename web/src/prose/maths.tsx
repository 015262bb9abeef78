// Maths as MathML: TeX is parsed by Temml when the first formula comes, and becomes elements from a fixed list.
import { h, type ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";

const ELEMENTS = new Set([
  "math", "mrow", "mi", "mo", "mn", "ms", "mtext", "mspace", "msup", "msub", "msubsup", "mfrac", "msqrt", "mroot", "mover", "munder",
  "munderover", "mmultiscripts", "mprescripts", "none", "mtable", "mtr", "mtd", "mstyle", "mpadded", "mphantom", "menclose",
]);
const ATTRIBUTES = new Set([
  "display", "mathvariant", "stretchy", "fence", "separator", "form", "lspace", "rspace", "width", "height", "depth", "voffset", "minsize",
  "maxsize", "symmetric", "largeop", "movablelimits", "accent", "accentunder", "linethickness", "scriptlevel", "displaystyle", "columnalign",
  "rowspacing", "columnspacing", "notation", "columnspan", "rowspan",
]);

/** A node of Temml's tree: an element, or a text. */
export interface MathNode {
  type?: string;
  text?: string;
  attributes?: Record<string, string>;
  children?: MathNode[];
}
type Parse = (tex: string, isBlock: boolean) => MathNode;

let parsing: Promise<Parse> | undefined;
function parser(): Promise<Parse> {
  parsing ??= import("./temml").then(({ parse }) => parse);
  return parsing;
}

export function Maths({ tex, isBlock }: { tex: string; isBlock: boolean }) {
  const [parse, setParse] = useState<Parse>();
  useEffect(() => void parser().then((parse) => setParse(() => parse)), []);
  const drawn = parse && drawnMaths(tex, isBlock, parse);
  const shown = drawn ?? <code>{tex}</code>;
  return isBlock ? <div class="maths" tabIndex={0}>{shown}</div> : <span class="maths">{shown}</span>;
}

/** Elements of a formula; nothing where it cannot be read (yet). */
export function drawnMaths(tex: string, isBlock: boolean, parse: Parse): ComponentChildren {
  try {
    return drawn(parse(tex, isBlock));
  } catch {
    return undefined;
  }
}

function drawn({ type, text, attributes, children }: MathNode): ComponentChildren {
  const inside = children?.map(drawn) ?? [];
  if (text !== undefined && type === undefined) return text;
  if (!type || !ELEMENTS.has(type)) return inside;
  const listed = Object.entries(attributes ?? {}).filter(([name]) => ATTRIBUTES.has(name));
  return h(type, Object.fromEntries(listed), ...inside);
}
