// The reader's own prompts, kept in this browser.
import { kept } from "../base/keep";
import { Store } from "../base/store";

const MOST = 500;

export class PromptShelf extends Store {
  list: readonly string[] = promptsOf(kept.get("prompts"));

  add(texts: readonly string[]): void {
    this.#set([...new Set([...texts.map((text) => text.trim()).filter(Boolean), ...this.list])].slice(0, MOST));
  }

  change(before: string, after: string): void {
    this.#set(this.list.map((text) => (text === before ? after.trim() : text)).filter(Boolean));
  }

  remove(text: string): void {
    this.#set(this.list.filter((one) => one !== text));
  }

  exported(): string {
    return JSON.stringify({ maque_prompts: 1, prompts: this.list }, null, 2);
  }

  #set(list: readonly string[]): void {
    this.list = list;
    kept.set("prompts", JSON.stringify({ prompts: list }));
    this.changed();
  }
}

/** Prompts of a file or of what was kept; none if it is something else. */
export function promptsOf(text: string): string[] {
  try {
    const { prompts } = JSON.parse(text) as { prompts?: unknown };
    return Array.isArray(prompts) ? prompts.filter((one): one is string => typeof one === "string" && one.trim() !== "").slice(0, MOST) : [];
  } catch {
    return [];
  }
}
