// Scenes of one conversation: asking, streaming, stopping, branches, going on, drafts, composing.
import { EN, PHONE, ZH, answered, ask, assert, begin, button, copied, input, lastAnswer, scene } from "./browser.mjs";
import { fill } from "./server.mjs";

const LONG = "Write a very long story about a sparrow who travels around the world.";

/** Waits until a screen reader has heard `sentence`, and nothing else. */
async function heard(page, sentence) {
  await page.getByRole("log").getByText(sentence).waitFor({ state: "attached" });
  assert.equal(await page.getByRole("log").textContent(), sentence, "each sentence once");
}

export async function talking(url) {
  await scene("opening-zh", url, ZH, async (page) => {
    const prompts = await page.locator(".prompt").allTextContents();
    assert.deepEqual([prompts.length, prompts[0]], [4, "你好，你是谁？"]);
    assert.equal(await page.evaluate(() => document.activeElement?.id), "ask");
  });

  await scene("streaming", url, EN, async (page) => {
    await begin(page, { max_tokens: 400 });
    await ask(page, LONG);
    await page.locator("article.question .you", { hasText: LONG }).waitFor();
    await page.locator(".prose").waitFor();
    const early = (await page.locator(".prose").textContent()).length;
    await answered(page);
    assert.ok(early < (await page.locator(".prose").textContent()).length, "the answer grew while it was read");
    assert.match(await page.locator(".figures").textContent(), /first token .*\s· \d[\d.]* tokens\/s\s· 400 tokens/);
    assert.match(await page.locator(".gauge .numbers").textContent(), /^4\d\d \/ [\d,]+$/);
    assert.match(await page.locator(".item.here .title").textContent(), /^Write a very long story/);
    assert.match(page.url(), /\/c\/\d+$/);
  });

  await scene("heard", url, EN, async (page) => {
    await begin(page);
    await ask(page, "Name the capital of France.");
    await answered(page);
    await heard(page, "The capital of France is Paris.");
  });

  await scene("heard-within-one-frame", url, EN, async (page) => {
    await begin(page);
    await page.evaluate(() => {
      window.requestAnimationFrame = (draw) => setTimeout(draw, 3000);
    });
    await ask(page, "Name the capital of France.");
    await heard(page, "The capital of France is Paris.");
  });

  await scene("stop-while-writing", url, EN, async (page) => {
    await begin(page, { max_tokens: 2000 });
    await ask(page, LONG);
    await page.locator(".prose").waitFor();
    await button(page, "Stop").click();
    await page.getByText("Stopped.").waitFor();
    const then = await page.locator(".prose").textContent();
    await page.waitForTimeout(300);
    assert.equal(await page.locator(".prose").textContent(), then);
    await page.locator("[data-continue]").click();
    await page.getByText("Stopped.").waitFor({ state: "detached" });
    await page.waitForFunction((n) => n < document.querySelector(".prose")?.textContent?.length, then.length);
    await input(page).press("Escape");
    await page.getByText("Stopped.").waitFor();
    assert.ok((await page.locator(".prose").textContent()).startsWith(then), "what was written is gone on with");
  });

  await scene("stop-while-reading", url, EN, async (page) => {
    await begin(page, { max_tokens: 8 });
    await ask(page, `${"The sparrow is a small bird. ".repeat(480)} What is a sparrow?`);
    await page.getByText(/^Reading \d+%/).waitFor();
    await button(page, "Stop").click();
    await page.getByText("Stopped.").waitFor();
    assert.equal(await page.locator(".prose").count(), 0);
  });

  await scene("stop-while-queued", url, EN, async (page) => {
    await begin(page);
    const letGo = await fill(url);
    await ask(page, "Name the capital of France.");
    await page.getByText(/^Queued, \d+ before you/).waitFor();
    await button(page, "Stop").click();
    await page.getByText("Stopped.").waitFor();
    assert.equal(await page.locator(".prose").count(), 0);
    letGo();
    await page.reload();
    await page.locator("article.question .you", { hasText: "Name the capital of France." }).waitFor();
    await page.locator("[data-again]").click();
    await answered(page);
    assert.match(await lastAnswer(page).locator(".prose").textContent(), /Paris/);
  });

  await scene("branches", url, EN, async (page) => {
    await begin(page);
    await ask(page, "Name the capital of France.");
    await answered(page);
    await page.locator("article.question").hover();
    await page.locator("[data-edit]").click();
    await page.locator(".editor textarea").fill("Name the capital of Italy.");
    await page.locator(".editor textarea").press("Enter");
    await page.locator("article.question .you", { hasText: "Italy" }).waitFor();
    await answered(page);
    await page.locator("article.question .versions .numbers", { hasText: "2/2" }).waitFor();
    await page.locator("article.reply [data-again]").click();
    await page.locator("article.reply .versions .numbers", { hasText: "2/2" }).waitFor();
    await answered(page);
    await page.locator("article.question").getByRole("button", { name: "Previous version" }).click();
    await page.locator("article.question .you", { hasText: "France" }).waitFor();
    assert.match(await lastAnswer(page).locator(".prose").textContent(), /Paris/);
    await page.reload();
    await page.locator("article.question .you", { hasText: "France" }).waitFor();
    await page.locator("article.question").getByRole("button", { name: "Next version" }).click();
    await page.locator("article.question .you", { hasText: "Italy" }).waitFor();
    await page.locator("article.reply .versions .numbers", { hasText: "2/2" }).waitFor();
  });

  await scene("length", url, ZH, async (page) => {
    await begin(page, { max_tokens: 6 });
    await ask(page, "Tell me about the sea.");
    await page.getByText("已到长度上限").waitFor();
    const before = await page.locator(".prose").textContent();
    await page.locator("[data-continue]").click();
    await page.waitForFunction((n) => n < document.querySelector(".prose")?.textContent?.length, before.length);
    await answered(page);
    assert.match(await page.locator(".figures").textContent(), / 12 词元/);
  });

  await scene("too-long", url, ZH, async (page) => {
    await input(page).fill("海水是咸的。".repeat(1500));
    await input(page).press("Enter");
    await page.getByText(/太长了：有 \d+ 个词元，模型最多能读 4095 个/).waitFor();
    await page.waitForFunction(() => document.querySelector("#ask").value.length === 9000); // what was typed is not lost
  });

  await scene("copy", url, { ...ZH, permissions: ["clipboard-read", "clipboard-write"] }, async (page) => {
    await begin(page);
    await ask(page, "复制这一句");
    await answered(page);
    await page.locator("article.question").hover();
    await page.locator("article.question [data-copy]").click();
    await page.getByText("已复制").waitFor();
    assert.equal(await copied(page), "复制这一句");
  });

  await scene("composing", url, ZH, async (page) => {
    await input(page).focus();
    await input(page).fill("ni hao");
    const press = (init) => input(page).evaluate((element, init) => element.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true, ...init })), init);
    await input(page).evaluate((element) => element.dispatchEvent(new CompositionEvent("compositionstart")));
    await press({ keyCode: 229 });
    await press({ isComposing: true });
    await input(page).press("Shift+Enter");
    assert.equal(await page.locator(".turn").count(), 0);
    assert.equal(await input(page).inputValue(), "ni hao\n");
  });

  await scene("drafts", url, ZH, async (page) => {
    await begin(page);
    await input(page).fill("还没写完的话");
    await page.reload();
    await page.locator(".welcome").waitFor();
    assert.equal(await input(page).inputValue(), "还没写完的话");
    await page.locator(".new").click();
    await page.waitForFunction(() => document.querySelector("#ask").value === "");
    await page.goBack();
    await page.waitForFunction(() => document.querySelector("#ask").value === "还没写完的话");
  });

  await scene("coach", url, ZH, async (page) => {
    await input(page).fill("帮我写数据库查询语句，再画 ER 图，最后生成汇报要点");
    await button(page, "拆成 3 步").click();
    assert.equal(await input(page).inputValue(), "帮我写数据库查询语句");
    await input(page).fill("");
    await button(page, "画 ER 图").click();
    assert.equal(await input(page).inputValue(), "画 ER 图");
    await input(page).fill("孩子发烧 39 度吃什么药？");
    await page.getByText("健康问题请以医生为准").waitFor();
  });

  await scene("phone", url, { ...PHONE, colorScheme: "dark" }, async (page) => {
    const id = await begin(page, { max_tokens: 60 });
    await ask(page, "Write a table with a very long row");
    await button(page, "发送").tap().catch(() => undefined);
    await answered(page);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390, "nothing is wider than the phone");
    assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(22, 23, 26)");
    await button(page, "打开对话列表").tap();
    await page.locator(`.rail a[href="/c/${id}"]`).waitFor();
    await page.locator(".new").tap();
    await page.locator(".welcome").waitFor();
    await page.waitForFunction(() => document.querySelector(".rail").inert);
  });
}
