// Drives the page in the system's Chromium against a running server: MAQUE_URL=http://127.0.0.1:7860 [SHOTS=folder] npm run e2e
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { chromium } from "playwright-core";

const url = process.env.MAQUE_URL ?? "http://127.0.0.1:7860";
const shots = process.env.SHOTS;
const MINUTES = 60_000;
const trouble = [];
const ZH = { locale: "zh-CN", viewport: { width: 1280, height: 860 } };
if (shots) mkdirSync(shots, { recursive: true });
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });

/** Runs `check` on a fresh page and says how it went. */
async function scene(name, options, check) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(2 * MINUTES);
  page.on("pageerror", (error) => trouble.push(`${name}: ${error.message}`));
  page.on("console", (message) => /Content.Security|Trusted/i.test(message.text()) && trouble.push(`${name}: ${message.text()}`));
  page.on("request", (request) => new URL(request.url()).origin === new URL(url).origin || request.url().startsWith("data:") || trouble.push(`${name}: asked ${request.url()}`));
  await page.goto(url);
  await page.locator("textarea").waitFor();
  await page.locator(".stage").waitFor({ state: "detached" });
  await check(page, context);
  if (shots) await page.screenshot({ path: `${shots}/${name}.png` });
  await context.close();
  console.log(`ok ${name}`);
}

const button = (page, name) => page.getByRole("button", { name, exact: true });

async function ask(page, text) {
  await page.locator("textarea").fill(text);
  await page.locator("textarea").press("Enter");
}

const copied = (page) => page.evaluate(() => navigator.clipboard.readText());

async function answered(page) {
  await page.locator("article[aria-busy=false] >> nth=-1").waitFor();
  await page.locator(".box .stop").waitFor({ state: "detached" });
}

await scene("opening-zh", ZH, async (page) => {
  const prompts = await page.locator(".prompt").allTextContents();
  assert.deepEqual([prompts.length, prompts[0]], [4, "你好，你是谁？"]);
});

await scene("answer-zh", ZH, async (page) => {
  await page.locator(".prompt").nth(1).click();
  await page.locator(".prose").waitFor();
  const early = await page.locator(".prose").textContent();
  await answered(page);
  const late = await page.locator(".prose").textContent();
  assert.ok(early.length < late.length, "the answer grew while it was read");
  assert.match(await page.locator(".figures").textContent(), /首字 .*词元\/秒 · \d+ 词元/);
});

await scene("copy", { ...ZH, permissions: ["clipboard-read", "clipboard-write"] }, async (page) => {
  await page.locator(".prompt").nth(1).click();
  await answered(page);
  await page.locator("article >> nth=0").locator("[data-copy]").click();
  await page.getByText("已复制").waitFor();
  assert.equal(await copied(page), "用Python写一个计算斐波那契数列前10项的函数");
  const code = page.locator("figure.code");
  if ((await code.count()) === 0) return; // A small model may answer without code.
  await code.first().locator("[data-copy]").click();
  await page.getByText("已复制").nth(1).waitFor();
  assert.equal((await copied(page)).trimEnd(), (await code.first().locator("pre").textContent()).trimEnd());
});

await scene("stop", ZH, async (page) => {
  await ask(page, "写一篇很长的文章，介绍中国的二十个城市。Write a long text.");
  await page.locator(".prose").waitFor();
  await button(page, "停止").click();
  await page.getByText("已停止。").waitFor();
  const then = await page.locator(".prose").textContent();
  await page.waitForTimeout(500);
  assert.equal(await page.locator(".prose").textContent(), then);
  await ask(page, "你好");
  await page.locator(".box .stop").click();
  await page.getByText("已停止。").nth(1).waitFor();
  await button(page, "新对话").click();
  await page.locator(".welcome").waitFor();
});

await scene("composing", ZH, async (page) => {
  const field = page.locator("textarea");
  await field.fill("ni hao");
  await field.evaluate((element) => element.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", keyCode: 229, bubbles: true, cancelable: true })));
  await field.evaluate((element) => element.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", isComposing: true, bubbles: true, cancelable: true })));
  await field.press("Shift+Enter");
  assert.equal(await page.locator(".turn").count(), 0);
  assert.equal(await field.inputValue(), "ni hao\n");
});

await scene("language-en", { ...ZH, locale: "en-US" }, async (page) => {
  assert.equal(await page.locator(".prompt").first().textContent(), "Hello, who are you?");
  await page.locator("#language").click();
  assert.equal(await page.locator(".prompt").first().textContent(), "你好，你是谁？");
  await page.reload();
  assert.equal(await page.locator(".prompt").first().textContent(), "你好，你是谁？");
  await page.locator("#language").click();
});

await scene("gone", ZH, async (page, context) => {
  await context.setOffline(true);
  await page.locator("textarea").fill("草稿");
  await page.getByText("连不上服务，正在重试").waitFor();
  await page.locator("textarea").press("Enter");
  assert.equal(await page.locator("textarea").inputValue(), "草稿");
  await context.setOffline(false);
  await page.locator(".trouble").waitFor({ state: "detached" });
});

await scene("phone-dark", { ...ZH, locale: "en-US", viewport: { width: 390, height: 844 }, colorScheme: "dark" }, async (page) => {
  await page.locator(".prompt").nth(1).click();
  await answered(page);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390, "nothing is wider than the phone");
});

await scene("phone-zh", { ...ZH, viewport: { width: 390, height: 844 } }, async () => undefined);

await browser.close();
assert.deepEqual(trouble, [], "no error, no policy violation, no foreign request");
