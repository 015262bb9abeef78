// Personas: one's own and those that others share, as the server keeps them.
import { Store } from "../base/store";
import { call } from "../wire/api";
import type { Session } from "../wire/session";
import type { Persona } from "../wire/types";

export interface PersonaDraft {
  name: string;
  prompt: string;
  shared?: boolean;
}

export class PersonaShelf extends Store {
  list: Persona[] = [];

  constructor(private readonly session: Session) {
    super();
  }

  async load(): Promise<void> {
    try {
      this.list = (await call<{ personas: Persona[] }>("GET", "/maque/personas")).personas;
    } catch (error) {
      this.session.note(error);
    }
    this.changed();
  }

  async save(draft: PersonaDraft, id?: number): Promise<void> {
    const body = { name: draft.name.slice(0, 200), prompt: draft.prompt, shared: draft.shared ?? false };
    await (id === undefined ? call("POST", "/maque/personas", { body }) : call("PATCH", `/maque/personas/${id}`, { body }));
    await this.load();
  }

  async remove(id: number): Promise<void> {
    await call("DELETE", `/maque/personas/${id}`);
    await this.load();
  }
}

/** Personas as a file. */
export function exported(personas: readonly Persona[]): string {
  return JSON.stringify({ maque_personas: 1, personas: personas.map(({ name, prompt }) => ({ name, prompt })) }, null, 2);
}

/** Personas of a file; none if it is something else. */
export function imported(text: string): PersonaDraft[] {
  try {
    const { personas } = JSON.parse(text) as { personas?: unknown };
    return Array.isArray(personas) ? personas.filter(isDraft).map(({ name, prompt }) => ({ name: name.replace(/\s+/g, " "), prompt })) : [];
  } catch {
    return [];
  }
}

function isDraft(value: unknown): value is PersonaDraft {
  const { name, prompt } = (value ?? {}) as Partial<PersonaDraft>;
  return typeof name === "string" && name.trim() !== "" && typeof prompt === "string";
}
