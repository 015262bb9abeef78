// Scenes of who reaches the page, and how: with assistive technology, a keyboard, little motion, little bandwidth.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { EN, PHONE, answered, ask, assert, begin, button, input, scene } from "./browser.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const MAX_FIRST_LOAD = 150e3;

/** Refuses any violation of WCAG 2.2 AA that axe finds, in light and in dark. */
export async function accessible(page, where) {
  const session = await page.context().newCDPSession(page);
  await session.send("Runtime.evaluate", { expression: axe });
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    await page.waitForTimeout(400);
    const { violations } = await page.evaluate((rules) => globalThis.axe.run(document, { runOnly: rules }), RULES);
    const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`);
    assert.deepEqual(told, [], `${where}, ${colorScheme}`);
  }
  await session.detach();
}

export async function reaching(url) {
  await scene("accessible", url, EN, async (page) => {
    await page.locator(".welcome").waitFor();
    await accessible(page, "empty");
    await begin(page, { max_tokens: 30 });
    await ask(page, "Write a short Python function.");
    await answered(page);
    await accessible(page, "answer");
    await page.locator("article.question").hover();
    await page.locator("[data-edit]").click();
    await accessible(page, "editor");
    await page.keyboard.press("Escape");
    await input(page).fill("Prove that the square root of 2 is irrational.");
    await page.locator(".coach .note").waitFor();
    await accessible(page, "hint");
    await page.locator("[data-settings]").click();
    await accessible(page, "settings");
    await button(page, "Manage personas…").click();
    await button(page, "New persona").click();
    await accessible(page, "personas");
    await page.keyboard.press("Escape");
    await page.locator("[data-prompts]").click();
    await button(page, "New prompt").click();
    await accessible(page, "prompts");
    await page.goto(new URL("/admin", page.url()).href);
    await page.locator("#load").waitFor();
    await accessible(page, "admin");
    await page.goto(new URL("/ask", page.url()).href);
    await page.locator("h1").waitFor();
    await accessible(page, "ask");
    await page.goto(new URL("/c/999999", page.url()).href);
    await page.locator(".state").waitFor();
    await accessible(page, "missing");
  });

  await scene("accessible-phone", url, PHONE, async (page) => {
    await page.locator(".welcome").waitFor();
    await accessible(page, "phone");
    await button(page, "打开对话列表").tap();
    await accessible(page, "drawer");
  });

  await scene("keyboard", url, EN, async (page) => {
    await page.locator(".welcome").waitFor();
    await page.keyboard.press("Shift+Tab");
    for (let n = 0; n < 60; n++) {
      const [label, hasRing] = await page.evaluate(() => [document.activeElement?.textContent, document.activeElement?.matches(":focus-visible")]);
      assert.ok(hasRing, `the focus is seen at ${label}`);
      if (label === "Settings") break;
      await page.keyboard.press("Shift+Tab");
      assert.ok(n < 59, "the settings are reached");
    }
    await page.keyboard.press("Enter");
    await page.locator(".sheet").waitFor();
    await page.keyboard.press("Escape");
    await page.locator(".sheet").waitFor({ state: "detached" });
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Settings");
  });

  await scene("little-motion", url, { ...EN, reducedMotion: "reduce" }, async (page) => {
    await begin(page, { max_tokens: 400 });
    await ask(page, "Write a very long story about a sparrow who travels around the world.");
    await page.locator("article.reply").waitFor();
    const moving = () => page.evaluate(() => document.getAnimations().filter((one) => 1 < one.effect.getComputedTiming().duration).map((one) => one.animationName ?? one.transitionProperty));
    assert.deepEqual(await moving(), []);
    await page.locator(".prose").waitFor();
    await page.locator("[data-settings]").click();
    assert.deepEqual(await moving(), []);
  });

  await scene("first-load", url, EN, async (page) => {
    await page.locator(".prompt").first().waitFor();
    const loaded = await page.evaluate(() => [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")].map(({ name, encodedBodySize, decodedBodySize }) => ({ name, encodedBodySize, decodedBodySize })));
    const n = loaded.reduce((sum, one) => sum + one.encodedBodySize, 0);
    assert.ok(20e3 < n && n < MAX_FIRST_LOAD, JSON.stringify(loaded));
    assert.ok(!loaded.some(({ name }) => /highlight|temml|admin/.test(name)), "what is rarely needed is not loaded");
  });
}
