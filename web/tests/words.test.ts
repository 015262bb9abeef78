// Every language says everything, and the browser's wish is understood.
import { expect, test } from "vitest";
import { pickLanguage } from "../src/words/words";
import { en } from "../src/words/en";
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
