// Markdown to tokens: GFM, with what Chinese text needs; HTML stays text.
import { Marked, type Token, type Tokens } from "marked";

const parser = new Marked({ gfm: true, breaks: true });
parser.use({
  extensions: [
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
  },
});

export function blocksOf(text: string): Token[] {
  return parser.lexer(text).filter((block) => block.type !== "space" && block.type !== "def");
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
