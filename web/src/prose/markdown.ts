// Markdown to tokens: GFM and maths, with what Chinese text needs; HTML stays text.
import { Marked, type Token, type Tokens } from "marked";

/** Maths between `$…$`, `$$…$$`, `\(…\)` or `\[…\]`. */
export interface Maths {
  type: "maths";
  raw: string;
  text: string;
  isBlock: boolean;
}

const BLOCK_MATHS = /^ {0,3}(?:\$\$(?!\$)((?:(?!\n[ \t]*\n|\$\$)[\s\S])+)\$\$|\\\[((?:(?!\n[ \t]*\n|\\\])[\s\S])+)\\\])[ \t]*(?:\n|$)/;
const INLINE_MATHS = /^(?:\$\$((?:(?!\$\$|\n\n)[\s\S])+)\$\$|\$(?![\s$])((?:\\.|[^$\\\n])*[^\s$\\])\$(?!\d)|\\\(((?:(?!\\\)|\n\n)[\s\S])+)\\\)|\\\[((?:(?!\\\]|\n\n)[\s\S])+)\\\])/;

const parser = new Marked({ gfm: true, breaks: true });
parser.use({
  extensions: [
    {
      name: "maths",
      level: "block",
      tokenizer: (text: string) => maths(BLOCK_MATHS.exec(text), true),
    },
    {
      name: "inlineMaths",
      level: "inline",
      start: (text: string) => /\$|\\[([]/.exec(text)?.index,
      tokenizer: (text: string) => maths(INLINE_MATHS.exec(text), false),
    },
    {
      // CommonMark wants a space or punctuation beside `**`; Chinese has none: **重点：**后文.
      name: "strong",
      level: "inline",
      start: (text: string) => text.indexOf("**"),
      tokenizer(text: string) {
        const found = /^\*\*(?!\s)([^*\n]*[^*\s])\*\*(?!\*)/.exec(text);
        if (!found?.[1]) return undefined;
        return { type: "strong", raw: found[0], text: found[1], tokens: this.lexer.inlineTokens(found[1]) };
      },
    },
  ],
  tokenizer: {
    // One `~` is a range (10~20), not a deletion.
    del(text: string) {
      return text.startsWith("~~") ? false : undefined;
    },
    // A definition may come after its use, which by then is drawn; models write their links in place.
    def: () => undefined,
  },
});

function maths(found: RegExpExecArray | null, isBlock: boolean): Maths | undefined {
  const text = found?.slice(1).find((part) => part !== undefined);
  return found && text ? { type: "maths", raw: found[0], text: text.trim(), isBlock } : undefined;
}

/** The blocks of a text; together their `raw` is the text. */
export function blocksOf(text: string): Token[] {
  return parser.lexer(text);
}

/** `href` when a click on it may be offered: http, https or mailto, absolute. */
export function safeLink(href: string): URL | undefined {
  if (!URL.canParse(href)) return undefined;
  const url = new URL(href);
  return ["http:", "https:", "mailto:"].includes(url.protocol) ? url : undefined;
}

const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0" };

/** Text as the reader sees it: the entities that models write become their characters. */
export function decodeEntities(text: string): string {
  return text.replace(/&(?:#(\d{1,6})|(amp|lt|gt|quot|apos|nbsp));/g, (_, code?: string, name?: string) =>
    code === undefined ? (ENTITIES[name ?? ""] ?? "") : String.fromCodePoint(Math.min(Number(code), 0x10ffff)),
  );
}

export type { Token, Tokens };
