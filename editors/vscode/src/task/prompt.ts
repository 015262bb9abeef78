// What the model is asked: short, one task at a time, in the reader's language, the code last; so small models do best.
import type { Message } from "../server/client.ts";
import type { Excerpt } from "./excerpt.ts";

export type Language = "zh" | "en";
export type Task =
  | { name: "explain" | "live" }
  | { name: "translate"; to: string }
  | { name: "test" }
  | { name: "fix"; errors: readonly string[] };

/** Errors beyond these confuse a small model more than they tell it. */
const MAX_ERRORS = 3;

/** Whether the answer is to be code and nothing else. */
export function isCode({ name }: Task): boolean {
  return name === "translate" || name === "test" || name === "fix";
}

/** The messages of one task on some code. */
export function promptOf(task: Task, excerpt: Excerpt, language: Language): Message[] {
  const wanted = language === "zh" ? inChinese(task, nameOf(excerpt.language)) : inEnglish(task, nameOf(excerpt.language));
  return [system(language), { role: "user", content: `${wanted}\n\n${fenced(excerpt)}` }];
}

/** What a person asks, with the code that it is about. */
export function questionOf(text: string, excerpt: Excerpt | undefined, language: Language): string {
  if (!excerpt) return text;
  const where = language === "zh" ? `文件 ${excerpt.name}，第 ${excerpt.from}–${excerpt.to} 行：` : `File ${excerpt.name}, lines ${excerpt.from}–${excerpt.to}:`;
  return `${where}\n\n${fenced(excerpt)}\n\n${text}`;
}

export function system(language: Language): Message {
  return { role: "system", content: language === "zh" ? "你是编程助手。用中文简短、准确地回答。" : "You are a programming assistant. Answer briefly and precisely in English." };
}

function inChinese(task: Task, code: string): string {
  switch (task.name) {
    case "explain": return `用中文解释这段${code}代码：它做什么，怎样做到。不超过六句话，不要重复代码。`;
    case "live": return `用一两句中文说明这段${code}代码做什么。`;
    case "translate": return `把这段${code}代码改写成${task.to}。只输出${task.to}代码。`;
    case "test": return `为这段${code}代码写单元测试，${frameworkOf(code, "zh")}只输出测试代码。`;
    case "fix": return `修正这段${code}代码里的错误。${errorsOf(task.errors, "报错：")}只输出修正后的完整代码。`;
  }
}

function inEnglish(task: Task, code: string): string {
  switch (task.name) {
    case "explain": return `Explain this ${code} code: what it does, and how. At most six sentences; do not repeat the code.`;
    case "live": return `Say in one or two sentences what this ${code} code does.`;
    case "translate": return `Rewrite this ${code} code in ${task.to}. Output only the ${task.to} code.`;
    case "test": return `Write unit tests for this ${code} code${frameworkOf(code, "en")}. Output only the test code.`;
    case "fix": return `Fix the bugs in this ${code} code.${errorsOf(task.errors, " Errors: ")} Output only the whole corrected code.`;
  }
}

function errorsOf(errors: readonly string[], lead: string): string {
  return errors.length ? `${lead}${errors.slice(0, MAX_ERRORS).join("; ")}\n` : "";
}

const FRAMEWORKS: Record<string, string> = { Python: "pytest", JavaScript: "node:test", TypeScript: "vitest", Java: "JUnit 5", Kotlin: "JUnit 5", Go: "testing", Rust: "#[test]", "C#": "xUnit", Ruby: "minitest", PHP: "PHPUnit", "C++": "GoogleTest", Swift: "XCTest" };

function frameworkOf(code: string, language: Language): string {
  const framework = FRAMEWORKS[code];
  if (!framework) return "";
  return language === "zh" ? `用 ${framework}。` : ` with ${framework}`;
}

/** VS Code's ids of languages, as people and models call them. */
const NAMES: Record<string, string> = {
  javascript: "JavaScript", javascriptreact: "JavaScript", typescript: "TypeScript", typescriptreact: "TypeScript", python: "Python", java: "Java", c: "C", cpp: "C++",
  csharp: "C#", go: "Go", rust: "Rust", kotlin: "Kotlin", swift: "Swift", php: "PHP", ruby: "Ruby", sql: "SQL", shellscript: "Bash", powershell: "PowerShell", lua: "Lua",
  r: "R", perl: "Perl", html: "HTML", css: "CSS", json: "JSON", yaml: "YAML", xml: "XML", vue: "Vue", dart: "Dart", scala: "Scala", haskell: "Haskell",
};
/** Languages to translate to. */
export const TARGETS = ["Python", "JavaScript", "TypeScript", "Java", "C", "C++", "C#", "Go", "Rust", "Kotlin", "Swift", "PHP", "Ruby", "Lua", "Bash", "SQL"];

export function nameOf(languageId: string): string {
  return NAMES[languageId] ?? (languageId === "plaintext" ? "" : languageId);
}

/** VS Code's id of a language that people call so. */
export function idOf(name: string): string {
  return Object.entries(NAMES).find(([, known]) => known.toLowerCase() === name.toLowerCase())?.[0] ?? "plaintext";
}

/** Code between fences longer than any within it. */
function fenced({ language, text }: Excerpt): string {
  const longest = Math.max(2, ...[...text.matchAll(/`{3,}/g)].map(([marks]) => marks.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language === "plaintext" ? "" : language}\n${text}\n${fence}`;
}
