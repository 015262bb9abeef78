// Which server is spoken to, and with which key.
import { expect, test } from "vitest";
import { discover, noteOf, originOf } from "../src/server/discovery.ts";
import { asHealth, shareOf, type Health } from "../src/server/health.ts";
import { maqueHome } from "../src/server/home.ts";

const OK: Health = { status: "ok", stage: "ready" };
/** Servers that answer, and a list of those that were asked. */
function machine(...urls: string[]) {
  const asked: string[] = [];
  return { asked, probe: async (url: string) => (asked.push(url), urls.includes(url) ? OK : undefined) };
}
const NOTE = JSON.stringify({ address: "127.0.0.1:9001", pid: 1, model: "m", key: "secret" });

test("an address of the settings is the only one asked, and gets no key of another", async () => {
  const { asked, probe } = machine("http://10.0.0.2:7860", "http://127.0.0.1:7860");
  expect(await discover({ setting: "10.0.0.2:7860/", note: NOTE }, probe)).toEqual({ url: "http://10.0.0.2:7860", health: OK });
  expect(await discover({ setting: "http://10.0.0.3", note: NOTE }, probe)).toBeUndefined();
  expect(asked).toEqual(["http://10.0.0.2:7860", "http://10.0.0.3"]);
});

test("an address of the settings that the note names too gets the note's key", async () => {
  const { probe } = machine("http://127.0.0.1:9001");
  expect(await discover({ setting: "127.0.0.1:9001", note: NOTE }, probe)).toMatchObject({ key: "secret" });
});

test("a running server's note comes before the ports, and its key goes there only", async () => {
  const both = machine("http://127.0.0.1:9001", "http://127.0.0.1:7860");
  expect(await discover({ setting: "", note: NOTE }, both.probe)).toEqual({ url: "http://127.0.0.1:9001", key: "secret", health: OK });
  expect(both.asked).toEqual(["http://127.0.0.1:9001"]);
  const one = machine("http://127.0.0.1:7862");
  expect(await discover({ setting: "", note: NOTE }, one.probe)).toEqual({ url: "http://127.0.0.1:7862", health: OK });
});

test("without a note the default port and the next nine are asked, the lowest is taken", async () => {
  const { asked, probe } = machine("http://127.0.0.1:7869", "http://127.0.0.1:7864");
  expect((await discover({ setting: "", note: undefined }, probe))?.url).toBe("http://127.0.0.1:7864");
  expect(asked).toHaveLength(10);
  expect(await discover({ setting: "", note: "{" }, machine().probe)).toBeUndefined();
});

test.each([
  ["127.0.0.1:7860", "http://127.0.0.1:7860"],
  [" https://maque.example/page?x#y ", "https://maque.example"],
  ["[::1]:7861", "http://[::1]:7861"],
  ["http://user:secret@host:1", "http://host:1"],
  ["", undefined],
  ["http://", undefined],
  ["not an address", undefined],
])("the address of %j is %j", (typed, origin) => expect(originOf(typed)).toBe(origin));

test.each(["", "{", "[]", "null", '{"address":7}', '{"address":""}'])("the note %j is none", (text) => expect(noteOf(text)).toBeUndefined());

test("another program on the default port is no server", () => {
  expect(asHealth({ status: "ok" })).toBeUndefined();
  expect(asHealth("ok")).toBeUndefined();
  expect(asHealth(null)).toBeUndefined();
  expect(asHealth({ status: "loading", stage: "loading", done: 1, total: 4 })).toMatchObject({ total: 4 });
  expect([shareOf({ done: 1, total: 4 }), shareOf({}), shareOf({ done: 9, total: 4 })]).toEqual([0.25, 0, 1]);
});

test("the data folder is the binary's", () => {
  const at = (platform: NodeJS.Platform, env: Record<string, string>) => maqueHome({ platform, userHome: "/home/a", env });
  expect(at("linux", {})).toBe("/home/a/.local/share/maque");
  expect(at("linux", { XDG_DATA_HOME: "/data" })).toBe("/data/maque");
  expect(at("linux", { XDG_DATA_HOME: "data" })).toBe("/home/a/.local/share/maque");
  expect(at("darwin", {})).toBe("/home/a/Library/Application Support/maque");
  expect(at("linux", { MAQUE_HOME: "/m" })).toBe("/m");
});
