// Events are the same however their bytes are cut.
import { expect, test } from "vitest";
import { EventParser, eventsOf } from "../src/wire/sse";

const STREAM = '\ufeff: hello\n\ndata: {"a":"春风😀"}\n\nevent: maque.stage\r\ndata: one\r\ndata: two\r\n\r\nid: 3\rdata:three\r\rdata\n\n: bye\n\ndata: [DONE]\n\ndata: unfinished';
const EVENTS = [["", '{"a":"春风😀"}'], ["maque.stage", "one\ntwo"], ["", "three"], ["", ""], ["", "[DONE]"]].map(([name, data]) => ({ name, data }));
const bytes = new TextEncoder().encode(STREAM);

test("a stream cut at every byte gives the same events", () => {
  for (let at = 0; at <= bytes.length; at++) {
    const parser = new EventParser();
    expect([...parser.push(bytes.slice(0, at)), ...parser.push(bytes.slice(at))], `cut at ${at}`).toEqual(EVENTS);
  }
});

test("a stream that comes byte by byte gives the same events", () => {
  const parser = new EventParser();
  expect([...bytes].flatMap((byte) => parser.push(Uint8Array.of(byte)))).toEqual(EVENTS);
});

test("leaving early cancels the body", async () => {
  let isCancelled = false;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(bytes),
    cancel: () => { isCancelled = true; },
  });
  for await (const event of eventsOf(body)) if (event.data === "[DONE]") break;
  expect(isCancelled).toBe(true);
});
