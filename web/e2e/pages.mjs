// Scenes of the pages beside the conversation, and of a server that is shared: administration, guests by PIN and by QR
// code, copying over plain http from an address that is not loopback.
import { EN, ZH, answered, ask, assert, begin, button, input, scene } from "./browser.mjs";
import { accessible } from "./reaching.mjs";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { lanAddress, mirror, ready, start, until, writeCatalogue } from "./server.mjs";

const HANDBOOK = "# 新员工手册\n\n## 请假\n\n年假每年 10 天，入职满三个月后可以使用。请假需要提前一个工作日在 OA 系统提交，由直属主管审批。\n\n## 报销\n\n发票在 30 天内提交，单笔超过 1000 元需要部门经理签字。\n";
const TABLE = "问题,回答\nOA 密码忘了怎么办？,在登录页点“忘记密码”，输入工号和手机号即可重置。\n食堂几点开饭？,\"早餐 7:30，午餐 11:30，晚餐 17:30。\"\n访客怎么登记？,在前台出示身份证，由接待人签字。\n";

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
    await page.getByText("What a client may take of the server").click();
    await page.getByText("connections at once", { exact: true }).waitFor();
    await page.getByRole("switch", { name: "Share on the LAN" }).click();
    const [shared, alone] = [page.getByText("People on the LAN can come in"), page.getByText("no address on a LAN")];
    await shared.or(alone).waitFor();
    if (await alone.isVisible()) return;
    await page.locator(".urls code").first().waitFor();
    await page.getByRole("switch", { name: "Stop sharing" }).click();
    await page.getByText("Only this computer can use it now.").waitFor();
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
    await page.locator("#key").waitFor();
    await accessible(page, "key");
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
    await accessible(page, "invitation");
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

/** A server with a small library: a handbook and a table of frequent questions. */
export async function withLibrary(server) {
  const url = await ready(server);
  const folder = join(server.home, "资料");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "新员工手册.md"), HANDBOOK);
  writeFileSync(join(folder, "常见问题.csv"), TABLE);
  writeFileSync(join(folder, "坏的.pdf"), "no PDF");
  const added = await fetch(`${url}/v1/library/folders`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ path: folder }) });
  assert.equal(added.status, 201, await added.text());
  await until(async () => (await (await fetch(`${url}/v1/library/status`)).json()).state === "ready", "the library is read");
  return url;
}

/** Questions to the library: a frequent one at once, one that the documents answer, and one that they do not. */
export async function library() {
  const server = start();
  await scene("ask", `${await withLibrary(server)}/ask`, ZH, async (page) => {
    await page.getByText("有 1 个文件没有读进来").click();
    assert.equal(await page.locator(".skipped li").textContent(), "坏的.pdf已损坏，或内容与扩展名不符");
    await accessible(page, "skipped files");
    await button(page, "食堂几点开饭？").click();
    await page.getByText("来自常见问题表").waitFor();
    await page.locator(".sources .place", { hasText: "常见问题.csv" }).waitFor();
    assert.match(await page.locator(".kiosk-answer").textContent(), /午餐 11:30/);
    await button(page, "问别的").click();
    await page.locator("h1", { hasText: "有什么想问的？" }).waitFor();
    await page.getByLabel("输入你的问题…").fill("发票多少天内提交？");
    await page.getByLabel("输入你的问题…").press("Enter");
    await page.locator(".sources .place", { hasText: "新员工手册.md" }).first().waitFor();
    await accessible(page, "quotation");
    await button(page, "问别的").click();
    await page.getByLabel("输入你的问题…").fill("请假时要给主管带什么礼物？");
    await button(page, "提问").click();
    await page.locator(".not-found").waitFor();
    await page.locator(".sources mark").first().waitFor();
    await accessible(page, "nearest passages");
  });
  await server.kill();
  server.remove();
}
