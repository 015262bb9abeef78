// Markdown tokens to elements from a fixed list; text is always a text node, and only changed blocks are drawn.
import type { ComponentChildren } from "preact";
import { memo } from "preact/compat";
import { useMemo } from "preact/hooks";
import { CopyButton } from "./copy";
import { piecesOf } from "./highlight";
import { blocksOf, decodeEntities, safeLink, type Token, type Tokens } from "./markdown";
import { useWords } from "./words";

export function Prose({ text }: { text: string }) {
  const blocks = useMemo(() => blocksOf(text), [text]);
  return <div class="prose">{blocks.map((token, idx) => <Block key={idx} token={token} />)}</div>;
}

const Block = memo(
  ({ token }: { token: Token }) => <>{drawn(token)}</>,
  (before, after) => before.token.raw === after.token.raw && before.token.type === after.token.type,
);

function all(tokens: Token[] | undefined): ComponentChildren {
  return tokens?.map((token) => drawn(token));
}

/** The one place where a token becomes an element: what is not listed here is shown as its text. */
export function drawn(token: Token): ComponentChildren {
  switch (token.type) {
    case "paragraph": return <p>{all(token.tokens)}</p>;
    case "heading": return heading(token as Tokens.Heading);
    case "code": return <Code token={token as Tokens.Code} />;
    case "blockquote": return <blockquote>{all(token.tokens)}</blockquote>;
    case "list": return list(token as Tokens.List);
    case "table": return table(token as Tokens.Table);
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

function list(token: Tokens.List) {
  const items = token.items.map((item) => <li>{all(item.tokens)}</li>);
  return token.ordered ? <ol start={Number(token.start) || 1}>{items}</ol> : <ul>{items}</ul>;
}

function table(token: Tokens.Table) {
  const cell = (Tag: "th" | "td") => (at: Tokens.TableCell) => <Tag class={`to-${at.align ?? "start"}`}>{all(at.tokens)}</Tag>;
  return (
    <div class="wide" tabIndex={0}>
      <table>
        <thead><tr>{token.header.map(cell("th"))}</tr></thead>
        <tbody>{token.rows.map((row) => <tr>{row.map(cell("td"))}</tr>)}</tbody>
      </table>
    </div>
  );
}

function Code({ token }: { token: Tokens.Code }) {
  const language = /^[\w+#.-]*/.exec(token.lang ?? "")?.[0] ?? "";
  const pieces = piecesOf(token.text, language.toLowerCase());
  return (
    <figure class="code">
      <figcaption><span>{language}</span><CopyButton text={token.text} /></figcaption>
      <pre tabIndex={0}><code>{pieces.map((piece) => (piece.kind ? <span class={piece.kind}>{piece.text}</span> : piece.text))}</code></pre>
    </figure>
  );
}

/** A link that says where it leads; one that may not be followed is text. */
function Link({ href, children }: { href: string; children: ComponentChildren }) {
  const words = useWords();
  const url = safeLink(href);
  if (!url) return <>{children}</>;
  const confirmLong = (event: Event) => {
    if (64 < url.search.length && !confirm(words.openLong(url.host))) event.preventDefault();
  };
  return (
    <>
      <a href={url.href} target="_blank" rel="noopener noreferrer" title={url.href} onClick={confirmLong} onAuxClick={confirmLong}>{children}</a>
      <span class="host"> ({url.host || url.pathname})</span>
    </>
  );
}
