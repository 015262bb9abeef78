// The model being served: its name, and how much it reads at once.
import { Store } from "../base/store";
import { call } from "./api";
import type { Health } from "./health";

/** The name under which the larger model elsewhere is asked. */
export const UPSTREAM = "upstream";

export class Model extends Store {
  name = "";
  context = 0;
  /** A larger model elsewhere, if this person may ask it. */
  upstream: { name: string; host: string } | undefined;

  constructor(health: Health) {
    super();
    health.watch(() => health.isReady && health.report?.model !== this.name && void this.#ask());
  }

  async #ask(): Promise<void> {
    try {
      const { id, max_model_len } = await call<{ id: string; max_model_len: number }>("GET", "/v1/models/default");
      const { data } = await call<{ data: { id: string; display_name: string; owned_by: string }[] }>("GET", "/v1/models");
      const larger = data.find((model) => model.id === UPSTREAM);
      this.upstream = larger && { name: larger.display_name, host: larger.owned_by };
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
