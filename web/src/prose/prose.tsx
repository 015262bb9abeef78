// Markdown blocks to elements from a fixed list; text is always a text node, and only what has changed is drawn.
import type { ComponentChildren } from "preact";
import { memo } from "preact/compat";
import { useMemo, useRef } from "preact/hooks";
import { useWords } from "../words/words";
import { Code } from "./code";
import { Document, documentOf, type Block, type ListBlock, type TableBlock } from "./document";
import { Grown } from "./grown";
import { decodeEntities, safeLink, type Token, type Tokens } from "./markdown";
import { Maths } from "./maths";

/** A text that grows until it is whole. */
export function Prose({ text, isWhole }: { text: string; isWhole: boolean }) {
  const document = useRef(new Document());
  if (!document.current.update(text, isWhole)) document.current = documentOf(text);
  const { settled, tail } = document.current;
  return (
    <div class="prose">
      <Grown list={settled} tail={tail} draw={(block: Block, idx) => <Drawn key={idx} block={block} version={block.version} />} />
    </div>
  );
}

const Drawn = memo(
  ({ block }: { block: Block; version: number }) => <>{drawnBlock(block)}</>,
  (before, after) => before.version === after.version && (before.block === after.block || isSame(before.block, after.block)),
);

function isSame(before: Block, after: Block): boolean {
  return before.kind === "token" && after.kind === "token" && before.token.raw === after.token.raw && before.token.type === after.token.type;
}

export function drawnBlock(block: Block): ComponentChildren {
  switch (block.kind) {
    case "code": return <Code block={block} />;
    case "list": return list(block);
    case "table": return table(block);
    case "token": return drawn(block.token);
  }
}

function all(tokens: Token[] | undefined): ComponentChildren {
  return tokens?.map((token) => drawn(token));
}

/** The one place where a token becomes an element: what is not listed here is shown as its text. */
export function drawn(token: Token): ComponentChildren {
  switch (token.type) {
    case "paragraph": return <p>{all(token.tokens)}</p>;
    case "heading": return heading(token as Tokens.Heading);
    case "code": return <Code block={{ language: (token as Tokens.Code).lang ?? "", text: (token as Tokens.Code).text }} />;
    case "blockquote": return <blockquote>{all(token.tokens)}</blockquote>;
    case "list": return <NestedList token={token as Tokens.List} />;
    case "table": return <NestedTable token={token as Tokens.Table} />;
    case "maths": return <Maths tex={String(token.text)} isBlock={token.isBlock === true} />;
    case "hr": return <hr />;
    case "br": return <br />;
    case "space": return null;
    case "strong": return <strong>{all(token.tokens)}</strong>;
    case "em": return <em>{all(token.tokens)}</em>;
    case "del": return <del>{all(token.tokens)}</del>;
    case "codespan": return <code>{(token as Tokens.Codespan).text}</code>;
    case "link": return <Link href={(token as Tokens.Link).href}>{all(token.tokens)}</Link>;
    case "image": return <Link href={(token as Tokens.Image).href}>{(token as Tokens.Image).text || "image"}</Link>;
    case "checkbox": return (token as Tokens.Checkbox).checked ? "☑ " : "☐ ";
    case "text": return token.tokens ? all(token.tokens) : decodeEntities((token as Tokens.Text).text);
    case "escape": return (token as Tokens.Escape).text;
    default: return token.raw;
  }
}

function heading(token: Tokens.Heading) {
  const Tag = (["h3", "h4", "h5", "h6"] as const)[Math.min(token.depth, 4) - 1] ?? "h6";
  return <Tag>{all(token.tokens)}</Tag>;
}

const item = (token: Tokens.ListItem, idx: number) => <li key={idx}>{all(token.tokens)}</li>;

function list({ isOrdered, start, items, tail }: ListBlock) {
  const drawnItems = <Grown list={items} tail={tail} draw={item} />;
  return isOrdered ? <ol start={start}>{drawnItems}</ol> : <ul>{drawnItems}</ul>;
}

function NestedList({ token: { ordered, start, items } }: { token: Tokens.List }) {
  return ordered ? <ol start={Number(start) || 1}>{items.map(item)}</ol> : <ul>{items.map(item)}</ul>;
}

const cell = (Tag: "th" | "td") => (at: Tokens.TableCell, idx: number) => <Tag key={idx} class={`to-${at.align ?? "start"}`}>{all(at.tokens)}</Tag>;
const row = (cells: Tokens.TableCell[], idx: number) => <tr key={idx}>{cells.map(cell("td"))}</tr>;

function table({ header, rows, tail }: TableBlock) {
  return <div class="wide" tabIndex={0}><table><thead><tr>{header.map(cell("th"))}</tr></thead><tbody><Grown list={rows} tail={tail} draw={row} /></tbody></table></div>;
}

function NestedTable({ token: { header, rows } }: { token: Tokens.Table }) {
  return <div class="wide" tabIndex={0}><table><thead><tr>{header.map(cell("th"))}</tr></thead><tbody>{rows.map(row)}</tbody></table></div>;
}

/** A link that says where it leads; one that may not be followed is text. */
function Link({ href, children }: { href: string; children: ComponentChildren }) {
  const words = useWords();
  const url = useMemo(() => safeLink(href), [href]);
  if (!url) return <>{children}</>;
  const confirmLong = (event: Event) => {
    if (64 < url.search.length && !confirm(words.prose.openLong(url.host))) event.preventDefault();
  };
  return (
    <>
      <a href={url.href} target="_blank" rel="noopener noreferrer" title={url.href} onClick={confirmLong} onAuxClick={confirmLong}>{children}</a>
      <span class="host"> ({url.host || url.pathname})</span>
    </>
  );
}
