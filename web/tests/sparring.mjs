// A sparring partner for the page: serves dist with the server's headers, stages of a start, and recorded answers.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const DIST = fileURLToPath(new URL("../dist/", import.meta.url));
const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";
const KINDS = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css" };
const START_MS = Number(process.env.START_MS ?? 0);
const TOKEN_MS = Number(process.env.TOKEN_MS ?? 15);
const KEY = process.env.KEY;
const FENCE = "```";
export const CODE_ANSWER = `下面的函数返回**斐波那契数列**的前 \`n\` 项：\n\n${FENCE}python\ndef fibonacci(n: int) -> list[int]:\n    """返回前 n 项。"""\n    numbers = [0, 1]\n    while len(numbers) < n:\n        numbers.append(numbers[-1] + numbers[-2])  # 前两项之和\n    return numbers[:n]\n\n\nprint(fibonacci(10))\n${FENCE}\n\n运行结果是 \`[0, 1, 1, 2, 3, 5, 8, 13, 21, 34]\`。**说明：**每一项都是前两项之和，10~20 项也很快。\n\n| 项 | 值 |\n|---|---:|\n| 1 | 0 |\n| 10 | 34 |\n`;
export const HOSTILE_ANSWER = `<script>window.hacked=1</script><img src=/canary onerror=hacked=1>\n\n![pixel](/canary?secret) ![remote](http://127.0.0.1:9/canary) [run](javascript:window.hacked=1) [data](data:text/html,hi) [fine](https://example.com/a)\n\n[ref]\n\n[ref]: javascript:hacked=1\n\n<iframe src="/canary"></iframe>\n`;
const born = Date.now();

function health() {
  const share = START_MS ? (Date.now() - born) / START_MS : 1;
  const total = 397_000_000;
  const model = "qwen2.5:0.5b";
  if (1 <= share) return { status: "ok", stage: "ready", model };
  if (0.9 < share) return { status: "loading", stage: "warming", model };
  if (0.7 < share) return { status: "loading", stage: "loading", model, done: ((share - 0.7) / 0.2) * total, total };
  return { status: "loading", stage: "downloading", model, done: (share / 0.7) * total, total };
}

function answerTo(question) {
  if (/hostile/.test(question)) return HOSTILE_ANSWER;
  if (/long/.test(question)) return "一行字。\n\n".repeat(400);
  return /Python/i.test(question) ? CODE_ANSWER : "你好！我是在这台电脑上运行的小模型。";
}

async function chat(request, response) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  if (KEY && request.headers.authorization !== `Bearer ${KEY}`) return json(response, 401, { error: { message: "a key is needed" } });
  const question = JSON.parse(Buffer.concat(chunks)).messages.at(-1).content;
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(": waiting\n\n");
  response.write(`event: maque.stage\ndata: {"stage":"reading","done":64,"total":100}\n\n`);
  await sleep(400);
  const tokens = answerTo(question).match(/[\s\S]{1,3}/gu);
  for (const content of tokens) {
    if (response.destroyed) return undefined;
    response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`);
    await sleep(TOKEN_MS);
  }
  const finish_reason = /cut at the limit/.test(question) ? "length" : "stop";
  response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason }] })}\n\n`);
  response.write(`data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 30, completion_tokens: tokens.length } })}\n\n`);
  return response.end("data: [DONE]\n\n");
}

async function file(path, response) {
  const name = normalize(path === "/" ? "/index.html" : path);
  try {
    const bytes = await readFile(join(DIST, name));
    response.writeHead(200, { "content-type": KINDS[extname(name)] ?? "application/octet-stream", "content-security-policy": CSP });
    response.end(bytes);
  } catch {
    json(response, 404, { error: { message: "no such file" } });
  }
}

function json(response, status, value) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url, "http://localhost");
  if (pathname === "/health") return json(response, health().status === "ok" ? 200 : 503, health());
  if (pathname === "/v1/chat/completions") return chat(request, response);
  return file(pathname, response);
});
server.listen(Number(process.env.PORT ?? 7861), "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
