// Every sentence is there in both languages, with the same gaps.
import { readFileSync, readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { filled } from "../src/chat/filled.ts";

const read = (name: string) => JSON.parse(readFileSync(new URL(`../${name}`, import.meta.url), "utf8")) as Record<string, string>;
const root = new URL("../src/", import.meta.url);
const sources = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) => /\.tsx?$/.test(name)).map((name) => readFileSync(new URL(name, root), "utf8"));
const gaps = (sentence: string) => [...sentence.matchAll(/\{\w+\}/g)].map(String).toSorted();

test("the Chinese bundle has the sentences of the sources, no more and no less", () => {
  const said = sources.flatMap((text) => [...text.matchAll(/l10n\.t\(("(?:[^"\\]|\\.)*")/g)].map(([, sentence]) => JSON.parse(sentence ?? "") as string));
  const bundle = read("l10n/bundle.l10n.zh-cn.json");
  expect(Object.keys(bundle).toSorted()).toEqual([...new Set(said)].toSorted());
  for (const [english, chinese] of Object.entries(bundle)) expect(gaps(chinese), english).toEqual(gaps(english));
});

test("both tables of the manifest have what it asks for, no more and no less", () => {
  const asked = [...new Set([...JSON.stringify(read("package.json")).matchAll(/"%([\w.]+)%"/g)].map(([, key]) => key))].toSorted();
  expect(Object.keys(read("package.nls.json")).toSorted()).toEqual(asked);
  expect(Object.keys(read("package.nls.zh-cn.json")).toSorted()).toEqual(asked);
});

test("gaps are filled by name, and others stay", () => {
  expect(filled("{name} · {0} {1}", { name: "a.py", 0: 3 })).toBe("a.py · 3 {1}");
});
