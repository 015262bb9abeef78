// A value that views watch: changes are told at most once per frame.
import { useEffect, useReducer } from "preact/hooks";

export class Store {
  /** How often it was told to have changed. */
  version = 0;
  #watchers = new Set<() => void>();
  #frame = 0;

  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  protected changed(): void {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.version++;
      for (const watcher of this.#watchers) watcher();
    });
  }
}

/** Draws the calling component anew when `store` has changed, also between its drawing and its watching. */
export function useStore(store: Store): void {
  const [, redraw] = useReducer((n: number, _: void) => n + 1, 0);
  const { version } = store;
  useEffect(() => {
    if (store.version !== version) redraw();
    return store.watch(() => redraw());
  }, [store]);
}
