// Which part of the page is shown, by its address.
import { Store } from "./store";

export type Place = { page: "talk"; id?: number } | { page: "ask" } | { page: "admin" };

/** What an address shows; an unknown one is a new conversation. */
export function placeOf(path: string): Place {
  const id = /^\/c\/(\d{1,15})$/.exec(path)?.[1];
  if (id) return { page: "talk", id: Number(id) };
  return path === "/ask" ? { page: "ask" } : path === "/admin" ? { page: "admin" } : { page: "talk" };
}

export class Route extends Store {
  place: Place = placeOf(location.pathname);

  constructor() {
    super();
    addEventListener("popstate", () => this.#look());
  }

  go(path: string): void {
    if (path !== location.pathname) history.pushState(null, "", path);
    this.#look();
  }

  /** Gives what is shown its address, without another step in the history. */
  name(path: string): void {
    history.replaceState(null, "", path);
    this.place = placeOf(path);
    this.changed();
  }

  #look(): void {
    this.place = placeOf(location.pathname);
    this.changed();
  }
}
