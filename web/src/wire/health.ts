// Where the model is on its way, asked of the server again and again.
import { Rate } from "../base/rate";
import { Store } from "../base/store";
import { Refusal } from "./api";
import type { HealthReport } from "./types";

const COMING_MS = 500;
const READY_MS = 3000;

export class Health extends Store {
  report: HealthReport | undefined;
  isGone = false;
  readonly rate = new Rate();
  #n = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  get isReady(): boolean {
    return !this.isGone && this.report?.status === "ok";
  }

  start(): void {
    void this.#ask();
  }

  /** Asks now instead of at the next turn. */
  askNow(): void {
    clearTimeout(this.#timer);
    void this.#ask();
  }

  /** Resolves once the model is ready; rejects when it failed or the caller gave up. */
  ready(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (signal.aborted) reject(signal.reason);
        else if (this.isReady) resolve();
        else if (this.report?.status === "failed") reject(new Refusal(503, { message: this.report.message ?? "" }));
        else return;
        unwatch();
      };
      const unwatch = this.watch(look);
      signal.addEventListener("abort", look, { once: true });
      look();
    });
  }

  /** Resolves once the server answers, whatever its model does. */
  back(): Promise<void> {
    return new Promise((resolve) => {
      const since = this.#n;
      const unwatch = this.watch(() => {
        if (this.isGone || this.#n === since) return;
        unwatch();
        resolve();
      });
    });
  }

  async #ask(): Promise<void> {
    try {
      const response = await fetch("/health", { signal: AbortSignal.timeout(4000), cache: "no-store" });
      this.report = (await response.json()) as HealthReport;
      this.isGone = false;
      if (this.report.stage === "downloading") this.rate.note(performance.now(), this.report.done ?? 0);
    } catch {
      this.isGone = true;
    }
    this.#n++;
    this.changed();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#ask(), this.isReady ? READY_MS : COMING_MS);
  }
}
