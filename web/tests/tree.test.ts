// The tree of messages: its shown branch, versions of a message, and days of the list.
import { expect, test } from "vitest";
import { days } from "../src/rail/days";
import { Tree } from "../src/talk/tree";
import { estimate } from "../src/talk/gauge";
import { placeOf } from "../src/base/route";
import type { Message, Summary } from "../src/wire/types";

const message = (id: number, parent: number | null, role: Message["role"] = "user"): Message =>
  ({ id, parent, role, content: `m${id}`, state: "complete", finish_reason: null, stats: null, model: null, host: null, created_at: 0 });

const TREE = new Tree([message(1, null), message(2, 1, "assistant"), message(3, 2), message(4, 3, "assistant"), message(5, 1, "assistant"), message(6, 2), message(7, null)]);
const ids = (messages: readonly Message[]) => messages.map(({ id }) => id);

test("a branch goes from the first message to its last", () => {
  expect(ids(TREE.branch(4))).toEqual([1, 2, 3, 4]);
  expect(ids(TREE.branch(6))).toEqual([1, 2, 6]);
  expect(ids(TREE.branch(null))).toEqual([]);
  expect(ids(TREE.branch(99))).toEqual([]);
});

test("versions of a message are its siblings, in order", () => {
  expect(TREE.versions(5)).toEqual([2, 5]);
  expect(TREE.versions(3)).toEqual([3, 6]);
  expect(TREE.versions(1)).toEqual([1, 7]);
  expect(TREE.versions(99)).toEqual([]);
});

test("the newest branch through a message is found", () => {
  expect(TREE.leaf(1)).toBe(5);
  expect(TREE.leaf(2)).toBe(6);
  expect(TREE.leaf(3)).toBe(4);
});

test("a message that is put again changes nothing but itself", () => {
  const tree = new Tree([message(1, null), message(2, 1, "assistant")]);
  tree.put({ ...message(2, 1, "assistant"), content: "more" });
  expect(tree.versions(2)).toEqual([2]);
  expect(tree.get(2)?.content).toBe("more");
});

test("a circle of parents ends", () => {
  expect(ids(new Tree([message(1, 2), message(2, 1)]).branch(1)).length).toBeLessThan(4);
});

test("conversations are grouped by day, newest first, in the reader's time", () => {
  const now = new Date(2026, 10, 25, 0, 30);
  const at = (hours: number): Summary => ({ id: hours, title: "", settings: {}, active: null, touched: 0, created_at: 0, updated_at: now.getTime() - hours * 3_600_000 });
  const grouped = days([at(0), at(1), at(25), at(100), at(1000)], now);
  expect(grouped.map(({ day, items }) => [day, items.length])).toEqual([["today", 1], ["yesterday", 1], ["week", 2], ["older", 1]]);
});

test("tokens are estimated by script", () => {
  expect(estimate("")).toBe(0);
  expect(estimate("春风拂面")).toBe(3);
  expect(estimate("a spring breeze")).toBe(5);
});

test.each([
  ["/", { page: "talk" }], ["/c/12", { page: "talk", id: 12 }], ["/ask", { page: "ask" }], ["/admin", { page: "admin" }],
  ["/c/x", { page: "talk" }], ["/c/99999999999999999999", { page: "talk" }],
])("%s is a place", (path, place) => expect(placeOf(path)).toEqual(place));
