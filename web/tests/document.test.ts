// Markdown that grows is drawn as if it had come at once, and what is settled is never parsed again.
import { expect, test } from "vitest";
import { Document, documentOf, type Block } from "../src/prose/document";

/** A block as plain data. */
function shown(block: Block): unknown {
  switch (block.kind) {
    case "code": return ["code", block.language, block.text];
    case "list": return ["list", block.isOrdered, block.start, [...block.items.all(), ...block.tail].map((item) => plain(item.tokens))];
    case "table": return ["table", block.header.map((cell) => plain(cell.tokens)), [...block.rows.all(), ...block.tail].map((row) => row.map((cell) => plain(cell.tokens)))];
    case "token": return plain(block.token);
  }
}

/** A token without what only its place decides. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((one) => (one as { type?: string }).type !== "space").map(plain);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([name]) => !["raw", "loose", "type", "text"].includes(name) || name === "type" && (value as { type: string }).type !== "paragraph" && (value as { type: string }).type !== "text");
  const { type, text, tokens } = value as { type?: string; text?: string; tokens?: unknown[] };
  return { ...Object.fromEntries(entries.map(([name, inner]) => [name, plain(inner)])), ...(tokens || type === "list_item" ? {} : { text: text?.trimEnd() }) };
}

const shownBy = (document: Document) => document.blocks().map(shown);

const SAMPLES: Record<string, string> = {
  paragraphs: "第一段，**重点：**后文。\n还是第一段。\n\nSecond *one* with `code` and [a](https://e.com).\n\n\n\nThird.\n",
  headings: "# 标题\n文字\n## Next\n\nSetext\n======\n\nmore\n---\n\n***\nend",
  list: "前言：\n1. **一**：甲\n2. 乙\n   - 子\n   - 丑\n\n3. 丙\n\n   第二段\n\n后记。\n\n- a\n- b\n\n* c\n",
  code: "看：\n```python\ndef f():\n\n    return '```'\n```\n后文\n\n~~~\n# no heading\n~~~\n\n    indented\n\n````md\n```\nx\n```\n````\n",
  listedCode: "1. Run:\n   ```bash\n   ls -l\n\n   cd ..\n   ```\n2. Then\n```js\nlet a;\n```\n3. End\n",
  table: "表：\n\n| a | b |\n|---|--:|\n| 1 | `x` |\n| 2 | **y** |\n| 3 | z |\n\n后文\n\n| c |\n|---|\n| 1 |\n# 标题\n",
  maths: "设 $x^2$ 与 \\(y\\)：\n\n$$\nx = \\frac{1}{2}\n- y\n$$\n\n价格 $5 和 $6。\n\n\\[\na\n=\nb\n\\]\n完。",
  quote: "> 引用\n> 第二行\n\n> - a\n> - b\n\n正文\n",
  html: "<div>\n\na <b>x</b>\n\n<script>\nalert(1)\n</script>\n\n后文",
  tasks: "- [ ] 事\n- [x] 完\n- 三\n",
  unclosed: "文字 **粗 `码\n\n```rust\nfn main() {",
};

test.each(Object.entries(SAMPLES))("%s: letter by letter is as at once", (_, text) => {
  const growing = new Document();
  for (let end = 1; end <= text.length; end++) expect(growing.update(text.slice(0, end), end === text.length)).toBe(true);
  expect(shownBy(growing)).toEqual(shownBy(documentOf(text)));
});

test("everything together, cut at random, is as at once", () => {
  const text = Object.values(SAMPLES).slice(0, -1).join("\n\n").repeat(3);
  const whole = shownBy(documentOf(text));
  let seed = 7;
  for (let round = 0; round < 20; round++) {
    const growing = new Document();
    for (let end = 0; end < text.length; ) {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      end = Math.min(text.length, end + 1 + (seed % 40));
      growing.update(text.slice(0, end), end === text.length);
    }
    expect(shownBy(growing)).toEqual(whole);
  }
});

test("another text begins anew", () => {
  const document = documentOf("abc");
  expect(document.update("abd", true)).toBe(false);
  expect(document.update("abcd", true)).toBe(true);
});

test("what is settled stays the same object", () => {
  const document = new Document();
  const text = SAMPLES.paragraphs + (SAMPLES.list ?? "") + SAMPLES.code;
  const seen: Block[] = [];
  for (let end = 1; end <= text.length; end++) {
    document.update(text.slice(0, end), false);
    for (const [idx, block] of document.settled.all().entries()) expect((seen[idx] ??= block)).toBe(block);
  }
  expect(10 < seen.length).toBe(true);
});
