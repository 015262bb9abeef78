// Highlighting loses no letter; sentences are told once they are finished; rates and figures are right.
import { expect, test } from "vitest";
import { Rate } from "../src/base/rate";
import { coloured, isKnown } from "../src/prose/highlight";
import { Painter } from "../src/prose/painter";
import { figuresOf } from "../src/talk/figures";
import { Sentences } from "../src/talk/sentences";
import { en } from "../src/words/en";

const CODE = 'def f(x):\n    """说明 <b>\n    两行"""\n    return x & 1  # 注释\n\n/* a\nb */ let s = `x\ny`;\n';

function painted(language: string, cuts: readonly string[]): { text: string; kind: string }[] {
  const painter = new Painter(isKnown(language) ? coloured : undefined, language);
  for (const cut of cuts) painter.update(cut);
  return [...painter.settled.all().flat(), ...painter.tail];
}

test.each(["js", "ts", "python", "rust", "html", "css", "json", "sql", "bash", "java", "c", "go", "yaml", "php", "nothing"])("%s keeps every letter", (language) => {
  expect(painted(language, [CODE]).map((piece) => piece.text).join("")).toBe(CODE);
  expect(painted(language, [""])).toEqual([]);
});

test.each(["js", "python", "html", "c"])("%s is coloured the same however it comes", (language) => {
  const letters = Array.from({ length: CODE.length + 1 }, (_, end) => CODE.slice(0, end));
  expect(painted(language, letters)).toEqual(painted(language, [CODE]));
});

test("Python is coloured, an unknown language is not", () => {
  expect(painted("python", [CODE]).map((piece) => piece.kind)).toContain("code-word");
  expect(isKnown("brainfuck")).toBe(false);
  expect(isKnown("__proto__")).toBe(false);
});

test("a string over several lines is one", () => {
  const inside = painted("python", [CODE]).find((piece) => piece.text.includes("两行"));
  expect(inside?.kind).toBe("code-value");
});

/** All that was told while a text grew letter by letter. */
function told(text: string): string[] {
  const sentences = new Sentences();
  const growing = Array.from(text, (_, at) => sentences.next(text.slice(0, at + 1), false)).flat();
  return [...growing, ...sentences.next(text, true)];
}

test("a sentence is told once it is finished, and once only", () => {
  const sentences = new Sentences();
  expect(sentences.next("你好！我是", false)).toEqual(["你好！"]);
  expect(sentences.next("你好！我是小雀。", false)).toEqual(["我是小雀。"]);
  expect(sentences.next("你好！我是小雀。还有", true)).toEqual(["还有"]);
  expect(told("Pi is 3.14 here. And **this** is all")).toEqual(["Pi is 3.14 here.", "And this is all"]);
});

test("code is not read aloud", () => {
  expect(told("看：\n```js\nlet a = 1;\n```\n完。")).toEqual(["看：", "完。"]);
});

test("a rate is known from two notes and starts anew after a fall", () => {
  const rate = new Rate();
  rate.note(0, 0);
  expect(rate.perSecond()).toBe(0);
  rate.note(2000, 4e6);
  expect(rate.perSecond()).toBe(2e6);
  rate.note(2500, 0);
  expect(rate.perSecond()).toBe(0);
});

test("figures are told only as far as they are known", () => {
  expect(figuresOf(null, en)).toEqual([]);
  expect(figuresOf({ first_token_ms: null, duration_ms: 20 }, en)).toEqual([]);
  const stats = { first_token_ms: 120, duration_ms: 1120, completion_tokens: 51, prompt_tokens: 40, cached_tokens: 30 };
  expect(figuresOf(stats, en)).toEqual(["first token 120 ms", "50 tokens/s", "51 tokens", "75% reused"]);
});
