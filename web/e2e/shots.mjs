// Makes the screenshots of docs/, with the model at MAQUE_WEIGHTS (a name in MAQUE_HOME's store, or a file):
// MAQUE_BIN=… MAQUE_WEIGHTS=qwen2.5-coder:0.5b SHOTS_HOME=folder SHOTS=../docs/page node e2e/shots.mjs [name …]
import { mkdtempSync, readFileSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ask, button, end, input, scene, EN, PHONE, ZH } from "./browser.mjs";
import { withLibrary } from "./pages.mjs";
import { lanAddress, ready, start } from "./server.mjs";

const LIGHT = { colorScheme: "light", deviceScaleFactor: 1.5 };
const DARK = { colorScheme: "dark", deviceScaleFactor: 1.5 };
const personas = JSON.parse(readFileSync(new URL("../src/settings/personas.json", import.meta.url), "utf8"));
const home = process.env.SHOTS_HOME;

/** Puts a conversation there, answered by the model. */
async function seed(url, question, { settings = {}, again = 0, rest = [] } = {}) {
  const post = async (path, body) => (await fetch(`${url}${path}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) })).json();
  const { id } = await post("/maque/conversations", { settings: { temperature: 0, max_tokens: 400, overflow: "drop_oldest", ...settings } });
  let told = await post(`/maque/conversations/${id}/messages`, { content: question, stream: false });
  for (let n = 0; n < again; n++) told = await post(`/maque/conversations/${id}/messages/${told.answer.id}/regenerate`, { stream: false });
  for (const more of rest) await post(`/maque/conversations/${id}/messages`, { ...more, stream: false });
  return id;
}

const open = async (page, url, id) => {
  await page.goto(`${url}/c/${id}`);
  await page.locator("article.reply .figures").last().waitFor();
  await page.waitForTimeout(500);
};

const server = start({ ...(home ? { home } : {}), args: [] });
const url = await ready(server);
const short = { max_tokens: 40 };
for (const title of ["Explain a Python closure in one sentence.", "周例会纪要整理：三点结论", "借代修辞：给初二学生讲一讲", "把“雨天热茶”写成一句朋友圈文案"]) await seed(url, title, { settings: short });
const python = await seed(url, "用Python写一个计算斐波那契数列前10项的函数", { again: 1, settings: { persona: "资深前端工程师", system: personas.zh.find(({ name }) => name === "资深前端工程师").prompt, temperature: 0.3, seed: 3 } });
const closure = await seed(url, "用两三句话解释什么是闭包，再给一个 Python 小例子", { settings: { max_tokens: 220 } });
const english = await seed(url, "Explain what a closure is in two sentences, then show a tiny Python example.", { again: 1, settings: { temperature: 0.3, seed: 5 } });

await scene("zh-light-empty", url, { ...ZH, ...LIGHT }, async (page) => {
  await page.locator(".item").nth(4).waitFor();
  await page.waitForTimeout(400);
});
await scene("zh-light-branch", url, { ...ZH, ...LIGHT }, async (page) => {
  await open(page, url, python);
  await page.locator("article.reply").last().locator(".versions").scrollIntoViewIfNeeded();
});
await scene("en-dark-branch", url, { ...EN, ...DARK }, async (page) => {
  await open(page, url, english);
  await input(page).fill("Sorry to bother you, could you please explain the second line? Thank you so much!");
  await page.locator(".coach .tip").waitFor();
  await page.waitForTimeout(400);
});
await scene("zh-dark-streaming", url, { ...ZH, ...DARK }, async (page) => {
  await ask(page, "写一个 JavaScript 防抖函数，并说明它的用法");
  await page.locator("figure.code pre").waitFor();
  await page.waitForFunction(() => 350 < document.querySelector(".prose")?.textContent?.length);
});
await scene("zh-light-settings", url, { ...ZH, ...LIGHT }, async (page) => {
  await open(page, url, python);
  await page.locator("[data-settings]").click();
  await page.waitForTimeout(500);
});
await scene("zh-light-prompts", url, { ...ZH, ...LIGHT }, async (page) => {
  await page.locator("[data-prompts]").click();
  await button(page, "新提示词").click();
  await page.locator("[name=prompt]").fill("把下面的通知改成给家长看的短信，不超过 70 字：\n[粘贴通知]");
  await page.getByLabel("和这台服务器上的其他人共享").check();
  await button(page, "保存").click();
  await page.locator(".tag").waitFor();
  await page.waitForTimeout(500);
});
await scene("en-light-phone", url, { ...PHONE, ...LIGHT, locale: "en-US", deviceScaleFactor: 2 }, (page) => open(page, url, english));
await scene("zh-dark-phone", url, { ...PHONE, ...DARK, deviceScaleFactor: 2 }, async (page) => {
  await open(page, url, closure);
});
await scene("zh-light-phone-list", url, { ...PHONE, ...LIGHT, deviceScaleFactor: 2 }, async (page) => {
  await page.locator(".welcome").waitFor();
  await button(page, "打开对话列表").tap();
  await page.waitForTimeout(500);
});

const other = mkdtempSync(join(tmpdir(), "maque-shots-"));
if (home) symlinkSync(join(home, "models"), join(other, "models"));
const led = start({ home: other, args: [], config: `[upstream]\nurl = "${url}/v1"\nmodel = "default"\n` });
const elsewhere = await ready(led);
await scene("zh-light-elsewhere", elsewhere, { ...ZH, ...LIGHT }, async (page) => {
  const id = await seed(elsewhere, "用一句话说明什么是闭包", { settings: { max_tokens: 90 }, rest: [{ content: "把这句话翻译成英文", model: "upstream" }] });
  await page.goto(`${elsewhere}/c/${id}`);
  await page.locator("[data-settings]").click();
  await page.locator("[data-model]").selectOption("upstream");
  await page.keyboard.press("Escape");
  await input(page).fill("再翻译成日文");
  await page.waitForTimeout(600);
});
await led.kill();
led.remove();
await server.kill();

const library = start({ ...(home ? { home } : {}), args: [] });
const asked = `${await withLibrary(library)}/ask`;
await scene("zh-light-ask", asked, { ...ZH, ...LIGHT }, async (page) => {
  await page.getByLabel("输入你的问题…").fill("发票要在多少天内提交？");
  await page.getByLabel("输入你的问题…").press("Enter");
  await button(page, "问别的").waitFor();
  await page.waitForTimeout(400);
});
await library.kill();

const shared = start({ ...(home ? { home } : {}), args: ["--share", "--host", lanAddress() ?? "127.0.0.1", "--api-key", "key"] });
await scene("zh-light-admin", `${await ready(shared)}/admin`, { ...ZH, ...LIGHT }, async (page) => {
  await page.locator("#key").fill("key");
  await button(page, "进入").click();
  await button(page, "生成邀请").click();
  await page.locator(".qr path").waitFor();
  await page.waitForTimeout(1500);
});
await scene("en-dark-admin", `${await ready(shared)}/admin`, { ...EN, ...DARK }, async (page) => {
  await page.locator("#key").fill("key");
  await button(page, "Come in").click();
  await page.locator("#load").waitFor();
  await page.waitForTimeout(1500);
  await page.locator(".facts").last().scrollIntoViewIfNeeded();
});
await shared.kill();
await end();
