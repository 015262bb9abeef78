// Where a change goes after the file has changed, and explanations as lines of a comment.
import { expect, test } from "vitest";
import { placeOf } from "../src/edit/place.ts";
import { wrapped } from "../src/edit/wrap.ts";

test("code is found where it was, or at the one place where it is now", () => {
  expect(placeOf("aa bb aa", "aa", 6)).toBe(6);
  expect(placeOf("x aa bb", "aa", 0)).toBe(2);
  expect(placeOf("aa bb aa", "aa", 3)).toBeUndefined();
  expect(placeOf("changed", "aa", 0)).toBeUndefined();
  expect(placeOf("abc", "", 9)).toBe(3);
});

test("lines are broken between words, and Chinese ones within 96 columns, no line beginning with a comma", () => {
  const lines = wrapped(`${"word ".repeat(40)}\n\n${"这个函数计算价格的总和，".repeat(10)}`);
  expect(lines.join("").replaceAll(" ", "")).toBe("word".repeat(40) + "这个函数计算价格的总和，".repeat(10));
  for (const line of lines) {
    expect([...line].reduce((n, letter) => n + (letter < "\u2e80" ? 1 : 2), 0)).toBeLessThanOrEqual(98);
    expect(line).not.toMatch(/^[ ，]| $/);
  }
  expect(4 < lines.length).toBe(true);
});
