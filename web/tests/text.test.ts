// Highlighting loses no letter; sentences are told once they are finished; rates and figures are right.
import { expect, test } from "vitest";
import type { Answer } from "../src/chat";
import { figuresOf } from "../src/figures";
import { piecesOf } from "../src/highlight";
import { Rate } from "../src/rate";
import { sentencesOf } from "../src/sentences";
import { en } from "../src/words.en";

const CODE = 'def f(x):\n    """说明 <b>"""\n    return x & 1  # 注释\n';

test.each(["js", "ts", "python", "rust", "html", "css", "json", "sql", "bash", "java", "c", "go"])("%s keeps every letter", (language) => {
  const pieces = piecesOf(CODE, language);
  expect(pieces.map((piece) => piece.text).join("")).toBe(CODE);
  expect(piecesOf("", language)).toEqual([]);
});

test("Python is coloured, an unknown language is not", () => {
  expect(piecesOf(CODE, "python").map((piece) => piece.kind)).toContain("code-word");
  expect(piecesOf(CODE, "brainfuck")).toEqual([{ text: CODE, kind: "" }]);
  expect(piecesOf("x", "__proto__")).toEqual([{ text: "x", kind: "" }]);
});

test("only finished sentences are told", () => {
  expect(sentencesOf("你好！我是", "growing")).toEqual(["你好！"]);
  expect(sentencesOf("你好！我是", "whole")).toEqual(["你好！", "我是"]);
  expect(sentencesOf("Pi is 3.14 here. And", "growing")).toEqual(["Pi is 3.14 here."]);
  expect(sentencesOf("看：\n```js\nlet a = 1;\n```\n完。", "whole")).toEqual(["看：", "完。"]);
});

test("what was told stays told while the text grows", () => {
  const text = "第一句。Second one. 3.5 apples! **第四**句？end";
  for (let at = 1; at < text.length; at++) {
    const before = sentencesOf(text.slice(0, at), "growing");
    const after = sentencesOf(text.slice(0, at + 1), "growing");
    expect(after.slice(0, before.length), text.slice(0, at + 1)).toEqual(before);
  }
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
  const answer: Answer = { text: "x", phase: "done", askedAt: 0, warnings: [] };
  expect(figuresOf(answer, en)).toEqual([]);
  Object.assign(answer, { firstAt: 120, lastAt: 1120 });
  expect(figuresOf(answer, en)).toEqual(["first token 120 ms"]);
  answer.usage = { prompt_tokens: 40, completion_tokens: 51, prompt_tokens_details: { cached_tokens: 30 } };
  expect(figuresOf(answer, en)).toEqual(["first token 120 ms", "50 tokens/s", "51 tokens", "75% reused"]);
});
