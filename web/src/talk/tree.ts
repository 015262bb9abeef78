// The tree of a conversation's messages, and the branch of it that is shown.
import type { Message } from "../wire/types";

export class Tree {
  #byId = new Map<number, Message>();
  #children = new Map<number | null, number[]>();

  constructor(messages: readonly Message[] = []) {
    for (const message of messages) this.put(message);
  }

  get size(): number {
    return this.#byId.size;
  }

  get(id: number): Message | undefined {
    return this.#byId.get(id);
  }

  all(): Message[] {
    return [...this.#byId.values()];
  }

  /** Adds a message, or takes the newer version of one. */
  put(message: Message): void {
    if (!this.#byId.has(message.id)) {
      const siblings = this.#children.get(message.parent) ?? [];
      this.#children.set(message.parent, [...siblings, message.id].sort((a, b) => a - b));
    }
    this.#byId.set(message.id, message);
  }

  /** From the first message to `last`. */
  branch(last: number | null): Message[] {
    const found: Message[] = [];
    for (let at = last; at !== null; ) {
      const message = this.#byId.get(at);
      if (!message || this.#byId.size < found.length) break;
      found.push(message);
      at = message.parent;
    }
    return found.reverse();
  }

  /** Versions of a message, oldest first: itself and its siblings. */
  versions(id: number): number[] {
    const message = this.#byId.get(id);
    return message ? (this.#children.get(message.parent) ?? []) : [];
  }

  /** The end of the newest branch through `id`. */
  leaf(id: number): number {
    let at = id;
    for (let next = this.#newest(at); next !== undefined; next = this.#newest(at)) at = next;
    return at;
  }

  #newest(id: number): number | undefined {
    return this.#children.get(id)?.at(-1);
  }
}
