// Where the model is on its way, asked of the server again and again.
import { health, type HealthReport } from "./api";
import { Rate } from "./rate";
import { Store } from "./store";

const COMING_MS = 500;
const READY_MS = 3000;

export class Health extends Store {
  report: HealthReport | undefined;
  isGone = false;
  readonly rate = new Rate();
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
        else if (this.report?.status === "failed") reject(new Error(this.report.message));
        else return;
        unwatch();
      };
      const unwatch = this.watch(look);
      signal.addEventListener("abort", look, { once: true });
      look();
    });
  }

  async #ask(): Promise<void> {
    try {
      this.report = await health(AbortSignal.timeout(4000));
      this.isGone = false;
      if (this.report.stage === "downloading") this.rate.note(performance.now(), this.report.done ?? 0);
    } catch {
      this.isGone = true;
    }
    this.changed();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#ask(), this.isReady ? READY_MS : COMING_MS);
  }
}
