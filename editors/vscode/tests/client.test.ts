// What the client understands of a server's stream, and that leaving it closes the connection.
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { Client, Refusal, type Question, type Said } from "../src/server/client.ts";

const QUESTION: Question = { messages: [{ role: "user", content: "hello" }], maxTokens: 8, temperature: 0, repetitionPenalty: 1 };
let close = () => {};
afterEach(() => close());

interface Heard {
  body: Record<string, unknown>;
  key: string | undefined;
  isClosed: Promise<void>;
}

/** A server that answers with `write`, and what it heard. */
async function served(write: (response: ServerResponse) => void, key?: string): Promise<{ client: Client; heard: Promise<Heard> }> {
  let tell: (heard: Heard) => void;
  const heard = new Promise<Heard>((resolve) => (tell = resolve));
  const server = createServer(async (request, response) => {
    const isClosed = new Promise<void>((resolve) => response.on("close", () => resolve()));
    let text = "";
    for await (const piece of request) text += piece;
    tell({ body: JSON.parse(text) as Record<string, unknown>, key: request.headers.authorization, isClosed });
    write(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  close = () => {
    server.closeAllConnections();
    server.close();
  };
  const { port } = server.address() as AddressInfo;
  return { client: new Client({ url: `http://127.0.0.1:${port}`, ...(key ? { key } : {}) }), heard };
}

const chunk = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`;
const text = (content: string) => chunk({ choices: [{ delta: { content }, finish_reason: null }] });

test("stages, text, end, figures and what was dropped, in order", async () => {
  const { client, heard } = await served((response) => {
    response.write(': waiting\n\nevent: maque.stage\ndata: {"stage":"reading","done":3,"total":6}\n\n');
    response.write(text("春") + text("风") + chunk({ choices: [{ delta: {}, finish_reason: "length" }] }));
    response.end(`${chunk({ choices: [], usage: { prompt_tokens: 6, completion_tokens: 2 }, context: { dropped_messages: 2 } })}data: [DONE]\n\n`);
  }, "secret");
  const said: Said[] = [];
  for await (const one of client.answer(QUESTION, new AbortController().signal)) said.push(one);
  expect(said).toEqual([
    { stage: { stage: "reading", done: 3, total: 6 } }, { text: "春" }, { text: "风" }, { end: "length" },
    { usage: { prompt_tokens: 6, completion_tokens: 2 } }, { dropped: 2 },
  ]);
  const { body, key } = await heard;
  expect(key).toBe("Bearer secret");
  expect(body).toMatchObject({ model: "default", stream: true, max_tokens: 8, temperature: 0, repetition_penalty: 1, continue_final_message: false, stream_options: { include_stages: true } });
});

test("aborting closes the connection", async () => {
  const { client, heard } = await served((response) => response.write(text("and so on")));
  const abort = new AbortController();
  await expect(async () => {
    for await (const said of client.answer(QUESTION, abort.signal)) if ("text" in said) abort.abort();
  }).rejects.toThrow();
  await (await heard).isClosed;
});

test("leaving the loop closes the connection", async () => {
  const { client, heard } = await served((response) => response.write(text("and so on")));
  for await (const said of client.answer(QUESTION, new AbortController().signal)) if ("text" in said) break;
  await (await heard).isClosed;
});

test("a refusal is the server's own sentence", async () => {
  const { client } = await served((response) => response.writeHead(400).end('{"error":{"message":"max_tokens: too many"}}'));
  const asking = client.answer(QUESTION, new AbortController().signal).next();
  await expect(asking).rejects.toEqual(new Refusal(400, { message: "max_tokens: too many" }));
});

test("an error within a stream is a refusal", async () => {
  const { client } = await served((response) => response.end(chunk({ error: { message: "the engine has stopped" } })));
  await expect(client.answer(QUESTION, new AbortController().signal).next()).rejects.toThrow("the engine has stopped");
});
