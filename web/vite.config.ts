// How the page is built: one script, one style sheet, no inline code.
import { defineConfig } from "vite";

export default defineConfig({
  build: { modulePreload: { polyfill: false }, assetsInlineLimit: 0, target: "es2022" },
});
