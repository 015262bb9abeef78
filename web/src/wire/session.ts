// Who sits at the page: a person of a role, or somebody who first needs a key.
import { keptForTab } from "../base/keep";
import { Store } from "../base/store";
import { Refusal, call } from "./api";
import type { Me } from "./types";

export class Session extends Store {
  me: Me | undefined;
  needsKey = false;

  get isAdmin(): boolean {
    return this.me?.role === "admin";
  }

  /** Asks who one is; a server that cannot be reached is asked again by who needs it. */
  async look(): Promise<void> {
    try {
      this.me = await call<Me>("GET", "/maque/me");
      this.needsKey = false;
    } catch (error) {
      this.note(error);
    }
    this.changed();
  }

  /** Takes notice of a refusal that asks for a key; says whether it was one. */
  note(error: unknown): boolean {
    if (!(error instanceof Refusal) || error.status !== 401) return false;
    this.needsKey = true;
    this.changed();
    return true;
  }

  async use(key: string): Promise<void> {
    keptForTab.set("key", key);
    await this.look();
  }
}
