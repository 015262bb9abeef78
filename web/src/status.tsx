// How the model is: its stages while it comes, and a server that went away.
import { useEffect, useRef, useState } from "preact/hooks";
import { health, type Health } from "./api";
import type { Words } from "./words";

/** How the model is now; asked often while it is not ready, seldom when it is. */
export function useHealth(): Health {
  const [state, setState] = useState<Health>({ status: "loading" });
  useEffect(() => {
    let timer = 0;
    const look = async () => {
      const now = await health();
      setState(now);
      timer = setTimeout(look, now.status === "ok" ? 5000 : 500);
    };
    void look();
    return () => clearTimeout(timer);
  }, []);
  return state;
}

/** The stage with its progress, or what is wrong. */
export function Status({ health, words }: { health: Health; words: Words }) {
  const rate = useRate(health);
  if (health.status === "gone") return <p class="status warn" role="alert">{words.gone}</p>;
  if (health.status === "failed") {
    return <p class="status warn" role="alert">{words.failed}: {health.message}</p>;
  }
  const { stage = "locating", done, total } = health;
  const name = words[stage as "loading"] ?? stage;
  return (
    <div class="status" role="status">
      <span>{name} {health.model?.split("/").pop()}</span>
      {total ? <progress value={done} max={total} /> : <progress />}
      {total && stage === "downloading" ? <span>{amounts(done ?? 0, total, rate, words)}</span> : null}
    </div>
  );
}

/** Bytes a second, since the download was first seen. */
function useRate(health: Health): number {
  const start = useRef<{ at: number; done: number } | null>(null);
  if (health.stage !== "downloading" || health.done === undefined) {
    start.current = null;
    return 0;
  }
  start.current ??= { at: performance.now(), done: health.done };
  const seconds = (performance.now() - start.current.at) / 1000;
  return seconds < 1 ? 0 : (health.done - start.current.done) / seconds;
}

/** Done and total in MB, speed, time left. */
export function amounts(done: number, total: number, rate: number, words: Words): string {
  const parts = [`${Math.round(done / 1e6)} / ${Math.round(total / 1e6)} MB`];
  if (0 < rate) parts.push(`${(rate / 1e6).toFixed(1)} MB/s`, `${words.left} ${Math.ceil((total - done) / rate)} s`);
  return parts.join(" · ");
}
