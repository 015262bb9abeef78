// `GET /health`: whether the model answers, and what it is waited for.

export interface Health {
  status: "ok" | "loading" | "failed";
  stage: string;
  model?: string;
  done?: number;
  total?: number;
  message?: string;
}

/** A port without a server refuses at once; a server on a busy machine may take its time. */
const PATIENCE_MS = 5000;

/** How the server at an address is; nothing where none answers, or another program. */
export async function healthOf(url: string): Promise<Health | undefined> {
  try {
    const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(PATIENCE_MS), redirect: "error" });
    return asHealth(await response.json());
  } catch {
    return undefined;
  }
}

/** Other programs use the default port too, so the body's shape decides. */
export function asHealth(value: unknown): Health | undefined {
  const health = value as Partial<Health> | null;
  const isHealth = typeof health === "object" && typeof health?.stage === "string" && ["ok", "loading", "failed"].includes(health.status ?? "");
  return isHealth ? (health as Health) : undefined;
}

/** How much of the model has come, from 0 to 1. */
export function shareOf({ done, total }: { done?: number; total?: number }): number {
  return total ? Math.min(1, (done ?? 0) / total) : 0;
}
