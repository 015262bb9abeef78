// Markdown that grows: what can no longer change is parsed once, so that a token costs the same at the end of a long
// answer as at its beginning. Only the last block, and of code, lists and tables only their last line, item and row,
// are parsed again.
import { Growing } from "./growing";
import { blocksOf, type Token, type Tokens } from "./markdown";

/** A block whose end may still come. `version` counts its changes. */
export interface CodeBlock {
  kind: "code";
  language: string;
  text: string;
  isOpen: boolean;
  version: number;
}
export interface ListBlock {
  kind: "list";
  isOrdered: boolean;
  start: number;
  items: Growing<Tokens.ListItem>;
  tail: Tokens.ListItem[];
  version: number;
}
export interface TableBlock {
  kind: "table";
  header: Tokens.TableCell[];
  rows: Growing<Tokens.TableCell[]>;
  tail: Tokens.TableCell[][];
  version: number;
}
export interface TokenBlock {
  kind: "token";
  token: Token;
  version: number;
}
export type Block = CodeBlock | ListBlock | TableBlock | TokenBlock;

const FENCE = /^( {0,3})(`{3,}|~{3,})([^\n]*)/;
const SIGN = /(?:^|\n)([ \t]*(?:\d{1,9}[.)]?|[-+*>|]|#{1,6}|`{1,2}|~{1,2})?[ \t]*)$/;
const OPEN_MATHS = /^ {0,3}(?:\$\$|\\\[)/;

export class Document {
  readonly settled = new Growing<Block>();
  /** The last block, while it may still change. */
  tail: Block[] = [];
  #text = "";
  #at = 0;
  #open: CodeBlock | ListBlock | TableBlock | undefined;
  /** Of open code: what ends it, and how far it is indented; of an open table: its first two lines. */
  #fence = { close: /^$/, indent: 0 };
  #head = "";

  /** Takes a text that begins with the text before; says whether it does. Of one that still grows, a last line that is
      only a sign yet (`2.`, `-`, `#`) is held back: what it becomes is not known. */
  update(text: string, isWhole: boolean): boolean {
    if (!text.startsWith(this.#text)) return false;
    this.#text = isWhole ? text : text.slice(0, text.length - (SIGN.exec(text)?.[1]?.length ?? 0));
    while (this.#step()) continue;
    return true;
  }

  blocks(): Block[] {
    return [...this.settled.all(), ...this.tail];
  }

  /** One piece of work; whether there may be more. */
  #step(): boolean {
    if (this.#open?.kind === "code") return this.#code(this.#open);
    if (this.#open?.kind === "list") return this.#list(this.#open);
    if (this.#open?.kind === "table") return this.#table(this.#open);
    return this.#any();
  }

  #any(): boolean {
    const blank = /^(?:[ \t]*\n)*/.exec(this.#text.slice(this.#at))?.[0].length ?? 0;
    this.#at += blank;
    const rest = this.#text.slice(this.#at);
    const fence = fenceOf(rest);
    if (fence) return this.#openCode(rest, fence);
    if (OPEN_MATHS.test(rest) && !/\n[ \t]*\n/.test(rest) && blocksOf(rest)[0]?.type !== "maths") return this.#shows([plain(rest)]);
    const tokens = blocksOf(rest);
    const last = tokens.findLastIndex((token) => token.type !== "space");
    for (const [idx, token] of tokens.entries()) {
      if (last < idx) break;
      if (0 < idx && startsAnew(token)) return true;
      if (idx === last) return this.#last(token);
      this.#settle(token);
    }
    return this.#shows([]);
  }

  #settle(token: Token): void {
    this.#at += token.raw.length;
    if (token.type !== "space") this.settled.push(blockOf(token));
  }

  /** The last token of a text; lists and tables that have begun are kept open. */
  #last(token: Token): boolean {
    if (token.type === "list" && 1 < (token as Tokens.List).items.length) {
      const { ordered, start } = token as Tokens.List;
      this.#open = { kind: "list", isOrdered: ordered, start: Number(start) || 1, items: new Growing(), tail: [], version: 0 };
      return true;
    }
    if (token.type === "table" && 1 < (token as Tokens.Table).rows.length) {
      this.#head = /^[^\n]*\n[^\n]*\n/.exec(token.raw)?.[0] ?? "";
      this.#open = { kind: "table", header: (token as Tokens.Table).header, rows: new Growing(), tail: [], version: 0 };
      this.#at += this.#head.length;
      return true;
    }
    return this.#shows([token]);
  }

  #shows(tokens: Token[]): boolean {
    this.tail = tokens.map(blockOf);
    return false;
  }

  #openCode(rest: string, [head, indent = "", ticks = "```", info = ""]: readonly string[]): boolean {
    const end = (head ?? "").length;
    if (rest.length <= end) return this.#shows([]);
    this.#fence = { close: new RegExp(`^ {0,3}${ticks[0] === "~" ? "~" : "`"}{${ticks.length},}[ \\t]*$`), indent: indent.length };
    this.#open = { kind: "code", language: /^[\w+#.-]*/.exec(info.trim())?.[0].toLowerCase() ?? "", text: "", isOpen: true, version: 0 };
    this.#at += end + 1;
    return true;
  }

  /** Takes whole lines of code, until the fence that closes it; the line being written is shown with them. */
  #code(code: CodeBlock): boolean {
    let whole = "";
    for (let end = this.#text.indexOf("\n", this.#at); 0 <= end; end = this.#text.indexOf("\n", this.#at)) {
      const line = this.#text.slice(this.#at, end);
      this.#at = end + 1;
      if (this.#fence.close.test(line)) return this.#close({ ...code, text: this.#whole + whole, isOpen: false, version: code.version + 1 });
      whole += `${this.#unindented(line)}\n`;
    }
    this.#whole += whole;
    const line = this.#text.slice(this.#at);
    const isFence = this.#fence.close.test(line) || /^ {0,3}(`{1,2}|~{1,2})$/.test(line);
    const text = this.#whole + (isFence ? "" : this.#unindented(line));
    if (text !== code.text) this.#open = { ...code, text, version: code.version + 1 };
    this.tail = [this.#open as CodeBlock];
    return false;
  }

  /** The whole lines of open code. */
  #whole = "";

  #unindented(line: string): string {
    return line.replace(new RegExp(`^ {0,${this.#fence.indent}}`), "");
  }

  #close(block: Block): boolean {
    this.settled.push(block);
    this.#open = undefined;
    this.#whole = "";
    this.tail = [];
    return true;
  }

  #list(list: ListBlock): boolean {
    const tokens = blocksOf(this.#text.slice(this.#at));
    const more = tokens[0];
    if (more?.type !== "list" || (more as Tokens.List).ordered !== list.isOrdered) return this.#close({ ...list, tail: [], version: list.version + 1 });
    const { items } = more as Tokens.List;
    const isOver = tokens.some((token, idx) => 0 < idx && token.type !== "space");
    const settled = isOver ? items : items.slice(0, -1);
    for (const item of settled) list.items.push(item);
    if (isOver) {
      this.#at += more.raw.length;
      return this.#close({ ...list, tail: [], version: list.version + 1 });
    }
    for (const item of settled) this.#at += item.raw.length;
    this.#open = { ...list, tail: items.slice(-1), version: list.version + 1 };
    this.tail = [this.#open];
    return false;
  }

  #table(table: TableBlock): boolean {
    for (let end = this.#text.indexOf("\n", this.#at); 0 <= end; end = this.#text.indexOf("\n", this.#at)) {
      const row = this.#row(this.#text.slice(this.#at, end));
      if (!row) return this.#close({ ...table, tail: [], version: table.version + 1 });
      table.rows.push(row);
      this.#at = end + 1;
    }
    const row = this.#row(this.#text.slice(this.#at));
    this.#open = { ...table, tail: row ? [row] : [], version: table.version + 1 };
    this.tail = [this.#open];
    return false;
  }

  #row(line: string): Tokens.TableCell[] | undefined {
    const [table, ...others] = blocksOf(`${this.#head}${line}`);
    const isRow = line.trim() !== "" && table?.type === "table" && others.length === 0;
    return isRow ? (table as Tokens.Table).rows[0] : undefined;
  }
}

/** A fence that begins a text: all of its line, its indentation, its ticks, what stands after them. */
function fenceOf(text: string): readonly string[] | undefined {
  const found = FENCE.exec(text);
  return found && !(found[2]?.startsWith("`") && found[3]?.includes("`")) ? found : undefined;
}

/** Whether a token is looked at from its beginning: a fence, or maths that may not be closed yet. */
function startsAnew({ type, raw }: Token): boolean {
  return type === "code" ? FENCE.test(raw) : type !== "maths" && OPEN_MATHS.test(raw);
}

/** A token that is whole as a block. */
function blockOf(token: Token): Block {
  if (token.type === "list") {
    const { ordered, start, items } = token as Tokens.List;
    return { kind: "list", isOrdered: ordered, start: Number(start) || 1, items: new Growing(), tail: items, version: 0 };
  }
  if (token.type === "table") {
    const { header, rows } = token as Tokens.Table;
    return { kind: "table", header, rows: new Growing(), tail: rows, version: 0 };
  }
  if (token.type === "code") return { kind: "code", language: "", text: (token as Tokens.Code).text, isOpen: false, version: 0 };
  return { kind: "token", token, version: 0 };
}

function plain(text: string): Token {
  return { type: "paragraph", raw: text, text, tokens: [{ type: "text", raw: text, text }] } as Token;
}

/** The blocks of a text that does not grow. */
export function documentOf(text: string): Document {
  const document = new Document();
  document.update(text, true);
  return document;
}
