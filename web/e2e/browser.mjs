// One browser for all scenes, and what scenes do again and again.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { extname, join } from "node:path";
import { chromium } from "playwright-core";

export const ZH = { locale: "zh-CN", viewport: { width: 1280, height: 860 } };
export const EN = { ...ZH, locale: "en-US" };
export const PHONE = { ...ZH, viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const shots = process.env.SHOTS;
if (shots) mkdirSync(shots, { recursive: true });

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
export const trouble = [];
export const end = () => browser.close();
const chosen = process.argv.slice(2);

/** Runs `check` on a fresh browser context at `url` and says how it went. */
export async function scene(name, url, options, check) {
  if (chosen.length && !chosen.includes(name)) return;
  const since = Date.now();
  const context = await browser.newContext(options);
  context.setDefaultTimeout(90_000);
  context.on("page", (page) => watch(name, url, page));
  if (process.env.DIST) await context.route(`${new URL(url).origin}/**`, fromDist);
  const page = await context.newPage();
  await page.goto(url);
  await check(page, context);
  if (shots) await page.screenshot({ path: `${shots}/${name}.png` });
  await context.close();
  console.log(`ok ${name} (${((Date.now() - since) / 1000).toFixed(1)} s)`);
}

/** The page of DIST in place of the one in the binary, which is built less often; under the server's own policy. */
async function fromDist(route) {
  const { pathname } = new URL(route.request().url());
  const isPage = route.request().resourceType() === "document";
  if (!isPage && !pathname.startsWith("/assets/")) return route.fallback();
  const headers = isPage ? (await route.fetch()).headers() : {};
  delete headers["content-encoding"];
  const kind = { ".js": "text/javascript", ".css": "text/css" }[extname(pathname)] ?? "text/html; charset=utf-8";
  return route.fulfill({ path: join(process.env.DIST, isPage ? "index.html" : pathname), headers: { ...headers, "content-type": kind } });
}

/** Errors, violations of the policy and requests to anywhere else are trouble. */
function watch(name, url, page) {
  page.on("pageerror", (error) => trouble.push(`${name}: ${error.message}`));
  page.on("console", (message) => /Content.Security|Trusted/i.test(message.text()) && trouble.push(`${name}: ${message.text()}`));
  page.on("request", (request) => {
    const { protocol, host } = new URL(request.url());
    if (!["data:", "blob:"].includes(protocol) && host !== new URL(url).host) trouble.push(`${name}: asked ${request.url()}`);
  });
}

export const input = (page) => page.locator("#ask");
export const button = (page, name) => page.getByRole("button", { name, exact: true });
export const copied = (page) => page.evaluate(() => navigator.clipboard.readText());
export const lastAnswer = (page) => page.locator("article.reply").last();

export async function ask(page, text) {
  await input(page).fill(text);
  await input(page).press("Enter");
}

/** Waits until the answer being written is whole. */
export async function answered(page) {
  await page.locator(".box .stop").waitFor({ state: "detached" });
  await page.locator("article.reply[aria-busy=false]").last().waitFor();
}

/** Shows a new conversation that is answered in a few tokens, always the same. */
export async function begin(page, settings = {}) {
  const id = await page.evaluate(async (settings) => {
    const body = JSON.stringify({ settings: { temperature: 0, max_tokens: 16, overflow: "drop_oldest", ...settings } });
    const response = await fetch("/maque/conversations", { method: "POST", headers: { "content-type": "application/json" }, body });
    return (await response.json()).id;
  }, settings);
  await page.goto(new URL(`/c/${id}`, page.url()).href);
  await page.locator(".welcome").waitFor();
  return id;
}

/** A file for the next file chooser. */
export async function give(page, click, files) {
  const [chooser] = await Promise.all([page.waitForEvent("filechooser"), click()]);
  await chooser.setFiles(files);
}

/** The text of what the page hands out. */
export async function taken(page, click) {
  const [download] = await Promise.all([page.waitForEvent("download"), click()]);
  const chunks = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk);
  return { name: download.suggestedFilename(), text: Buffer.concat(chunks).toString() };
}

export { assert };
