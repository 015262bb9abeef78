// The larger model elsewhere: a button beside the note, a sentence about what leaves, and nothing sent before the second press.
import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EN, answered, assert, button, input, lastAnswer, scene } from "./browser.mjs";
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
  const home = mkdtempSync(join(tmpdir(), "maque-e2e-"));
  writeFileSync(join(home, "config.toml"), `[upstream]\nurl = "http://${host}/v1"\nmodel = "default"\n`);
  const server = start({ home });
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
  await server.kill();
  server.remove();
  between.closeAllConnections();
  between.close();
}
