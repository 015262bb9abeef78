// Makes the pictures of docs/editor, with the model at MAQUE_WEIGHTS:
// CODE_SERVER=entry.js MAQUE_BIN=… MAQUE_WEIGHTS=qwen2.5-coder.gguf SHOTS=../../docs/editor node e2e/shots.mjs [name …]
import { readFileSync } from "node:fs";
import { ready, start } from "../../../web/e2e/server.mjs";
import { bar, command, end, goTo, live, openEditor, openFile, select, shot, startEditor, turn, whole, widen } from "./editor.mjs";

const CODE = readFileSync(new URL("sample.py", import.meta.url), "utf8");
const LIGHT = "Default Light Modern";
const DARK = "Default Dark Modern";

const server = start();
await ready(server);

/** A picture of an editor of a language and a theme, with the side bar open. */
async function picture(name, locale, theme, draw) {
  if (2 < process.argv.length && !process.argv.includes(name)) return;
  const editor = await startEditor({ files: { "stock.py": CODE }, home: server.home, locale, settings: { "workbench.colorTheme": theme, "editor.fontSize": 15, "workbench.layoutControl.enabled": false, "workbench.activityBar.location": "default" } });
  const page = await openEditor(editor, { viewport: { width: 1200, height: 720 }, deviceScaleFactor: 1.25, colorScheme: theme === DARK ? "dark" : "light" });
  await openFile(page, "stock.py");
  await page.locator(".statusbar-item", { hasText: /^\W*Maque$/ }).waitFor();
  await command(page, locale === "en" ? "Maque: Ask about the code" : "Maque: 就代码提问");
  await bar(page).locator("#ask").waitFor();
  await widen(page, 110);
  await page.mouse.move(800, 690);
  try {
    await draw(page);
    await shot(page, name);
  } catch (error) {
    await shot(page, "failed");
    throw error;
  } finally {
    editor.stop();
  }
}

/** Asks in the side bar, and waits until so many characters are written. */
async function asks(page, question, n) {
  await bar(page).locator("#ask").fill(question);
  await bar(page).locator("#ask").press("Enter");
  const prose = turn(page, question).locator(".prose");
  await prose.waitFor();
  while ((await prose.textContent()).length < n) await page.waitForTimeout(20);
}

await picture("en-light-streaming", "en", LIGHT, async (page) => {
  await select(page, 4, 9);
  await command(page, "Maque: Explain");
  await whole(page, turn(page, "Explain"));
  await asks(page, "How do I use it for a list of three prices? Show the call.", 160);
});
await picture("en-dark-diff", "en", DARK, async (page) => {
  await select(page, 12, 16);
  await command(page, "Maque: Fix");
  await (await whole(page, turn(page, "Fix"))).locator("[data-action=replace]").click();
  await page.locator(".monaco-diff-editor .line-insert").first().waitFor();
  await bar(page).locator("[data-action=accept]").waitFor();
  await page.waitForTimeout(800);
});
await picture("zh-dark-streaming", "zh-cn", DARK, async (page) => {
  await select(page, 4, 9);
  await command(page, "Maque: 解释");
  await whole(page, turn(page, "解释"));
  await asks(page, "写一个调用它的例子，三件商品，打九折", 60);
});
await picture("zh-light-live", "zh-cn", LIGHT, async (page) => {
  await select(page, 12, 16);
  await command(page, "Maque: 写测试");
  await whole(page, turn(page, "写测试"));
  await goTo(page, 7);
  await command(page, "Maque: 实时解释");
  await whole(page, live(page));
  await page.waitForTimeout(300);
});
await end();
await server.kill();
server.remove();
