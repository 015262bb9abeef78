// The larger model elsewhere: a button beside the note, and a choice in a conversation's settings; each says what leaves,
// nothing is sent before it is agreed to, and each answer says who wrote it.
import { createServer } from "node:http";
import { EN, answered, ask, assert, button, input, lastAnswer, scene, taken } from "./browser.mjs";
import { accessible } from "./reaching.mjs";
import { ready, start } from "./server.mjs";

export async function escalating(other) {
  const asked = [];
  // Another Maque is the larger model; what passes is noted on the way.
  const between = createServer(async (request, response) => {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    const body = Buffer.concat(pieces).toString();
    asked.push(JSON.parse(body));
    const answer = await fetch(other + request.url, { method: "POST", headers: { "content-type": "application/json" }, body });
    response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") });
    for await (const piece of answer.body) response.write(piece);
    response.end();
  });
  await new Promise((resolve) => between.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${between.address().port}`;
  const server = start({ config: `[upstream]\nurl = "http://${host}/v1"\nmodel = "default"\n` });
  await scene("escalation", await ready(server), EN, async (page) => {
    const question = "Prove that the square root of 2 is irrational.";
    await input(page).fill(question);
    await page.locator("[data-escalate]", { hasText: "Ask default instead" }).click();
    await page.getByText(`${question.length} characters leave this machine for ${host}.`).waitFor();
    await button(page, "Stay here").click();
    assert.equal(asked.length, 0, "nothing is sent before it is agreed to");
    await page.locator("[data-escalate]").click();
    await page.locator("[data-escalate-send]").click();
    await answered(page);
    assert.notEqual((await lastAnswer(page).innerText()).trim(), "");
    assert.equal(asked.length, 1);
    assert.deepEqual(asked[0].messages, [{ role: "user", content: question }]);
  });
  await scene("second-model", await ready(server), EN, async (page) => {
    asked.length = 0;
    await page.locator("[data-settings]").click();
    await page.getByLabel("Most tokens").fill("20");
    await page.getByLabel("Temperature").fill("0");
    await page.locator("[data-model]").selectOption({ label: `default · at ${host}` });
    await page.getByText(`the question leave this machine for ${host}`).waitFor();
    assert.ok(await page.getByLabel("Top-k").isDisabled());
    await page.keyboard.press("Escape");
    await input(page).fill("Name the capital of France.");
    await page.getByText(`27 characters leave this machine for ${host}.`).waitFor();
    assert.equal(asked.length, 0, "choosing it sends nothing");
    await input(page).press("Enter");
    await page.locator(".author", { hasText: `by default at ${host}` }).waitFor();
    await answered(page);
    assert.match(await lastAnswer(page).locator(".prose").textContent(), /Paris/);
    assert.equal(await lastAnswer(page).getByText("has no effect").count(), 0);
    await accessible(page, "elsewhere");
    await page.locator(".leaving").getByRole("button", { name: "Answer here instead" }).click();
    await page.locator(".leaving").waitFor({ state: "detached" });
    await ask(page, "Name the capital of Italy.");
    await answered(page);
    assert.equal(asked.length, 1, "and no more is sent after that");
    await page.reload();
    await page.locator("article.reply").nth(1).waitFor();
    assert.equal(await page.locator("article.reply").nth(0).locator(".author").textContent(), `by default at ${host}`);
    assert.equal(await page.locator("article.reply").nth(1).locator(".author").count(), 0);
    await page.locator(".item.here").hover();
    await page.locator(".item.here .more").click();
    const file = await taken(page, () => page.locator(".menu:popover-open").getByRole("button", { name: "Export (Markdown" }).click());
    assert.ok(file.text.includes(`## 🐦 default · ${host}\n`), file.text);
    const authors = await page.evaluate(async () => (await (await fetch(`/maque${location.pathname.replace("/c/", "/conversations/")}/export`)).json()).messages.map(({ model, host }) => [model, host]));
    assert.deepEqual([authors[1], authors[3][1]], [["default", host], null]);
    assert.match(authors[3][0], /^smollm2/i);
  });
  await server.kill();
  server.remove();
  between.closeAllConnections();
  between.close();
}
