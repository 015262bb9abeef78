// Servers for the scenes: the real binary with real weights in a folder of its own, and a slow place to download from.
import { createHash } from "node:crypto";
import { spawn } from "node:child_process";
import { createReadStream, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";

const binary = process.env.MAQUE_BIN;
process.setMaxListeners(50);
export const weights = process.env.MAQUE_WEIGHTS;
if (!binary || !weights) throw new Error("MAQUE_BIN and MAQUE_WEIGHTS name the binary and a GGUF file");

/** Starts a server; it ends with the tests. `ready` resolves when its model answers. */
export function start({ home = mkdtempSync(join(tmpdir(), "maque-e2e-")), port = 0, model = weights, args = [], env = {}, config } = {}) {
  if (config) writeFileSync(join(home, "config.toml"), config);
  const child = spawn(binary, ["serve", "--no-open", "--port", String(port), "--model", model, "--threads", "2", ...args], {
    env: { PATH: process.env.PATH, HOME: home, MAQUE_HOME: home, ...env }, stdio: ["ignore", "ignore", "pipe"],
  });
  process.once("exit", () => child.kill("SIGKILL"));
  let said = "";
  child.stderr.on("data", (bytes) => (said += bytes));
  const server = {
    home, child,
    said: () => said,
    kill: (signal = "SIGTERM") => new Promise((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) return resolve();
      child.once("exit", resolve);
      return child.kill(signal);
    }),
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
  return server;
}

/** Resolves once `check` gives something. */
export async function until(check, what, ms = 30_000) {
  for (const end = Date.now() + ms; Date.now() < end; ) {
    const found = await check();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${what}: not within ${ms} ms`);
}

/** The address that a server listens on. */
export const address = (server) => until(() => /http:\/\/127\.0\.0\.1:\d+/.exec(server.said())?.[0], "an address");

export async function ready(server) {
  const url = await address(server);
  await until(async () => (await fetch(`${url}/health`).catch(() => undefined))?.ok, "ready");
  return url;
}

/** Settings of an answer without an end of its own. */
export const ENDLESS = { max_tokens: 3000, temperature: 1, repetition_penalty: 1.3, logit_bias: { 0: -100, 2: -100 } };

/** Fills the engine with answers that do not end until somebody waits; what comes back lets them go. */
export async function fill(url) {
  const ending = new AbortController();
  const body = JSON.stringify({ ...ENDLESS, stream: true, messages: [{ role: "user", content: "Tell a long story." }] });
  const ask = async () => {
    const { body: events } = await fetch(`${url}/v1/chat/completions`, { method: "POST", headers: { "content-type": "application/json" }, body, signal: ending.signal });
    for await (const _ of events);
  };
  let n = 0; // looks in a row that found somebody who waits: not only until the next step of the engine
  await until(async () => {
    n = (await (await fetch(`${url}/maque/load`)).json()).requests.waiting ? n + 1 : 0;
    if (!n) void ask().catch(() => undefined);
    return 10 <= n;
  }, "somebody waits");
  return () => ending.abort();
}

/** Serves the weights at so many bytes a second, in Hugging Face's layout. */
export function mirror(bytesPerSecond) {
  const { size } = statSync(weights);
  const sha256 = createHash("sha256").update(readFileSync(weights)).digest("hex");
  const server = createServer((request, response) => {
    if (request.method === "HEAD") return response.writeHead(200, { "x-linked-size": size, "x-linked-etag": `"${sha256}"` }).end();
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
    response.writeHead(from ? 206 : 200, { etag: '"one"', "content-length": size - from, ...(from ? { "content-range": `bytes ${from}-${size - 1}/${size}` } : {}) });
    const file = createReadStream(weights, { start: from, highWaterMark: 1 << 20 });
    file.on("data", (bytes) => {
      if (response.destroyed) return file.destroy();
      response.write(bytes);
      file.pause();
      setTimeout(() => file.resume(), (bytes.length / bytesPerSecond) * 1000);
    });
    file.on("end", () => response.end());
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve({ url: `http://127.0.0.1:${server.address().port}`, close: () => { server.closeAllConnections(); server.close(); } })));
}

/** A catalogue with the weights under a name that no package has. */
export function writeCatalogue(home) {
  const lines = ["[[model]]", 'name = "test:135m"', 'description = "for the page"', 'license = "Apache-2.0"', 'file = "test.gguf"', `n_bytes = ${statSync(weights).size}`, 'huggingface = "test/test"'];
  writeFileSync(join(home, "catalogue.toml"), lines.join("\n"));
}

/** An address of this machine that is not loopback, if it has one. */
export function lanAddress() {
  return Object.values(networkInterfaces()).flat().find((one) => one && one.family === "IPv4" && !one.internal)?.address;
}
