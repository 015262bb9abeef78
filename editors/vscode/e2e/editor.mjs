// A real host: code-server with the packaged extension, seen through the system's Chromium.
import assert from "node:assert/strict";
import { spawn, execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { until } from "../../../web/e2e/server.mjs";

const entry = process.env.CODE_SERVER;
if (!entry) throw new Error("CODE_SERVER names code-server's entry script (e2e/host.sh installs it and says it)");
const vsix = new URL("../maque.vsix", import.meta.url).pathname;
const shots = process.env.SHOTS;

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
/** Violations of the page's policy, and requests to anywhere but this machine by the side bar. */
export const trouble = [];
export const end = () => browser.close();

export const freePort = () => new Promise((resolve) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});

/** Starts an editor with the extension, `files` in its folder and `settings` of its user. */
export async function startEditor({ files, settings = {}, home, locale = "en" }) {
  const root = mkdtempSync(join(tmpdir(), "maque-editor-"));
  const [data, extensions, folder] = ["data", "extensions", "code"].map((name) => join(root, name));
  mkdirSync(join(data, "User"), { recursive: true });
  mkdirSync(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const quiet = {
    "workbench.startupEditor": "none", "security.workspace.trust.enabled": false, "editor.minimap.enabled": false, "chat.commandCenter.enabled": false,
    "workbench.tips.enabled": false, "editor.accessibilitySupport": "off", "files.autoSave": "off",
    "remote.autoForwardPorts": false, "remote.restoreForwardedPorts": false,
  };
  writeFileSync(join(data, "User", "settings.json"), JSON.stringify({ ...quiet, ...settings }));
  const common = ["--user-data-dir", data, "--extensions-dir", extensions];
  const inherited = { PATH: process.env.PATH, HOME: root, MAQUE_HOME: home };
  execFileSync(process.execPath, [entry, ...common, "--install-extension", vsix], { env: inherited, stdio: "pipe" });
  if (locale !== "en") speak(data, locale);
  const port = await freePort();
  const child = spawn(process.execPath, [entry, ...common, "--auth", "none", "--bind-addr", `127.0.0.1:${port}`, "--disable-telemetry", "--disable-update-check", "--locale", locale, folder], { env: inherited, stdio: "ignore", detached: true });
  const url = `http://127.0.0.1:${port}`;
  await until(async () => (await fetch(`${url}/healthz`).catch(() => undefined))?.ok, "code-server", 60_000);
  const stop = () => {
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
    rmSync(root, { recursive: true, force: true, maxRetries: 5 });
  };
  process.once("exit", stop);
  return { url, folder, stop };
}

/** A language pack without words: the editor then is in that language for extensions, and keeps its own English words. */
function speak(data, locale) {
  const words = join(data, "words.json");
  writeFileSync(words, JSON.stringify({ contents: {} }));
  const pack = { hash: "0", extensions: [{ extensionIdentifier: { id: "maque.words" }, version: "1.0.0" }], translations: { vscode: words }, label: locale };
  writeFileSync(join(data, "languagepacks.json"), JSON.stringify({ [locale]: pack }));
}

/** The editor's page, once it shows its workbench. */
export async function openEditor({ url, folder }, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, permissions: ["clipboard-read", "clipboard-write"], ...options });
  context.setDefaultTimeout(45_000);
  const page = await context.newPage();
  page.on("console", (message) => /Content Security Policy|Trusted/.test(message.text()) && /view\.(js|css)|webview/.test(message.location().url) && trouble.push(message.text()));
  context.on("request", (request) => {
    const { protocol, hostname } = new URL(request.url());
    const isOurs = hostname === "127.0.0.1" || hostname.endsWith(".vscode-resource.vscode-cdn.net"); // answered by the host's service worker
    if (/^https?:/.test(protocol) && !isOurs && /webview|fake\.html|active-frame/.test(request.frame()?.url() ?? "")) trouble.push(`asked ${request.url()}`);
  });
  await page.goto(`${url}/?folder=${folder}`);
  await page.locator(".monaco-workbench .explorer-folders-view").waitFor();
  return page;
}

/** The side bar's page. */
export const bar = (page) => page.frameLocator("iframe.webview").frameLocator("#active-frame");

/** Runs a command by its title, as a person does. */
export async function command(page, title) {
  await page.keyboard.press("F1");
  const input = page.locator(".quick-input-widget input.input");
  await input.waitFor();
  await input.fill(`>${title}`);
  await page.locator(".quick-input-list .monaco-list-row").filter({ hasText: title.replace(/^.*: /, "") }).first().waitFor();
  await page.keyboard.press("Enter");
}

export async function openFile(page, name) {
  await page.locator(".explorer-folders-view .monaco-list-row", { hasText: name }).dblclick();
  await page.locator(".tab.active", { hasText: name }).waitFor();
  await page.locator(".editor-instance .view-line").first().waitFor();
  await focusEditor(page);
}

export const focusEditor = (page) => page.keyboard.press("Control+1");

/** Puts the cursor at a line, from 1. */
export async function goTo(page, line) {
  await focusEditor(page);
  await page.keyboard.press("Control+g");
  const input = page.locator(".quick-input-widget input.input");
  await input.waitFor();
  await input.fill(`:${line}`);
  await page.keyboard.press("Enter");
  await page.locator(".quick-input-widget").waitFor({ state: "hidden" });
}

/** Selects lines `from` to `to`. */
export async function select(page, from, to) {
  await goTo(page, from);
  await page.keyboard.press("Home");
  for (let n = from; n < to; n++) await page.keyboard.press("Shift+ArrowDown");
  await page.keyboard.press("Shift+End");
}

/** The last turn of the conversation that asks `question`. */
export const turn = (page, question) => bar(page).locator("main article").filter({ has: bar(page).locator(".question", { hasText: question }) }).last();
/** The explanation that follows the cursor. */
export const live = (page) => bar(page).locator(".live article");

/** Waits until an answer is whole. */
export async function whole(page, article) {
  await article.and(bar(page).locator(".done")).waitFor({ timeout: 120_000 });
  return article;
}

export async function shot(page, name) {
  if (shots) await page.screenshot({ path: join(shots, `${name}.png`) });
}

/** Makes the side bar wider. */
export async function widen(page, by) {
  const { x, width } = await page.locator(".part.sidebar").boundingBox();
  await page.mouse.move(x + width, 500);
  await page.mouse.down();
  await page.mouse.move(x + width + by, 500, { steps: 5 });
  await page.mouse.up();
}

export { assert };
