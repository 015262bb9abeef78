// The server that the extension speaks to: found, watched (more closely while somebody looks), and never started unasked.
import { EventEmitter, workspace, type Disposable, type SecretStorage } from "vscode";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Reach } from "../chat/protocol.ts";
import { Client, Refusal } from "./client.ts";
import { discover, originOf, type Address, type Found } from "./discovery.ts";
import { healthOf, shareOf } from "./health.ts";
import { maqueHome } from "./home.ts";

const COMING_MS = 700;
const SEEN_MS = 4000;
const UNSEEN_MS = 20_000;
/** What was found so long ago is still true. */
const FRESH_MS = 10_000;

/** A model that answers, and how many tokens it reads at once. */
export interface Ready {
  client: Client;
  context: number;
}

/** There is no model to ask; the page says why and what to do. */
export class Unavailable extends Error {}

export class Server implements Disposable {
  reach: Reach = { kind: "looking" };
  #ready: Ready | undefined;
  #foundAt = 0;
  #isSeen = false;
  #timer: NodeJS.Timeout | undefined;
  readonly #changed = new EventEmitter<void>();
  readonly onDidChange = this.#changed.event;

  constructor(private readonly secrets: SecretStorage) {}

  dispose(): void {
    clearTimeout(this.#timer);
    this.#changed.dispose();
  }

  /** Looks now and then from now on; more often while it is seen. */
  watch(isSeen: boolean): void {
    const isNew = isSeen && !this.#isSeen;
    this.#isSeen = isSeen;
    if (isNew || this.#timer === undefined) void this.#goOn();
  }

  /** Finds out where a server is and how it is. */
  async look(): Promise<void> {
    const found = await discover({ setting: setting("server"), note: await note() }, healthOf);
    const before = JSON.stringify(this.reach);
    [this.reach, this.#ready] = await this.#reached(found);
    this.#foundAt = Date.now();
    if (JSON.stringify(this.reach) !== before) this.#changed.fire();
  }

  /** The model, once it answers; throws where nobody is on the way to it. */
  async ready(signal: AbortSignal): Promise<Ready> {
    for (;;) {
      if (!this.#ready || FRESH_MS < Date.now() - this.#foundAt) await this.look();
      signal.throwIfAborted();
      if (this.#ready) return this.#ready;
      if (this.reach.kind !== "coming") throw new Unavailable();
      await new Promise((resolve) => setTimeout(resolve, COMING_MS));
      signal.throwIfAborted();
    }
  }

  /** Keeps a key for the server that asks for one, or for the one that the settings name; an empty one is forgotten. */
  async keep(key: string): Promise<void> {
    const url = "url" in this.reach ? this.reach.url : originOf(setting("server"));
    if (!url) return;
    await (key ? this.secrets.store(keyName(url), key) : this.secrets.delete(keyName(url)));
    await this.look();
  }

  async #goOn(): Promise<void> {
    await this.look();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#goOn(), this.reach.kind === "coming" ? COMING_MS : this.#isSeen ? SEEN_MS : UNSEEN_MS);
  }

  async #reached(found: Found | undefined): Promise<[Reach, Ready | undefined]> {
    if (!found) return [{ kind: "absent" }, undefined];
    const { url, health } = found;
    const details = { url, stage: health.stage, share: shareOf(health), message: health.message ?? "" };
    if (health.status === "loading") return [{ kind: "coming", ...details }, undefined];
    if (health.status === "failed") return [{ kind: "failed", ...details }, undefined];
    try {
      const client = new Client(await this.#withKey(found));
      const { name, context } = await client.model(AbortSignal.timeout(SEEN_MS));
      return [{ kind: "ready", url, model: name }, { client, context }];
    } catch (error) {
      if (error instanceof Refusal && error.status === 401) return [{ kind: "locked", url, model: "" }, undefined];
      return [{ kind: "failed", ...details, message: error instanceof Error ? error.message : "" }, undefined];
    }
  }

  /** A key is sent only to the server that it was given for. */
  async #withKey({ url, key }: Address): Promise<Address> {
    const kept = (await this.secrets.get(keyName(url))) ?? key;
    return kept === undefined ? { url } : { url, key: kept };
  }
}

const keyName = (url: string) => `key of ${url}`;

export function setting(name: "server" | "binary" | "model"): string {
  return workspace.getConfiguration("maque").get(name, "").trim();
}

/** What a running server of this user has left in its data folder. */
async function note(): Promise<string | undefined> {
  const home = maqueHome({ platform: process.platform, userHome: homedir(), env: process.env });
  return readFile(join(home, "server.json"), "utf8").catch(() => undefined);
}
