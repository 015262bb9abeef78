// Markdown as elements: markup in the text stays text, links show where they lead, nothing remote is fetched.
import { lexer, type Token, type Tokens } from "marked";
import type { ComponentChildren } from "preact";
import { memo } from "preact/compat";
import { useMemo, useState } from "preact/hooks";
import { copy } from "./copy";
import { highlight, type Piece } from "./highlight";
import type { Words } from "./words";

/** A text as blocks; only blocks whose source changed are built again. */
export function Markdown({ text, words }: { text: string; words: Words }) {
  return <>{lexer(text).map((token, i) => <Block key={i} token={token} words={words} />)}</>;
}

const Block = memo(
  ({ token, words }: { token: Token; words: Words }) => <>{block(token, words)}</>,
  (before, after) => before.token.raw === after.token.raw && before.words === after.words,
);

function block(token: Token, words: Words): ComponentChildren {
  switch (token.type) {
    case "space":
      return null;
    case "hr":
      return <hr />;
    case "heading": {
      const Tag = `h${Math.min(6, (token as Tokens.Heading).depth + 2)}` as "h3";
      return <Tag>{inline(token.tokens)}</Tag>;
    }
    case "code":
      return <Code code={(token as Tokens.Code).text} language={(token as Tokens.Code).lang ?? ""} words={words} />;
    case "blockquote":
      return <blockquote>{token.tokens?.map((one) => block(one, words))}</blockquote>;
    case "list":
      return list(token as Tokens.List, words);
    case "table":
      return table(token as Tokens.Table);
    case "paragraph":
      return <p>{inline(token.tokens)}</p>;
    case "text":
      return token.tokens ? inline(token.tokens) : (token as Tokens.Text).text;
    default:
      return <p>{token.raw}</p>; // HTML, definitions: shown as they are written
  }
}

function list(token: Tokens.List, words: Words): ComponentChildren {
  const items = token.items.map((item, i) => <li key={i}>{item.tokens.map((one) => block(one, words))}</li>);
  return token.ordered ? <ol start={token.start || 1}>{items}</ol> : <ul>{items}</ul>;
}

function table(token: Tokens.Table): ComponentChildren {
  const head = token.header.map((cell, i) => <th key={i}>{inline(cell.tokens)}</th>);
  const row = (cells: Tokens.TableCell[], i: number) => (
    <tr key={i}>{cells.map((cell, j) => <td key={j}>{inline(cell.tokens)}</td>)}</tr>
  );
  return (
    <div class="wide">
      <table>
        <thead><tr>{head}</tr></thead>
        <tbody>{token.rows.map(row)}</tbody>
      </table>
    </div>
  );
}

function inline(tokens: Token[] | undefined): ComponentChildren {
  return tokens?.map((token) => span(token));
}

function span(token: Token): ComponentChildren {
  switch (token.type) {
    case "strong":
      return <strong>{inline(token.tokens)}</strong>;
    case "em":
      return <em>{inline(token.tokens)}</em>;
    case "del":
      return <del>{inline(token.tokens)}</del>;
    case "codespan":
      return <code>{unescape((token as Tokens.Codespan).text)}</code>;
    case "br":
      return <br />;
    case "link":
    case "image":
      return link(token as Tokens.Link);
    case "text":
    case "escape":
      return unescape((token as Tokens.Text).text);
    default:
      return token.raw;
  }
}

/** What marked has escaped for HTML is text here. */
function unescape(text: string): string {
  const letters: Record<string, string> = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'" };
  return text.replace(/&(amp|lt|gt|quot|#39);/g, (entity) => letters[entity] ?? entity);
}

/** The address that may be opened; `null` for all other schemes. */
export function safeAddress(href: string): URL | null {
  const address = URL.canParse(href) ? new URL(href) : null;
  return address && ["http:", "https:", "mailto:"].includes(address.protocol) ? address : null;
}

function link(token: Tokens.Link): ComponentChildren {
  const address = safeAddress(token.href);
  if (!address) return token.raw;
  const host = address.host || address.pathname;
  return (
    <a href={address.href} target="_blank" rel="noopener noreferrer">
      {token.text || address.href}
      {token.text.includes(host) ? null : <small> ({host})</small>}
    </a>
  );
}

function Code({ code, language, words }: { code: string; language: string; words: Words }) {
  const [isCopied, setCopied] = useState(false);
  const pieces = useMemo(() => highlight(code, language.toLowerCase()), [code, language]);
  const onCopy = () => copy(code).then(() => setCopied(true));
  return (
    <figure class="code">
      <figcaption>
        <span>{language}</span>
        <button type="button" onClick={onCopy}>{isCopied ? words.copied : words.copyCode}</button>
      </figcaption>
      <pre tabIndex={0}><code>{pieces.map(shown)}</code></pre>
    </figure>
  );
}

function shown(piece: Piece): ComponentChildren {
  return typeof piece === "string" ? piece : <span class={piece.name}>{piece.pieces.map(shown)}</span>;
}
