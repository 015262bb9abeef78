// Every language says everything, and the browser's wish is understood.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { pickLanguage } from "../src/words/words";
import { en } from "../src/words/en";
import { inChinese } from "../src/words/refusals";
import { zh } from "../src/words/zh";

function keysOf(value: unknown, path = ""): string[] {
  if (typeof value !== "object" || value === null) return [`${path}: ${typeof value}`];
  return Object.entries(value).flatMap(([key, inner]) => keysOf(inner, `${path}.${key}`)).sort();
}

test("the languages have the same keys", () => expect(keysOf(en)).toEqual(keysOf(zh)));

test.each([
  [["zh-CN", "en"], "zh"],
  [["fr", "zh-TW", "en"], "zh"],
  [["en-GB", "zh"], "en"],
  [["fr"], "en"],
  [[], "en"],
])("%j is answered in %s", (wanted, language) => expect(pickLanguage(wanted)).toBe(language));

const ERRORS = readFileSync(new URL("../../crates/maque-server/src/error.rs", import.meta.url), "utf8");
const CODES = [...ERRORS.matchAll(/(?:StatusCode::[A-Z_]+,\s*|code = )"([a-z_]+)"/g)].flatMap(([, code]) => code ?? []);

test("the server's codes are found", () => expect(CODES.length).toBeGreaterThan(25));
test.each([...new Set(CODES)])("the refusal %s has a Chinese sentence", (code) => {
  expect(inChinese({ code, message: "why" })).toMatch(/\p{Script=Han}/u);
});

test("what the server counts stands in the sentence", () => {
  const told = { code: "context_length_exceeded", message: "", n_prompt: 9000, context: 8192 };
  expect(inChinese(told)).toMatch(/9000.*8192/);
  expect(inChinese({ code: "of_tomorrow" })).toBeUndefined();
});
