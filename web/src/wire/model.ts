// The model being served: its name, and how much it reads at once.
import { Store } from "../base/store";
import { call } from "./api";
import type { Health } from "./health";

export class Model extends Store {
  name = "";
  context = 0;

  constructor(health: Health) {
    super();
    health.watch(() => health.isReady && health.report?.model !== this.name && void this.#ask());
  }

  async #ask(): Promise<void> {
    try {
      const { id, max_model_len } = await call<{ id: string; max_model_len: number }>("GET", "/v1/models/default");
      this.name = id;
      this.context = max_model_len;
      this.changed();
    } catch {
      // Asked again when the server next says that it is ready.
    }
  }
}

/** A model's name without its folder and the ending of its file. */
export function shortName(name: string): string {
  return (name.split("/").at(-1) ?? "").replace(/\.gguf$/i, "");
}
