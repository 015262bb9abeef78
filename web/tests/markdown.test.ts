// Markdown of a hostile model becomes harmless elements; Chinese Markdown reads as meant.
import type { VNode } from "preact";
import { expect, test } from "vitest";
import { Growing } from "../src/prose/growing";
import { documentOf } from "../src/prose/document";
import { blocksOf, decodeEntities, safeLink, type Token } from "../src/prose/markdown";
import { drawnBlock } from "../src/prose/prose";

const ALLOWED = new Set(["p", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "li", "hr", "br", "strong", "em", "del", "code", "div", "table", "thead", "tbody", "tr", "th", "td"]);
const ALLOWED_PROPS = new Set(["children", "class", "start", "tabIndex", "href", "token", "block", "tex", "isBlock", "list", "tail", "draw", "group"]);
const OURS = ["Link", "Code", "Grown", "Maths", "NestedList", "NestedTable"];

/** Every element below `node`, as its type's name and properties. */
function elementsOf(node: unknown): { name: string; props: Record<string, unknown> }[] {
  if (Array.isArray(node)) return node.flatMap(elementsOf);
  if (typeof node !== "object" || node === null) return [];
  const { type, props } = node as VNode<Record<string, unknown>>;
  const name = typeof type === "string" ? type : (type as { name: string }).name;
  if (name === "Grown") return elementsOf(grown(props));
  return [{ name, props }, ...elementsOf(props.children)];
}

/** What `Grown` draws, whose list is all in its tail here. */
function grown({ list, tail, draw }: Record<string, unknown>): unknown[] {
  return [...(list as Growing<unknown>).all(), ...(tail as unknown[])].map((item, idx) => (draw as (item: unknown, idx: number) => unknown)(item, idx));
}

function textOf(node: unknown): string {
  if (Array.isArray(node)) return node.map(textOf).join("");
  if (typeof node === "string") return node;
  if (typeof node !== "object" || node === null) return "";
  const { type, props } = node as VNode<Record<string, unknown>>;
  return typeof type === "function" && type.name === "Grown" ? textOf(grown(props)) : textOf(props.children);
}

const draw = (text: string) => documentOf(text).blocks().map(drawnBlock);

test.each([
  "<script>alert(1)</script>",
  "a <img src=x onerror=alert(1)> b",
  "<iframe src='https://example.com'></iframe>",
  "<a href='javascript:alert(1)'>x</a>",
  "<svg><style><img src=x></style></svg>",
  "- <details open ontoggle=alert(1)>",
  "| <b onclick=x> |\n|---|\n| <object data=x> |",
  "![x](https://example.com/pixel.png)",
  "![x][r]\n\n[r]: https://example.com/pixel.png",
  "<!-- --><style>*{background:url(//example.com)}</style>",
  "&lt;script&gt;alert(1)&lt;/script&gt;",
])("%s has only listed elements", (text) => {
  for (const { name, props } of elementsOf(draw(text))) {
    expect(ALLOWED.has(name) || OURS.includes(name), name).toBe(true);
    for (const prop of Object.keys(props)) expect(ALLOWED_PROPS, name).toContain(prop);
  }
});

test("HTML is shown as it was written", () => {
  expect(textOf(draw("a <b onclick=x>bold</b>"))).toBe("a <b onclick=x>bold</b>");
  expect(textOf(draw("<script>alert(1)</script>"))).toBe("<script>alert(1)</script>");
});

test.each(["javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "java\nscript:x", "data:text/html,x", "vbscript:x", "blob:x", "file:///etc/passwd", "/relative", "//host/x", "#x", "?q", ""])(
  "%j is no link",
  (href) => expect(safeLink(href)).toBeUndefined(),
);

test.each(["http://example.com/", "https://example.com/a?b", "mailto:a@example.com"])("%s is a link", (href) => {
  expect(safeLink(href)?.href).toBe(href);
});

test("the host of a disguised link is the real one", () => {
  expect(safeLink("https://bank.example@evil.example/")?.host).toBe("evil.example");
});

test("bold needs no spaces in Chinese", () => {
  const [paragraph] = blocksOf("这是**“重点”：**后文") as [Token & { tokens: Token[] }];
  expect(paragraph.tokens.map((token) => token.type)).toEqual(["text", "strong", "text"]);
});

test("a tilde is a range, two are a deletion", () => {
  expect(textOf(draw("10~20 和 30~40"))).toBe("10~20 和 30~40");
  expect(elementsOf(draw("~~gone~~")).map(({ name }) => name)).toContain("del");
});

test("entities become their characters, once", () => {
  expect(decodeEntities("a &lt; b &amp;amp; &#20320; &unknown;")).toBe("a < b &amp; 你 &unknown;");
  expect(decodeEntities("&#999999;")).toBe("\u{f423f}");
});

test("code that is still being written is code", () => {
  const [block] = documentOf("```python\nprint(1").blocks();
  expect(block).toMatchObject({ kind: "code", language: "python", text: "print(1", isOpen: true });
});

test("every prefix of an answer can be drawn", () => {
  const answer = "# 标题\n\n1. **一**\n2. `二`\n\n| a | b |\n|---|--:|\n| 1 | [x](https://e.com) |\n\n```js\nlet a = 1;\n```\n> 引用 ~~删~~ ![i](u)\n- [ ] 事\n";
  for (let at = 0; at <= answer.length; at++) expect(() => draw(answer.slice(0, at))).not.toThrow();
});
