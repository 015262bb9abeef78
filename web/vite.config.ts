// How the page is built: one script and what is loaded later, one style sheet, one HTML file, nothing inline; each also
// packed, as the server sends it.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

/** Writes `file.gz` beside each file that shrinks. */
const packed: Plugin = {
  name: "packed",
  writeBundle({ dir = "dist" }) {
    for (const name of ["index.html", ...readdirSync(`${dir}/assets`).map((file) => `assets/${file}`)]) {
      if (name.endsWith(".gz")) continue;
      const bytes = readFileSync(`${dir}/${name}`);
      const small = gzipSync(bytes, { level: 9 });
      if (small.length < bytes.length) writeFileSync(`${dir}/${name}.gz`, small);
    }
  },
};

const server = process.env.MAQUE_URL ?? "http://127.0.0.1:7860";
const proxy = { "^/(maque|v1|health|metrics)": { target: server, changeOrigin: true, headers: { origin: server } } };

export default defineConfig({
  build: { target: "es2022", modulePreload: false, assetsInlineLimit: 0, cssCodeSplit: false },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  plugins: [packed],
  server: { proxy },
  preview: { proxy },
});
