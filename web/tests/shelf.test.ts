// Files with personas and prompts are read whatever else is in them.
import { expect, test } from "vitest";
import { draftsOf } from "../src/settings/shelf";

test("prompts are texts, or what another program calls one", () => {
  expect(draftsOf("prompts", '{"maque_prompts":1,"prompts":["a", " b\\n", "", 7, null, {"prompt":"c","name":"x"}, {"name":"d"}]}')).toEqual([{ prompt: "a" }, { prompt: "b" }, { prompt: "c" }]);
});

test("personas have a name of one line and a prompt", () => {
  expect(draftsOf("personas", '{"personas":[{"name":"a\\nb","prompt":"c","shared":true}, {"name":" ","prompt":"c"}, {"name":"d"}, "e"]}')).toEqual([{ name: "a b", prompt: "c" }]);
});

test.each(["", "[]", "null", "7", '{"prompts":{}}', '{"maque_conversation":1}'])("%j has none", (text) => {
  expect(draftsOf("prompts", text)).toEqual([]);
});
