// Scenes of the pages beside the conversation, and of a server that is shared: administration, guests by PIN and by QR
// code, copying over plain http from an address that is not loopback.
import { EN, ZH, answered, ask, assert, begin, button, input, scene } from "./browser.mjs";
import { lanAddress, mirror, ready, start, writeCatalogue } from "./server.mjs";

export async function pages(url) {
  await scene("ask-empty", `${url}/ask`, ZH, async (page) => {
    await page.getByText("还没有资料库").waitFor();
    await page.locator("#language").click();
    await page.getByText("There is no library yet").waitFor();
    await page.getByRole("link", { name: "Back to the chat" }).click();
    await page.locator(".welcome").waitFor();
  });

  await scene("admin", url, EN, async (page) => {
    await page.getByRole("link", { name: "Admin" }).click();
    await page.getByText("Only this computer can use it now.").waitFor();
    await page.getByRole("cell", { name: "administrator" }).waitFor();
    assert.match(page.url(), /\/admin$/);
  });
}

/** A server on this machine's LAN address, where everybody needs to be let in. */
export async function sharing() {
  const host = lanAddress();
  if (!host) return console.log("skipped: this machine has no address but loopback");
  const server = start({ args: ["--share", "--host", host, "--api-key", "the owner's key"] });
  const url = await ready(server);
  const lan = `http://${host}:${new URL(url).port}`;
  let pin = "";
  let fragment = "";
  await scene("admin-share", `${url}/admin`, ZH, async (page) => {
    await page.locator("#key").fill("wrong");
    await button(page, "进入").click();
    await page.getByText("不对，或者已经过期").waitFor();
    await page.locator("#key").fill("the owner's key");
    await button(page, "进入").click();
    await page.getByText("局域网里的人可以进来").waitFor();
    await page.getByLabel("人数").fill("2");
    const [made] = await Promise.all([page.waitForResponse("**/maque/invitations"), button(page, "生成邀请").click()]);
    ({ fragment } = await made.json());
    await page.locator(".qr path").waitFor();
    pin = (await page.locator("[data-pin]").textContent()).trim();
    assert.match(pin, /^\d{4} \d{4}$/);
    await page.getByText(/\d 分 \d+ 秒后失效/).waitFor();
  });
  await scene("guest", lan, ZH, async (page, context) => {
    if (!pin) return;
    await page.locator("#key").fill(pin);
    await button(page, "进入").click();
    await page.locator("#key").waitFor({ state: "detached" });
    assert.equal(await page.evaluate(() => `${isSecureContext} ${navigator.clipboard}`), "false undefined");
    await begin(page);
    await ask(page, "复制这一句");
    await answered(page);
    await page.locator("article.question").hover();
    await page.locator("article.question [data-copy]").click();
    await page.getByText("已复制").waitFor();
    await input(page).focus();
    await page.keyboard.press("Control+v");
    assert.equal(await input(page).inputValue(), "复制这一句");
    const other = await context.newPage();
    await other.goto(`${lan}/admin`);
    await other.getByText("只有管理员能看这一页").waitFor();
  });
  await scene("guest-by-code", `${lan}/${fragment}`, EN, async (page) => {
    await page.getByText("The model runs on your host’s computer").waitFor();
    assert.equal(await page.evaluate(() => location.hash), "", "a code is not kept in the history");
    assert.equal(await page.locator(".item").count(), 0, "a guest sees no other guest's conversations");
  });
  await server.kill();
  server.remove();
}

/** Models: one is fetched with its progress shown, verified, and removed. */
export async function models() {
  const source = await mirror(60e6);
  const server = start({ env: { HF_ENDPOINT: source.url } });
  writeCatalogue(server.home);
  await scene("admin-models", `${await ready(server)}/admin`, EN, async (page) => {
    page.on("dialog", (dialog) => void dialog.accept());
    await button(page, "Download: test:135m").click();
    await page.getByText(/Downloading · \d+ \/ 98 MB · [\d.]+ MB\/s/).waitFor();
    await page.getByText("test:135m is here").waitFor();
    await button(page, "Verify: test:135m").click();
    await page.getByText("test:135m is whole").waitFor();
    await button(page, "Remove: test:135m").click();
    await page.getByText("Deleted test:135m: 98 MB are free").waitFor();
    await button(page, "Download: test:135m").waitFor();
  });
  await server.kill();
  server.remove();
  source.close();
}
