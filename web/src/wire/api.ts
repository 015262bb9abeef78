// One request to the server: JSON in, JSON or a stream out, a refusal as an error.
import { keptForTab } from "../base/keep";
import { Refusal, reasonOf } from "./refusal";

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
  if (!response.ok) throw new Refusal(response.status, await reasonOf(response));
  return response;
}

/** The JSON that a request is answered with; nothing for 204. */
export async function call<T>(method: Method, path: string, more: More = {}): Promise<T> {
  const response = await open(method, path, more);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

/** A sentence for the reader: the server's own, or nothing where it could not be reached. */
export function reason(error: unknown): string {
  return error instanceof Refusal ? error.message : "";
}

function authorization(): Record<string, string> {
  const key = keptForTab.get("key");
  return key ? { authorization: `Bearer ${key}` } : {};
}
