// How the page is built: one script, one style sheet, one HTML file, nothing inline.
import { defineConfig } from "vite";

export default defineConfig({
  build: { target: "es2022", modulePreload: false, assetsInlineLimit: 0 },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
});
