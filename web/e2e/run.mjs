// Drives the page in the system's Chromium against the real binary with real weights:
// MAQUE_BIN=… MAQUE_WEIGHTS=model.gguf [SHOTS=folder] [DIST=dist] node e2e/run.mjs [scene …]
import { assert, end, trouble } from "./browser.mjs";
import { escalating } from "./escalating.mjs";
import { keeping, restarting } from "./keeping.mjs";
import { library, models, pages, sharing } from "./pages.mjs";
import { reaching } from "./reaching.mjs";
import { ready, start } from "./server.mjs";
import { hostile, showing } from "./showing.mjs";
import { starting } from "./starting.mjs";
import { talking } from "./talking.mjs";

const server = start({ args: ["--context", "4096"] });
try {
  const url = await ready(server);
  await talking(url);
  await keeping(url);
  await showing(url);
  await reaching(url);
  await hostile(url);
  await escalating(url);
  await pages(url);
  await sharing();
  await models();
  await library();
  await restarting();
  await starting();
} finally {
  await end();
  await server.kill();
  server.remove();
}
assert.deepEqual(trouble, [], "no error, no violation of the policy, no foreign request");
