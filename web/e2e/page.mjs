// Drives the real page on the real server at MAQUE_URL in the system's Chromium; SCREENSHOTS=folder keeps pictures.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

const url = process.env.MAQUE_URL ?? "http://127.0.0.1:7860";
const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const problems = [];

/** A fresh visit; what the browser complains of is a failure. */
async function visit(options = {}) {
  const context = await browser.newContext({ locale: "zh-CN", viewport: { width: 1280, height: 860 }, ...options });
  const page = await context.newPage();
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("request", (request) => request.url().startsWith(url) || request.url().startsWith("data:") || problems.push(`remote: ${request.url()}`));
  await page.goto(url);
  await page.locator(".openings button:enabled").first().waitFor({ timeout: 60_000 });
  return page;
}

const finished = (page) => page.locator(".answer[aria-busy=false] .foot").last().waitFor({ timeout: 120_000 });
const picture = (page, name) => process.env.SCREENSHOTS && page.screenshot({ path: `${process.env.SCREENSHOTS}/${name}.png` });

async function openingPromptsAndLanguage() {
  const page = await visit();
  assert.equal(await page.locator(".openings button").count(), 4);
  assert.match(await page.locator(".openings").innerText(), /你好，你是谁？/);
  await picture(page, "empty-zh");
  await page.click("#language");
  assert.match(await page.locator(".openings").innerText(), /Hello, who are you\?/);
  await page.reload();
  assert.match(await page.locator("h1").innerText(), /Maque/);
  await page.close();
}

async function anAnswerStreamsAndShowsItsFigures() {
  const page = await visit();
  await page.locator(".openings button").nth(1).click();
  await page.locator(".answer :is(p:not(.wait), pre)").first().waitFor({ timeout: 60_000 });
  await picture(page, "streaming-zh");
  await finished(page);
  assert.match(await page.locator(".foot").innerText(), /首字 \d+ ms.*token\/秒.*个 token/s);
  await picture(page, "answer-zh");
  await page.click("#theme");
  await picture(page, "answer-zh-dark");
  await page.setViewportSize({ width: 390, height: 844 });
  const isWide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  assert.equal(isWide, false, "the page is wider than a phone");
  await picture(page, "answer-zh-phone");
  await page.close();
}

async function stopStopsAndTheDraftIsKept() {
  const page = await visit({ locale: "en-US" });
  await page.fill("textarea", "Count from 1 to 500, one number a line.");
  await page.keyboard.press("Enter");
  await page.locator(".answer :is(p:not(.wait), ol, pre)").first().waitFor({ timeout: 60_000 });
  await page.fill("textarea", "a draft");
  await page.click("#stop");
  await finished(page);
  assert.match(await page.locator(".foot").innerText(), /stopped by you/);
  const text = await page.locator(".answer").innerText();
  await page.waitForTimeout(500);
  assert.equal(await page.locator(".answer").innerText(), text, "it goes on after stop");
  await page.reload();
  assert.equal(await page.inputValue("textarea"), "a draft");
  await page.close();
}

async function anInputMethodsEnterDoesNotSend() {
  const page = await visit();
  await page.fill("textarea", "nihao");
  await page.locator("textarea").dispatchEvent("keydown", { key: "Enter", keyCode: 229, isComposing: true });
  assert.equal(await page.locator(".question").count(), 0);
  await page.close();
}

for (const check of [openingPromptsAndLanguage, anAnswerStreamsAndShowsItsFigures, stopStopsAndTheDraftIsKept, anInputMethodsEnterDoesNotSend]) {
  await check();
  console.log(`ok: ${check.name}`);
}
await browser.close();
assert.deepEqual(problems, []);
