// Which language the page speaks: the reader's choice, else the browser's.
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { kept } from "../base/keep";
import { en } from "./en";
import { zh, type Words } from "./zh";

export type Language = "zh" | "en";
export const LANGUAGES: Record<Language, Words> = { zh, en };
export const Spoken = createContext<Words>(zh);

/** The first of `wanted` that the page speaks; English where there is none. */
export function pickLanguage(wanted: readonly string[]): Language {
  const known = wanted.map((tag) => tag.toLowerCase().slice(0, 2)).find((tag) => tag === "zh" || tag === "en");
  return known === "zh" ? "zh" : "en";
}

export function savedLanguage(): Language {
  const choice = kept.get("language");
  return choice === "zh" || choice === "en" ? choice : pickLanguage(navigator.languages);
}

export function applyLanguage(language: Language): void {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
}

/** Whether the page speaks Chinese now. */
export function speaksChinese(): boolean {
  return document.documentElement.lang.startsWith("zh");
}

export function useWords(): Words {
  return useContext(Spoken);
}

/** The language of the words. */
export function useLanguage(): Language {
  return useWords() === zh ? "zh" : "en";
}
