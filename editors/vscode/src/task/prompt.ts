// What the model is asked: short, one task at a time, in the reader's language, the code last. Of the forms that were tried
// on Qwen2.5-Coder-0.5B these did best; code that it need not explain it writes only when its answer is begun for it.
import type { Message } from "../server/client.ts";
import type { Excerpt } from "./excerpt.ts";
import { idOf, nameOf } from "./languages.ts";
import { testOf } from "./tests.ts";

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

/** The messages of one task on some code; where the answer is code, the last one is its beginning. */
export function promptOf(task: Task, excerpt: Excerpt, language: Language): Message[] {
  const wanted = language === "zh" ? inChinese(task, excerpt) : inEnglish(task, excerpt);
  const begin = beginOf(task, excerpt);
  return [system(language), { role: "user", content: `${wanted}\n\n${fenced(excerpt)}` }, ...(begin ? [{ role: "assistant" as const, content: begin }] : [])];
}

/** How an answer of code begins: with its fence, so that no words come before it. */
function beginOf(task: Task, { name, language, text }: Excerpt): string {
  if (!isCode(task)) return "";
  if (task.name === "test") return `\`\`\`${language}\n${testOf(nameOf(language), text, name).begin}`;
  return `\`\`\`${task.name === "translate" ? idOf(task.to) : language}\n`;
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

function inChinese(task: Task, excerpt: Excerpt): string {
  const code = nameOf(excerpt.language);
  switch (task.name) {
    case "explain": return `解释这段${code}代码做什么，以及每一步怎样做到，用三四句话。`;
    case "live": return `用一两句中文说明这段${code}代码做什么。`;
    case "translate": return `把这段${code}代码改写成${task.to}。只输出${task.to}代码。`;
    case "test": {
      const { subject, framework } = testOf(code, excerpt.text, excerpt.name);
      return `${framework && `用 ${framework} `}为${subject ? ` ${subject} ` : `这段${code}代码`}写三个简短的单元测试。`;
    }
    case "fix": return `这段${code}代码有错误，请找出来并写出修正后的代码。${errorsOf(task.errors, "报错：")}`;
  }
}

function inEnglish(task: Task, excerpt: Excerpt): string {
  const code = nameOf(excerpt.language);
  switch (task.name) {
    case "explain": return `Explain this ${code} code in at most three sentences, as plain text without lists.`;
    case "live": return `Say in one or two sentences what this ${code} code does.`;
    case "translate": return `Rewrite this ${code} code in ${task.to}. Output only the ${task.to} code.`;
    case "test": {
      const { subject, framework } = testOf(code, excerpt.text, excerpt.name);
      return `Write three short unit tests for ${subject || `this ${code} code`}${framework && `, with ${framework}`}.`;
    }
    case "fix": return `There is a bug in this ${code} code. Find it and write the corrected code.${errorsOf(task.errors, " Errors: ")}`;
  }
}

function errorsOf(errors: readonly string[], lead: string): string {
  return errors.length ? lead + errors.slice(0, MAX_ERRORS).join("; ") : "";
}

/** Code between fences longer than any within it. */
function fenced({ language, text }: Excerpt): string {
  const longest = Math.max(2, ...[...text.matchAll(/`{3,}/g)].map(([marks]) => marks.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language === "plaintext" ? "" : language}\n${text}\n${fence}`;
}
