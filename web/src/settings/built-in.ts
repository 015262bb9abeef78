// The personas and prompts that come with the page, in both languages; the command line has the same personas.
import type { Language } from "../words/words";
import personas from "./personas.json";
import type { ItemDraft } from "./shelf";

export function builtIn(language: Language): readonly { name: string; prompt: string }[] {
  return personas[language];
}

/** Prompts that come with the page; what is in brackets is to be replaced. */
const PROMPTS: Record<Language, readonly string[]> = {
  zh: [
    "用三句话概括下面的内容：\n[粘贴文字]",
    "把下面的话改得更简洁：\n[粘贴文字]",
    "把下面的内容翻译成英文：\n[粘贴文字]",
    "用一个生活中的例子解释[概念]。",
    "为[主题]列出 5 个要点，每个不超过 20 字。",
    "给初二学生出 3 道关于[知识点]的选择题，附答案。",
    "用 Python 写一个函数：[功能]。只给代码。",
    "解释下面这段代码在做什么：\n```\n[粘贴代码]\n```",
    "写一封给[收件人]的邮件：[事由]。不超过 100 字。",
  ],
  en: [
    "Summarise this in three sentences:\n[paste text]",
    "Make this shorter:\n[paste text]",
    "Translate this into Chinese:\n[paste text]",
    "Explain [concept] with one example from daily life.",
    "List 5 points about [subject], at most 12 words each.",
    "Write 3 multiple-choice questions about [topic] with answers.",
    "Write a Python function that [does what]. Code only.",
    "Explain what this code does:\n```\n[paste code]\n```",
    "Write an e-mail to [whom] about [what], at most 80 words.",
  ],
};

export function builtInPrompts(language: Language): readonly ItemDraft[] {
  return PROMPTS[language].map((prompt) => ({ prompt }));
}
