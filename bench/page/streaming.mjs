// How smooth the page is while an answer of 4,000 tokens comes at 100 tokens a second (RATE): frames, and the browser's
// work for each 500 tokens, which should not grow. MAQUE_URL=http://127.0.0.1:7860 node bench/page/streaming.mjs
import { createRequire } from "node:module";

const { chromium } = createRequire(new URL("../../web/package.json", import.meta.url))("playwright-core");
const url = process.env.MAQUE_URL ?? "http://127.0.0.1:7860";
const rate = Number(process.env.RATE ?? 100);
const N = 4000;
const WINDOW = 500;
const FENCE = "```";
const PIECE = `## 第 N 节：爬取网页\n\n先安装依赖，**注意：**版本要一致。然后运行下面的代码，等待 \`titles_loaded\` 出现：\n\n${FENCE}python\nfrom selenium import webdriver\n\n\ndef main(url: str) -> list[str]:\n    """打开页面，返回标题。"""\n    driver = webdriver.Chrome()\n    try:\n        driver.get(url)  # 等待 JS 渲染\n        return [one.text for one in driver.find_elements("css selector", ".title")]\n    finally:\n        driver.quit()\n${FENCE}\n\n1. **第一步**：打开页面，看标题是不是都在。\n2. **第二步**：读取 10~20 条，保存成 CSV。\n3. *Third*: check the rows, then stop.\n\n| 项 | 值 | 说明 |\n|---|---:|---|\n| 1 | 0.5 | first |\n| 2 | 12 | second |\n\n所以 $x^2 + 1$ 总是大于零。> 记得关闭浏览器。\n\n`;

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
const page = await browser.newPage({ viewport: { width: 1280, height: 860 }, locale: "zh-CN" });
await page.addInitScript(`(${streams})(${JSON.stringify({ PIECE, N, rate })})`);
await page.goto(url);
await page.locator("#ask").fill("x");
const client = await page.context().newCDPSession(page);
await client.send("Performance.enable");
await page.locator("#ask").press("Enter");
const rows = [];
let last = await metrics();
for (let n = WINDOW; n <= N; n += WINDOW) {
  await page.waitForFunction((n) => n <= globalThis.benchSent, n, { polling: 20, timeout: 600_000 });
  const now = await metrics();
  rows.push(Object.fromEntries(Object.keys(now).map((name) => [name, ((now[name] - last[name]) / WINDOW) * 1e6])));
  last = now;
}
const gaps = await page.evaluate(() => globalThis.benchGaps.sort((a, b) => a - b));
const at = (share) => gaps[Math.floor(share * (gaps.length - 1))].toFixed(1);
console.log(`${N} tokens at ${rate} a second; frames: ${gaps.length}, median ${at(0.5)} ms, p95 ${at(0.95)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms`);
console.log("µs a token, for each 500 tokens:");
for (const [idx, row] of rows.entries()) console.log(`${(idx + 1) * WINDOW}`.padStart(6), Object.entries(row).map(([name, us]) => `${name} ${us.toFixed(0)}`).join("  "));
await browser.close();

async function metrics() {
  const { metrics } = await client.send("Performance.getMetrics");
  const of = (name) => metrics.find((one) => one.name === name).value;
  return { script: of("ScriptDuration"), layout: of("LayoutDuration"), style: of("RecalcStyleDuration"), all: of("TaskDuration") };
}

/** In the page: the answer to a question comes from here, token by token, and frames are timed. */
function streams({ PIECE, N, rate }) {
  const real = fetch;
  globalThis.benchSent = 0;
  globalThis.benchGaps = [];
  const event = (name, value) => new TextEncoder().encode(`${name ? `event: ${name}\n` : ""}data: ${JSON.stringify(value)}\n\n`);
  const message = (id, parent, role, content) => ({ id, parent, role, content, state: "streaming", finish_reason: null, stats: null, created_at: 0 });
  globalThis.fetch = (path, init) => {
    if (!/\/messages$/.test(String(path))) return real(path, init);
    const tokens = Array.from({ length: 60 }, (_, n) => PIECE.replace("N", n)).join("").match(/[\s\S]{1,3}/gu).slice(0, N);
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(event("maque.message", { conversation: Number(/\d+/.exec(path)), question: message(1e9, null, "user", "x"), answer: message(1e9 + 1, 1e9, "assistant", "") }));
        const since = performance.now();
        const timer = setInterval(() => {
          for (const due = Math.min(N, ((performance.now() - since) / 1000) * rate); globalThis.benchSent < due; globalThis.benchSent++) {
            controller.enqueue(event("", { choices: [{ index: 0, delta: { content: tokens[globalThis.benchSent] }, finish_reason: null }] }));
          }
          if (globalThis.benchSent === N) clearInterval(timer);
        }, 5);
        let before = performance.now();
        requestAnimationFrame(function frame(now) {
          globalThis.benchGaps.push(now - before);
          before = now;
          if (globalThis.benchSent < N) requestAnimationFrame(frame);
        });
      },
    });
    return Promise.resolve(new Response(body, { headers: { "content-type": "text/event-stream" } }));
  };
}
