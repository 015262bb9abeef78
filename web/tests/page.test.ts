// The parts of the page that need no browser.
import { lexer } from "marked";
import { describe, expect, test } from "vitest";
import { understand } from "../src/api";
import { sends } from "../src/composer";
import { hear, type Turn } from "../src/conversation";
import { highlight, type Piece } from "../src/highlight";
import { safeAddress } from "../src/markdown";
import { SseReader } from "../src/sse";
import { amounts } from "../src/status";
import { facts } from "../src/turn";
import { WORDS } from "../src/words";

test("events are the same however the stream is cut", () => {
  const stream = ': waiting\n\nevent: maque.stage\r\ndata: {"a":1}\r\n\r\ndata: 春\ndata:风\n\n';
  const want = [{ name: "maque.stage", data: '{"a":1}' }, { name: "", data: "春\n风" }];
  for (let cut = 0; cut <= stream.length; cut++) {
    const reader = new SseReader();
    expect([...reader.push(stream.slice(0, cut)), ...reader.push(stream.slice(cut))]).toEqual(want);
  }
});

test("an answer's events become its text, end and figures", () => {
  const turn: Turn = { role: "assistant", text: "", warnings: [] };
  const events = [
    { choices: [{ delta: { role: "assistant", content: "" }, finish_reason: null }] },
    { choices: [{ delta: { content: "你" }, finish_reason: null }] },
    { choices: [{ delta: { content: "好" }, finish_reason: null }] },
    { choices: [{ delta: {}, finish_reason: "length" }] },
    { choices: [], warnings: ["x is unknown"], usage: { completion_tokens: 3, prompt_tokens_details: { cached_tokens: 7 } } },
  ];
  events.forEach((event, i) => understand("", event).forEach((heard) => hear(turn, heard, 100 * i)));
  expect(turn).toMatchObject({ text: "你好", finish: "length", firstMs: 100, tokens: 3, cached: 7, warnings: ["x is unknown"] });
  expect(turn.rate).toBeCloseTo(2 / 0.3);
  expect(facts(turn, WORDS.en)[0]).toBe("cut at the token limit");
  expect(() => understand("", { error: { message: "gone" } })).toThrow("gone");
});

describe("hostile text", () => {
  test("only three schemes can be opened", () => {
    for (const href of ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "//evil", "x"]) {
      expect(safeAddress(href)).toBeNull();
    }
    for (const href of ["http://a.example/", "https://a.example/?q=1", "mailto:a@b.example"]) {
      expect(safeAddress(href)?.href).toBe(href);
    }
  });

  test("markup is a token of its own, which the page shows as text", () => {
    expect(lexer("<img src=x onerror=alert(1)>")[0]?.type).toBe("html");
  });
});

test("highlighting keeps every letter", () => {
  const code = 'def f(n):\n    return "<b>" if n < 2 else f(n - 1)  # 注释';
  const text = (piece: Piece): string => (typeof piece === "string" ? piece : piece.pieces.map(text).join(""));
  expect(highlight(code, "python").map(text).join("")).toBe(code);
  expect(highlight(code, "python").length).toBeGreaterThan(1);
  expect(highlight(code, "klingon")).toEqual([code]);
});

test("Enter sends, but not while an input method composes", () => {
  const enter = { key: "Enter", shiftKey: false, isComposing: false, keyCode: 13 };
  expect(sends(enter)).toBe(true);
  expect(sends({ ...enter, shiftKey: true })).toBe(false);
  expect(sends({ ...enter, isComposing: true })).toBe(false);
  expect(sends({ ...enter, keyCode: 229 })).toBe(false);
});

test("a download says how much, how fast and how long", () => {
  expect(amounts(100e6, 491e6, 10e6, WORDS.en)).toBe("100 / 491 MB · 10.0 MB/s · left 40 s");
});

test("both languages have four openings and no empty word", () => {
  for (const words of Object.values(WORDS)) {
    expect(words.openings).toHaveLength(4);
    expect(Object.values(words).every((word) => word.length > 0)).toBe(true);
  }
});
