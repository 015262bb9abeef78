// Personas or prompts: one's own and those that others share, as the server keeps them.
import { kept } from "../base/keep";
import { Store } from "../base/store";
import { call } from "../wire/api";
import type { Session } from "../wire/session";
import type { ShelfItem } from "../wire/types";

export type Kind = "personas" | "prompts";

/** What is to be kept; only a persona has a name. */
export interface ItemDraft {
  name?: string | undefined;
  prompt: string;
  shared?: boolean;
}

export class Shelf extends Store {
  list: ShelfItem[] = [];

  constructor(readonly kind: Kind, private readonly session: Session) {
    super();
  }

  get own(): ShelfItem[] {
    return this.list.filter((one) => one.own);
  }

  get others(): ShelfItem[] {
    return this.list.filter((one) => !one.own);
  }

  async load(): Promise<void> {
    try {
      this.list = (await call<Record<Kind, ShelfItem[]>>("GET", `/maque/${this.kind}`))[this.kind];
    } catch (error) {
      this.session.note(error);
    }
    this.changed();
  }

  async save(draft: ItemDraft, id?: number): Promise<void> {
    await this.#put(draft, id);
    await this.load();
  }

  /** Keeps those that are not there yet. */
  async take(drafts: readonly ItemDraft[]): Promise<void> {
    const known = new Set(this.own.map(wordsOf));
    try {
      for (const draft of drafts) {
        if (known.has(wordsOf(draft))) continue;
        known.add(wordsOf(draft));
        await this.#put(draft);
      }
    } finally {
      await this.load();
    }
  }

  async remove(id: number): Promise<void> {
    await call("DELETE", `/maque/${this.kind}/${id}`);
    await this.load();
  }

  /** One's own as a file. */
  exported(): string {
    const list = this.own.map(({ name, prompt }) => (name === undefined ? prompt : { name, prompt }));
    return JSON.stringify({ [`maque_${this.kind}`]: 1, [this.kind]: list }, null, 2);
  }

  async #put({ name, prompt, shared = false }: ItemDraft, id?: number): Promise<void> {
    const body = { ...(name === undefined ? {} : { name: name.slice(0, 200) }), prompt, shared };
    await (id === undefined ? call("POST", `/maque/${this.kind}`, { body }) : call("PATCH", `/maque/${this.kind}/${id}`, { body }));
  }
}

function wordsOf({ name, prompt }: ItemDraft): string {
  return `${name ?? ""}\n${prompt}`;
}

/** Those of a file; none if it is something else. */
export function draftsOf(kind: Kind, text: string): ItemDraft[] {
  try {
    const list = (JSON.parse(text) as Record<string, unknown>)[kind];
    return Array.isArray(list) ? list.flatMap((one) => draftOf(kind, one)) : [];
  } catch {
    return [];
  }
}

function draftOf(kind: Kind, value: unknown): ItemDraft[] {
  const { name, prompt } = (typeof value === "string" ? { prompt: value } : (value ?? {})) as Record<string, unknown>;
  if (typeof prompt !== "string") return [];
  if (kind === "prompts") return prompt.trim() ? [{ prompt: prompt.trim() }] : [];
  return typeof name === "string" && name.trim() ? [{ name: name.replace(/\s+/g, " "), prompt }] : [];
}

/** Brings the prompts that were once kept in this browser; what the server does not take stays here. */
export async function bring(prompts: Shelf): Promise<void> {
  const drafts = draftsOf("prompts", kept.get("prompts"));
  if (drafts.length === 0) return;
  try {
    await prompts.load();
    await prompts.take(drafts);
    kept.set("prompts", "");
  } catch {
    // Tried again when the page is next opened.
  }
}
