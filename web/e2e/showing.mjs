// Scenes of how the page looks and speaks: languages, themes, personas, prompts, settings; and of what a hostile answer can
// do, which is nothing.
import { createServer } from "node:http";
import { EN, PHONE, ZH, answered, ask, assert, begin, button, give, input, scene, taken } from "./browser.mjs";
import { HOSTILE } from "./hostile.mjs";

/** Another browser sees the same prompts, kept on the server. */
async function phoneSees(context, url, prompts) {
  const other = await context.browser().newContext(PHONE);
  const phone = await other.newPage();
  await phone.goto(url);
  await phone.locator("[data-prompts]").tap();
  await phone.locator(".rows").first().locator(".row-main").nth(prompts.length - 1).waitFor();
  assert.deepEqual(await phone.locator(".rows").first().locator(".row-main").allTextContents(), prompts);
  await other.close();
}

export async function showing(url) {
  await scene("language", url, EN, async (page) => {
    await page.locator(".prompt", { hasText: "Hello, who are you?" }).waitFor();
    await page.locator("#language").click();
    await page.locator(".prompt", { hasText: "你好，你是谁？" }).waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.lang), "zh-CN");
    await page.reload();
    await page.locator(".prompt", { hasText: "你好，你是谁？" }).waitFor();
  });

  await scene("themes", url, { ...ZH, colorScheme: "dark" }, async (page) => {
    const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    assert.equal(await paper(), "rgb(22, 23, 26)");
    await page.locator("#theme").click();
    assert.equal(await paper(), "rgb(251, 250, 247)");
    await page.reload();
    await page.locator(".welcome").waitFor();
    assert.equal(await paper(), "rgb(251, 250, 247)");
  });

  await scene("personas", url, ZH, async (page) => {
    await button(page, "讲冷笑话的程序员").click();
    await page.locator(".top .chip", { hasText: "角色：讲冷笑话的程序员" }).waitFor();
    await button(page, "全部角色…").click();
    await button(page, "新角色").click();
    await page.locator("[name=name]").fill("麻雀");
    await page.locator("[name=prompt]").fill("You are a sparrow. Answer with one word.");
    await button(page, "保存").click();
    await button(page, "使用: 麻雀").click();
    const file = await taken(page, () => button(page, "导出").click());
    assert.equal(JSON.parse(file.text).personas.find((one) => one.name === "麻雀").prompt, "You are a sparrow. Answer with one word.");
    await button(page, "删除: 麻雀").click();
    await button(page, "删除: 麻雀").waitFor({ state: "detached" });
    await give(page, () => button(page, "导入").click(), { name: "personas.json", mimeType: "application/json", buffer: Buffer.from(file.text) });
    await button(page, "删除: 麻雀").waitFor();
    await page.keyboard.press("Escape");
    await page.locator("[data-settings]").click();
    await page.getByLabel("最多词元").fill("5");
    await page.getByLabel("温度").fill("0");
    await page.keyboard.press("Escape");
    await ask(page, "Hi");
    await answered(page);
    const kept = await page.evaluate(async () => (await fetch(`/maque${location.pathname.replace("/c/", "/conversations/")}`)).json());
    const { persona, system, max_tokens, temperature } = kept.settings;
    assert.deepEqual({ persona, system, max_tokens, temperature }, { persona: "麻雀", system: "You are a sparrow. Answer with one word.", max_tokens: 5, temperature: 0 });
    await page.locator("[data-settings]").click();
    assert.equal(await page.getByLabel("最多词元").inputValue(), "5");
  });

  await scene("prompts", url, EN, async (page, context) => {
    await page.evaluate(() => localStorage.setItem("maque.prompts", '{"prompts":["From an older version.","The sky is high."]}'));
    await page.reload();
    await page.waitForFunction(() => !localStorage.getItem("maque.prompts"));
    await input(page).fill("The sea is deep.");
    await page.locator("[data-prompts]").click();
    await button(page, "Keep what is in the input").click();
    await page.locator(".row-main", { hasText: "The sea is deep." }).waitFor();
    await page.locator(".row-main", { hasText: "Translate this into Chinese" }).click();
    assert.equal(await input(page).inputValue(), "Translate this into Chinese:\nThe sea is deep.");
    await phoneSees(context, url, ["From an older version.", "The sky is high.", "The sea is deep."]);
    await page.locator("[data-prompts]").click();
    await button(page, "Edit: The sea is deep.").click();
    await page.locator("[name=prompt]").fill("The sea is blue.");
    await page.getByLabel("Share it with everybody on this server").check();
    await button(page, "Save").click();
    await page.locator(".row-item", { hasText: "The sea is blue." }).locator(".tag", { hasText: "shared" }).waitFor();
    const file = await taken(page, () => button(page, "Export").click());
    assert.deepEqual(JSON.parse(file.text).prompts, ["From an older version.", "The sky is high.", "The sea is blue."]);
    for (const one of ["From an older version.", "The sky is high."]) await button(page, `Delete: ${one}`).click();
    await button(page, "Delete: The sky is high.").waitFor({ state: "detached" });
    await page.locator(".sheet .notice").last().getByRole("button", { name: "Undo" }).click();
    await button(page, "Delete: The sky is high.").waitFor();
    await give(page, () => button(page, "Import").click(), { name: "prompts.json", mimeType: "application/json", buffer: Buffer.from(file.text) });
    await button(page, "Delete: From an older version.").waitFor();
    await phoneSees(context, url, ["The sea is blue.", "The sky is high.", "From an older version."]);
    await input(page).fill("");
    await page.locator(".row-main", { hasText: "The sea is blue." }).click();
    assert.equal(await input(page).inputValue(), "The sea is blue.");
  });

  await scene("not-read", url, ZH, async (page) => {
    await begin(page, { max_tokens: 8 });
    const words = "The sparrow is a small bird. ".repeat(340);
    for (const n of [1, 2]) {
      await ask(page, `${words} (${n})`);
      await answered(page);
    }
    await page.getByText(/以上 \d+ 条消息已超出上下文/).waitFor();
  });
}

/** An answer full of attacks, as it would be stored, shown by the real server's page. */
export async function hostile(url) {
  let n = 0;
  const canary = createServer((_, response) => (n++, response.end()));
  await new Promise((resolve) => canary.listen(0, "127.0.0.1", resolve));
  const place = `http://127.0.0.1:${canary.address().port}`;
  await scene("hostile", url, ZH, async (page) => {
    const messages = HOSTILE.flatMap((text, idx) => [
      { id: 2 * idx + 1, parent: idx ? 2 * idx : null, role: "user", content: `${idx} ${text}` },
      { id: 2 * idx + 2, parent: 2 * idx + 1, role: "assistant", content: text.replaceAll("CANARY", place) },
    ]);
    const transfer = JSON.stringify({ maque_conversation: 1, title: HOSTILE[0], messages });
    await give(page, () => button(page, "导入对话").click(), { name: "x.json", mimeType: "application/json", buffer: Buffer.from(transfer) });
    await page.locator("article.reply").nth(HOSTILE.length - 1).waitFor();
    await page.locator("math").first().waitFor();
    await page.waitForTimeout(500);
    const found = await page.evaluate(() => {
      const all = [...document.querySelectorAll(".prose *")];
      return {
        hacked: globalThis.hacked,
        scripts: document.querySelectorAll("script").length,
        elements: all.filter((one) => /^(script|img|iframe|object|embed|form|input|style|link|meta|svg|video|audio|base)$/i.test(one.localName) && !one.closest(".icon")).map((one) => one.outerHTML),
        handlers: all.flatMap((one) => [...one.attributes].filter(({ name }) => /^on|^srcdoc$|^style$/i.test(name) && one.localName !== "b").map(({ name }) => `${one.localName}.${name}`)),
        links: [...document.querySelectorAll(".prose a")].map((one) => one.protocol),
      };
    });
    assert.deepEqual({ ...found, links: [...new Set(found.links)].sort() }, { hacked: undefined, scripts: 1, elements: [], handlers: [], links: ["http:", "https:", "mailto:"] });
    assert.match(await page.locator(".prose").last().textContent(), /evil\.example/);
  });
  assert.equal(n, 0, "the canary heard nothing");
  canary.close();
}
