// Scenes of the list: reload, two tabs, search, rename, delete and undo, export and import, a server that is gone.
import { EN, ZH, answered, ask, assert, begin, button, give, input, lastAnswer, scene, taken } from "./browser.mjs";
import { ENDLESS, ready, start } from "./server.mjs";

const LONG = "Write a very long story about a sparrow who travels around the world.";

/** The menu of a conversation in the list. */
async function menu(page, id, action) {
  await page.locator(".item", { has: page.locator(`a[href="/c/${id}"]`) }).hover();
  await page.locator(".item", { has: page.locator(`a[href="/c/${id}"]`) }).locator(".more").click();
  await page.locator(".menu:popover-open").getByRole("button", { name: action }).click();
}

export async function keeping(url) {
  await scene("reload-while-writing", url, EN, async (page) => {
    await begin(page, { ...ENDLESS, max_tokens: 900 });
    await ask(page, LONG);
    await page.locator(".prose").waitFor();
    const before = await page.locator(".prose").textContent();
    await page.reload();
    await page.locator("article.reply[aria-busy=true] .prose").waitFor();
    await answered(page);
    const after = await page.locator(".prose").textContent();
    assert.ok(after.startsWith(before.slice(0, 40)) && before.length < after.length);
  });

  await scene("two-tabs", url, EN, async (page, context) => {
    const id = await begin(page, ENDLESS);
    const other = await context.newPage();
    await other.goto(`${url}/c/${id}`);
    await other.locator(".welcome").waitFor();
    await ask(page, LONG);
    await other.locator("article.reply .prose").waitFor();
    await button(other, "Stop").click();
    await page.getByText("Stopped.").waitFor();
    assert.equal(await other.locator(".prose").textContent(), await page.locator(".prose").textContent());
  });

  await scene("list", url, ZH, async (page) => {
    const id = await begin(page, { max_tokens: 4 });
    await ask(page, "春风拂面的问题");
    await answered(page);
    await menu(page, id, "重命名");
    await page.locator(".rename").fill("花开满园");
    await page.locator(".rename").press("Enter");
    await page.locator(".item .title", { hasText: "花开满园" }).waitFor();
    await page.keyboard.press("Control+k");
    await page.keyboard.type("拂面");
    await page.locator(".excerpt mark", { hasText: "拂面" }).first().waitFor();
    await page.locator(".item .title", { hasText: "花开满园" }).click();
    await page.locator("article.question.sought").waitFor();
    await page.locator(".search input").fill("没有这样的话xyz");
    await page.getByText("没有找到").waitFor();
    await page.locator(".search input").press("Escape");
    await menu(page, id, "删除");
    await page.locator(`a[href="/c/${id}"]`).waitFor({ state: "detached" });
    await button(page, "撤销").click();
    await page.locator(".item.here .title", { hasText: "花开满园" }).waitFor();
    await page.locator("article.question .you", { hasText: "春风拂面的问题" }).waitFor();
  });

  await scene("export-import", url, EN, async (page) => {
    const id = await begin(page, { max_tokens: 8 });
    await ask(page, "Name the capital of France.");
    await answered(page);
    await page.locator("article.reply [data-again]").click();
    await page.locator(".versions .numbers", { hasText: "2/2" }).waitFor();
    await answered(page);
    const json = await taken(page, () => menu(page, id, "Export (JSON"));
    const markdown = await taken(page, () => menu(page, id, "Export (Markdown"));
    assert.equal(JSON.parse(json.text).messages.length, 3);
    assert.match(markdown.text, /# Name the capital of France\./);
    await give(page, () => button(page, "Import chats").click(), { name: "tree.json", mimeType: "application/json", buffer: Buffer.from(json.text) });
    await page.waitForURL((now) => !now.pathname.endsWith(`/${id}`));
    await page.locator(".versions .numbers", { hasText: "2/2" }).waitFor();
    await give(page, () => button(page, "Import chats").click(), { name: "nonsense.json", mimeType: "application/json", buffer: Buffer.from("{}") });
    await page.getByText("nonsense.json could not be imported").waitFor();
  });

  await scene("missing", `${url}/c/999999`, ZH, async (page) => {
    await page.getByText("这个对话不在了").waitFor();
    await page.locator(".state .main").click();
    await page.locator(".welcome").waitFor();
  });
}

/** A server that goes away in the middle of an answer, and comes back on the same folder and port. */
export async function restarting() {
  const first = start();
  const url = await ready(first);
  await scene("server-restart", url, EN, async (page) => {
    await begin(page, ENDLESS);
    await ask(page, LONG);
    await page.locator(".prose").waitFor();
    await page.waitForTimeout(1500);
    await input(page).fill("my draft");
    await first.kill("SIGKILL");
    await page.getByText("The server cannot be reached").waitFor();
    await input(page).press("Enter");
    assert.equal(await input(page).inputValue(), "my draft");
    const second = start({ home: first.home, port: Number(new URL(url).port) });
    try {
      await page.getByText("The server cannot be reached").waitFor({ state: "detached" });
      await page.getByText("The server broke off; the answer is not complete.").waitFor();
      assert.ok(20 < (await lastAnswer(page).locator(".prose").textContent()).length, "what was written is still there");
      assert.equal(await input(page).inputValue(), "my draft");
      const kept = await lastAnswer(page).locator(".prose").textContent();
      await page.locator("[data-continue]").click();
      await page.getByText("The server broke off").waitFor({ state: "detached" });
      await input(page).press("Escape");
      await answered(page); // stopped, or at its end before that
      assert.ok((await lastAnswer(page).locator(".prose").textContent()).startsWith(kept), "it is gone on with");
    } finally {
      await second.kill();
    }
  });
  await first.kill();
  first.remove();
}
