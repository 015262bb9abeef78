// Bundles the extension: the host's half, and the side bar's page, which shares its Markdown with web/; and the licences of
// what is in them.
import { build } from "esbuild";
import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";

const common = { bundle: true, minify: true, target: "es2022", legalComments: "none", metafile: true, outdir: "dist", logLevel: "warning" };

rmSync("dist", { recursive: true, force: true });
const host = await build({ ...common, entryPoints: { extension: "src/extension.ts" }, format: "cjs", platform: "node", external: ["vscode"], outExtension: { ".js": ".cjs" } });
const view = await build({
  ...common, entryPoints: { view: "src/view/main.tsx" }, format: "iife", platform: "browser",
  jsx: "automatic", jsxImportSource: "preact", nodePaths: ["../../web/node_modules"], // one preact, the page's
});

/** The packages whose code is in a bundle. */
const folders = [host, view].flatMap(({ metafile }) => Object.keys(metafile.inputs)).map((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]);
const notices = [...new Set(folders)].filter(Boolean).toSorted().map((folder) => {
  const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (!file) throw new Error(`${name} has no licence file`);
  return `${name} ${version} (${license})\n\n${readFileSync(`${folder}/${file}`, "utf8").trim()}\n`;
});
writeFileSync("dist/THIRD-PARTY.txt", notices.join(`\n${"-".repeat(80)}\n\n`));
