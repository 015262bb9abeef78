// Drives the packaged extension in code-server against the real binary with real weights:
// CODE_SERVER=entry.js MAQUE_BIN=… MAQUE_WEIGHTS=model.gguf [SHOTS=folder] node e2e/run.mjs
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ready, start, until, weights } from "../../../web/e2e/server.mjs";
import { assert, bar, command, end, focusEditor, freePort, goTo, live, openEditor, openFile, select, shot, startEditor, trouble, turn, whole } from "./editor.mjs";
import { busy, metricsOf } from "./metrics.mjs";

const CODE = readFileSync(new URL("sample.py", import.meta.url), "utf8");
const OTHERS = 4;

/** Others are answered meanwhile, so that the answer takes longer than a page without a processor may stand still. */
async function explains({ page, url }) {
  const release = busy(url, OTHERS);
  await until(async () => (await metricsOf(url)).running === OTHERS, "others are answered");
  await command(page, "Maque: Ask about the code");
  await bar(page).locator("#ask").waitFor();
  const lengths = await watched(page);
  await select(page, 4, 9);
  await command(page, "Maque: Explain");
  const article = await whole(page, turn(page, "Explain"));
  await article.locator(".where", { hasText: "stock.py · lines 4–9" }).waitFor();
  const seen = await lengths();
  assert.ok(5 < seen.length && seen[0] < seen.at(-1), `the answer grows: ${seen}`);
  await release();
  await until(async () => (await metricsOf(url)).running === 0, "nobody is answered any more");
}

/** Notes how long the last answer is whenever that changes. */
async function watched(page) {
  const body = bar(page).locator("body");
  await body.evaluate((body) => {
    window.lengths = [];
    const note = () => {
      const n = [...body.querySelectorAll("main article .prose")].at(-1)?.textContent.length ?? 0;
      if (n && n !== window.lengths.at(-1)) window.lengths.push(n);
    };
    new MutationObserver(note).observe(body, { subtree: true, childList: true, characterData: true });
  });
  return () => body.evaluate(() => window.lengths);
}

/** The server is held still between the begin of an explanation and the cursor's move, so that it cannot be faster. */
async function followsTheCursor({ page, url }) {
  const release = busy(url, OTHERS);
  await until(async () => (await metricsOf(url)).running === OTHERS, "others are answered");
  await goTo(page, 5);
  await command(page, "Maque: Explain live");
  let [here, there] = [{ line: 5, shown: "lines 4–9" }, { line: 13, shown: "lines 12–16" }];
  let before;
  for (let n = 0; n < 10 && !before; n++) {
    before = await heldWhileRunning(url, OTHERS);
    if (before) break;
    await goTo(page, there.line); // it was too short to be seen: the other one, then
    [here, there] = [there, here];
  }
  assert.ok(before, "an explanation is seen while it is being written");
  await goTo(page, there.line);
  await live(page).locator(".where", { hasText: here.shown }).waitFor({ state: "detached" });
  server.child.kill("SIGCONT");
  await live(page).locator(".where", { hasText: there.shown }).waitFor();
  await whole(page, live(page));
  await release();
  await until(async () => (await metricsOf(url)).running === 0, "nothing runs that nobody listens to");
  assert.equal((await metricsOf(url)).ended, before.ended + 1, "of the two explanations only the second came to its end");
  await command(page, "Maque: Stop explaining live");
  await bar(page).locator(".live").waitFor({ state: "detached" });
}

/** Stops the server's process when one more than the others is being answered; what its metrics said then. */
async function heldWhileRunning(url, nOthers) {
  const { ended } = await metricsOf(url);
  for (const end = Date.now() + 15_000; Date.now() < end; ) {
    const now = await metricsOf(url);
    if (ended < now.ended) return undefined;
    if (now.running === nOthers) continue;
    server.child.kill("SIGSTOP");
    return now;
  }
  throw new Error("no explanation was asked for");
}

async function replaces({ page, file }) {
  await select(page, 12, 16);
  await command(page, "Maque: Fix");
  const fixed = await whole(page, turn(page, "Fix"));
  await fixed.locator("[data-action=replace]").click();
  await page.locator(".tab.active", { hasText: "proposed" }).waitFor();
  await page.locator(".monaco-diff-editor .line-insert, .monaco-diff-editor .line-delete").first().waitFor();
  await bar(page).locator(".along .where", { hasText: /^stock\.py · lines 1–/ }).waitFor();
  await shot(page, "diff");
  assert.equal(readFileSync(file, "utf8"), CODE, "a preview changes nothing");
  await fixed.locator("[data-action=accept]").click();
  await page.locator(".tab.active.dirty", { hasText: "stock.py" }).waitFor();
  await focusEditor(page);
  await page.keyboard.press("Control+s");
  const changed = await until(() => readFileSync(file, "utf8") !== CODE && readFileSync(file, "utf8"), "the file's text is changed");
  const lines = CODE.split("\n");
  assert.ok(changed.startsWith(lines.slice(0, 11).join("\n")) && changed.endsWith(lines.slice(16).join("\n")), "only the code that was asked about is replaced");
  assert.doesNotMatch(changed, /```/, "code only");
}

async function stops({ page, url }) {
  const question = "Which function is the longest? Tell everything that you know about it.";
  let held;
  for (let n = 0; n < 10 && !held; n++) { // asked again where the answer was over before it was seen
    await bar(page).locator("#ask").fill(question);
    await bar(page).locator("#ask").press("Enter");
    held = await heldWhileRunning(url, 0);
  }
  assert.ok(held, "an answer is seen while it is being written");
  await bar(page).locator("#stop").click();
  server.child.kill("SIGCONT");
  await turn(page, question).and(bar(page).locator(".stopped")).last().waitFor();
  await until(async () => (await metricsOf(url)).running === 0, "stopped at the server too", 2000);
}

/** An editor in Chinese on a machine without a server: it is offered, started in a terminal, and answers. */
async function starts() {
  const home = mkdtempSync(join(tmpdir(), "maque-home-"));
  const port = await freePort();
  writeFileSync(join(home, "config.toml"), `port = ${port}\nthreads = 2\n`);
  const settings = { "maque.server": `127.0.0.1:${port}`, "maque.binary": process.env.MAQUE_BIN, "maque.model": weights };
  const editor = await startEditor({ files: { "stock.py": CODE }, home, locale: "zh-cn", settings });
  const page = await openEditor(editor);
  try {
    await openFile(page, "stock.py");
    await page.locator(".statusbar-item", { hasText: "没有服务器" }).waitFor();
    await command(page, "Maque: 就代码提问");
    await bar(page).locator(".banner", { hasText: "没有找到 Maque 服务器" }).waitFor();
    assert.equal(await page.locator(".terminal-wrapper").count(), 0, "nothing is started unasked");
    await bar(page).locator(".banner .main", { hasText: "启动一个" }).click();
    await page.locator(".statusbar-item", { hasText: /^\W*Maque$/ }).waitFor();
    await select(page, 4, 9);
    await command(page, "Maque: 解释");
    await (await whole(page, turn(page, "解释"))).locator("[data-action=insert]", { hasText: "插入" }).waitFor();
  } finally {
    await shot(page, "starts");
    editor.stop();
    await until(() => fetch(`http://127.0.0.1:${port}/livez`).then(() => false, () => true), "the server ends with the editor that started it");
    rmSync(home, { recursive: true, force: true });
  }
}

async function scene(check, at) {
  const since = Date.now();
  await check(at);
  console.log(`ok ${check.name} (${((Date.now() - since) / 1000).toFixed(1)} s)`);
}

const server = start();
const url = await ready(server);
const editor = await startEditor({ files: { "stock.py": CODE }, home: server.home, settings: { "maque.liveDelay": 200, "maque.maxTokens": 400 } });
const page = await openEditor(editor);
try {
  await openFile(page, "stock.py");
  await page.locator(".statusbar-item", { hasText: /^\W*Maque$/ }).waitFor();
  for (const check of [explains, followsTheCursor, replaces, stops]) await scene(check, { page, url, file: join(editor.folder, "stock.py") });
  await scene(starts);
  assert.deepEqual(trouble, [], "no violation of the policy, no foreign request");
} finally {
  await shot(page, "last");
  await end();
  editor.stop();
  await server.kill();
  server.remove();
}
