// What only the administrator asks of the server: who comes in, which models there are, how busy it is.
import { call, open } from "./api";
import type { Why } from "./refusal";
import { eventsOf } from "./sse";

export interface Person {
  id: number;
  name: string;
  role: "admin" | "user";
  bytes: number;
  created_at: number;
}
export interface Invitation {
  pin: string;
  fragment: string;
  expires_in: number;
}
export interface Share {
  shared: boolean;
  urls: string[];
}
export interface Limit {
  name: string;
  value: string;
  english: string;
  chinese: string;
}
export interface Load {
  ready: boolean;
  model?: string;
  uptime: number;
  requests?: { running: number; waiting: number };
  pages?: { used: number; cached: number; all: number };
  tokens?: { prompt: number; cached: number; generated: number };
  memory: { process: number | null; machine: number | null; weights?: number; kv?: number };
}
/** How far a pull or a verification is. */
export interface Step {
  status?: string;
  done?: number;
  total?: number;
  source?: string;
  error?: Why;
}
export interface ModelRow {
  name: string;
  here: boolean;
  served: boolean;
  n_bytes: number;
  description: string;
  chinese: string;
  license: string;
  job: Step | null;
}

export const people = async () => (await call<{ people: Person[] }>("GET", "/maque/people")).people;
export const removePerson = (id: number) => call<void>("DELETE", `/maque/people/${id}`);
export const invite = (guests: number, role: Person["role"]) => call<Invitation>("POST", "/maque/invitations", { body: { guests, role } });
export const share = () => call<Share>("GET", "/maque/share");
export const switchSharing = (shared: boolean) => call<Share>("POST", "/maque/share", { body: { shared } });
export const limits = async () => (await call<{ limits: Limit[] }>("GET", "/maque/limits")).limits;
export const load = () => call<Load>("GET", "/maque/load");
export const models = async () => (await call<{ models: ModelRow[] }>("GET", "/maque/models")).models;
export const removeModel = (name: string) => call<{ freed: number }>("DELETE", `/maque/models/${encodeURIComponent(name)}`);

/** Pulls or verifies a model; tells each step, the last of which says `success` or has an error. */
export async function* work(task: "pull" | "verify", name: string): AsyncGenerator<Step> {
  const response = task === "pull"
    ? await open("POST", "/maque/models/pull", { body: { name } })
    : await open("POST", `/maque/models/${encodeURIComponent(name)}/verify`, { body: {} });
  if (response.body) for await (const { data } of eventsOf(response.body)) if (data !== "[DONE]") yield JSON.parse(data) as Step;
}
