// What the model is shown and asked, and what is taken from its answer.
import { expect, test } from "vitest";
import { blockAt } from "../src/task/block.ts";
import { around, beginning, excerptOf, tokensOf, type Lines } from "../src/task/excerpt.ts";
import { idOf, nameOf, TARGETS } from "../src/task/languages.ts";
import { isCode, promptOf, questionOf, type Task } from "../src/task/prompt.ts";
import { testOf } from "../src/task/tests.ts";
import { codeIn, codeOf, indentedLike, isWhole } from "../src/task/unfence.ts";

const file = (text: string, language = "python"): Lines => ({ name: "a.py", language, lines: text.split("\n") });
const TEN = file(Array.from({ length: 10 }, (_, n) => `line ${n + 1}`).join("\n"));
const PYTHON = `import os
import sys

# Sums.
@cached
def total(prices):
    sum = 0

    for price in prices:
        sum += price
    return sum
def next():
    pass


x = 1`;

test.each([
  [1, 1, 2], [2, 1, 2], [4, 4, 11], [6, 4, 11], [8, 4, 11], [11, 4, 11], [12, 12, 13], [13, 12, 13], [16, 16, 16],
])("the block of line %i is %i to %i", (at, from, to) => expect(blockAt(PYTHON.split("\n"), at)).toEqual({ from, to }));

test("between blocks there is none", () => {
  expect(blockAt(PYTHON.split("\n"), 3)).toBeUndefined();
  expect(blockAt(PYTHON.split("\n"), 15)).toBeUndefined();
  expect(blockAt([""], 1)).toBeUndefined();
});

test("braces, else and end go on with a block", () => {
  const c = "#include <a.h>\nint main()\n{\n  if (x) {\n  }\n  return 0;\n}\n\nint other;".split("\n");
  expect(blockAt(c, 5)).toEqual({ from: 1, to: 7 });
  expect(blockAt("if a:\n    b\nelse:\n    c\nd()".split("\n"), 4)).toEqual({ from: 1, to: 4 });
  expect(blockAt("def a\n  b\nend\ndef c\n  d\nend".split("\n"), 6)).toEqual({ from: 4, to: 6 });
});

test("of a long block the paragraph is taken", () => {
  const lines = ["class A:", ...Array.from({ length: 60 }, (_, n) => (n % 10 === 0 ? "" : `    x${n} = 1`))];
  expect(blockAt(lines, 15)).toEqual({ from: 13, to: 21 });
});

test("lines around the cursor, as many as fit, on both sides", () => {
  expect(around(TEN, 5, 1000)).toMatchObject({ from: 1, to: 10, total: 10 });
  expect(around(TEN, 5, 3 * (tokensOf("line 1") + 1))).toMatchObject({ from: 4, to: 6, text: "line 4\nline 5\nline 6" });
  expect(around(TEN, 1, 3 * (tokensOf("line 1") + 1))).toMatchObject({ from: 1, to: 3 });
  expect(around(TEN, 10, 3 * (tokensOf("line 10") + 1))).toMatchObject({ from: 8, to: 10 });
  expect(around(TEN, 5, 0).text).toBe("");
});

test("the beginning of what is too long, by whole lines", () => {
  const all = excerptOf(TEN, 3, 8);
  expect(beginning(all, 1000)).toBe(all);
  expect(beginning(all, 2 * (tokensOf("line 3") + 1))).toMatchObject({ from: 3, to: 4, text: "line 3\nline 4" });
});

test("tokens are rather counted too many: Chinese by characters, code by 0.4 of them", () => {
  expect(tokensOf("春风拂面")).toBe(4);
  expect(tokensOf("for price in prices:")).toBe(8);
});

const EXCERPT = excerptOf(file("a = 1"), 1, 1);
const TASKS: Task[] = [{ name: "explain" }, { name: "live" }, { name: "translate", to: "Go" }, { name: "test" }, { name: "fix", errors: ["line 1: no", "two", "three", "four"] }];

test.each(TASKS)("$name: short, in the reader's language, the code last", (task) => {
  for (const language of ["zh", "en"] as const) {
    const [system, user, begin] = promptOf(task, EXCERPT, language);
    expect(begin?.content.startsWith("```") ?? false).toBe(isCode(task));
    const instruction = user?.content.replace("```python\na = 1\n```", "") ?? "";
    expect(user?.content.endsWith("```python\na = 1\n```")).toBe(true);
    expect(instruction.length + (system?.content.length ?? 0)).toBeLessThan(300);
    expect(/[\u4e00-\u9fff]/.test(instruction)).toBe(language === "zh");
    expect(instruction).toContain("Python");
  }
});

test("three errors go along with a fix, and no empty list of them", () => {
  expect(promptOf(TASKS[4] as Task, EXCERPT, "en")[1]?.content).toMatch(/line 1: no; two; three\n\n```/);
  expect(promptOf({ name: "fix", errors: [] }, EXCERPT, "en")[1]?.content).not.toContain("Errors");
});

test("an answer of code begins in its own language, a test with what it tests", () => {
  expect(promptOf({ name: "translate", to: "C++" }, EXCERPT, "en").at(-1)).toEqual({ role: "assistant", content: "```cpp\n" });
  expect(promptOf({ name: "fix", errors: [] }, EXCERPT, "zh").at(-1)?.content).toBe("```python\n");
  expect(testOf("Python", "def total(a):\n    pass", "stock.py")).toMatchObject({ subject: "total", framework: "pytest", begin: expect.stringContaining("from stock import total\n") as string });
  expect(testOf("Go", "func (s *Stock) Total() int {}", "stock.go").subject).toBe("Total");
  expect(testOf("JavaScript", "x = 1", "a.js")).toEqual({ subject: "", framework: "node:test", begin: "" });
});

test("code with fences is fenced by longer ones", () => {
  const markdown = excerptOf({ name: "a.md", language: "markdown", lines: ["````", "x", "````"] }, 1, 3);
  expect(questionOf("Why?", markdown, "en")).toContain("`````markdown\n````\nx\n````\n`````");
  expect(questionOf("Why?", undefined, "en")).toBe("Why?");
});

test("every language to translate to is one of VS Code's", () => {
  for (const name of TARGETS) expect(nameOf(idOf(name))).toBe(name);
  expect(nameOf("plaintext")).toBe("");
});

test.each([
  ["```python\na\n```\nThis is a.", "a", true],
  ["Here it is:\n\n```\na\n\nb\n```", "a\n\nb", true],
  ["```go\nfunc", "func", false],
  ["a = 1", "a = 1", false],
  ["````md\n```\nx\n```\n````", "```\nx\n```", true],
  ["  ```js\n  a\n    b\n  ```", "a\n  b", true],
  ["~~~\na\n```\n~~~", "a\n```", true],
])("the code of %j", (answer, code, whole) => {
  expect(codeOf(answer)).toBe(code);
  expect(isWhole(answer)).toBe(whole);
});

test("all code of an answer in prose, or none", () => {
  expect(codeIn("One:\n```\na\n```\nTwo:\n```\nb\n```")).toBe("a\n\nb");
  expect(codeIn("Only `words`.")).toBeUndefined();
});

test("code takes the margin of what it replaces", () => {
  expect(indentedLike("if a:\n    b\n\nc", "        old\n          x")).toBe("        if a:\n            b\n\n        c");
  expect(indentedLike("    a\n      b", "old\n  x")).toBe("a\n  b");
  expect(indentedLike("a", "\told\n")).toBe("\ta\n");
});
