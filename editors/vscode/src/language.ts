// The language of the editor, which answers are written in.
import { env } from "vscode";
import type { Language } from "./task/prompt.ts";

export function language(): Language {
  return env.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}
