// Scenes of a first start: the page shows the download, loading and readiness; a question asked meanwhile is answered.
import { ZH, answered, ask, assert, scene } from "./browser.mjs";
import { address, mirror, start, writeCatalogue } from "./server.mjs";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export async function starting() {
  const slow = await mirror(40e6);
  const home = mkdtempSync(join(tmpdir(), "maque-e2e-"));
  writeCatalogue(home);
  const server = start({ home, model: "test:135m", env: { HF_ENDPOINT: slow.url } });
  await scene("first-start", await address(server), ZH, async (page) => {
    await page.locator(".stage", { hasText: "正在下载模型" }).waitFor();
    await page.getByText(/\d+ \/ 98 MB · [\d.]+ MB\/秒/).waitFor();
    await ask(page, "Hello");
    await page.getByText("模型就绪后开始").waitFor();
    await page.locator(".prose").waitFor({ timeout: 60_000 });
    await page.locator(".stage").waitFor({ state: "detached" });
    await page.locator(".box .stop").click({ timeout: 1000 }).catch(() => undefined); // it may be whole already
    await answered(page);
  });
  await server.kill();
  server.remove();
  slow.close();

  const broken = mkdtempSync(join(tmpdir(), "maque-e2e-"));
  writeCatalogue(broken);
  const failing = start({ home: broken, model: "test:135m", env: { HF_ENDPOINT: "http://127.0.0.1:9" } });
  await scene("broken-start", await address(failing), ZH, async (page) => {
    await page.locator(".trouble", { hasText: "模型没能启动" }).waitFor();
    assert.match(await page.locator(".trouble").textContent(), /重新启动 maque/);
  });
  await failing.kill();
  failing.remove();
}
