// Finds the server: the address of the settings, the note that a running server leaves in its data folder, or the
// default port and the next ones.
import type { Health } from "./health.ts";

/** A server, and the key that its own note gives to programs of the same user. */
export interface Address {
  url: string;
  key?: string;
}
export interface Found extends Address {
  health: Health;
}

export const DEFAULT_PORT = 7860;
/** `serve` takes the next free port when one is taken. */
const N_PORTS = 10;

/** Asks an address how it is; nothing where no Maque answers. */
export type Probe = (url: string) => Promise<Health | undefined>;

interface Places {
  /** The address of the settings; empty for none. */
  setting: string;
  /** The text of `server.json`, where there is one. */
  note: string | undefined;
}

/** The first server that answers. An address that the settings name is the only one asked. */
export async function discover({ setting, note }: Places, probe: Probe): Promise<Found | undefined> {
  const noted = note === undefined ? undefined : noteOf(note);
  if (setting) {
    const url = originOf(setting);
    return url ? first([url === noted?.url ? noted : { url }], probe) : undefined;
  }
  return (noted && (await first([noted], probe))) ?? first(ports(), probe);
}

/** Scheme, host and port of what a person typed; nothing where it is no address. */
export function originOf(typed: string): string | undefined {
  const text = typed.trim();
  const url = /^https?:\/\//i.test(text) ? text : `http://${text}`;
  if (!text || !URL.canParse(url)) return undefined;
  const { hostname, origin } = new URL(url);
  return hostname ? origin : undefined;
}

/** What a running server's note says. */
export function noteOf(text: string): Address | undefined {
  try {
    const { address, key } = JSON.parse(text) as { address?: unknown; key?: unknown };
    const url = typeof address === "string" ? originOf(address) : undefined;
    return url ? { url, ...(typeof key === "string" ? { key } : {}) } : undefined;
  } catch {
    return undefined;
  }
}

function ports(): Address[] {
  return Array.from({ length: N_PORTS }, (_, n) => ({ url: `http://127.0.0.1:${DEFAULT_PORT + n}` }));
}

/** All are asked at once; the first of the list that answered is taken. */
async function first(addresses: Address[], probe: Probe): Promise<Found | undefined> {
  const asked = await Promise.all(addresses.map(async (address) => ({ address, health: await probe(address.url) })));
  for (const { address, health } of asked) if (health) return { ...address, health };
  return undefined;
}
