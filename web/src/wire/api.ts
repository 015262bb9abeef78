// One request to the server: JSON in, JSON or a stream out, a refusal as an error.
import { keptForTab } from "../base/keep";
import { inChinese } from "../words/refusals";
import { speaksChinese } from "../words/words";
import { Refusal, toldBy } from "./refusal";

export { Refusal };

type Method = "GET" | "POST" | "PATCH" | "DELETE";
interface More {
  body?: unknown;
  signal?: AbortSignal;
}

/** A response that is no refusal. */
export async function open(method: Method, path: string, { body, signal }: More = {}): Promise<Response> {
  const response = await fetch(path, {
    method,
    cache: "no-store",
    headers: { ...authorization(), ...(method === "GET" ? {} : { "content-type": "application/json" }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal ? { signal } : {}),
  });
  if (!response.ok) throw new Refusal(response.status, await toldBy(response));
  return response;
}

/** The JSON that a request is answered with; nothing for 204. */
export async function call<T>(method: Method, path: string, more: More = {}): Promise<T> {
  const response = await open(method, path, more);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

/** A sentence for the reader in the page's language, or nothing where the server could not be reached. */
export function reason(error: unknown): string {
  if (!(error instanceof Refusal)) return "";
  return (speaksChinese() && inChinese(error.told)) || error.message;
}

function authorization(): Record<string, string> {
  const key = keptForTab.get("key");
  return key ? { authorization: `Bearer ${key}` } : {};
}
