// The conversations at hand: those that are open, the one that is shown, and the list of all.
import { kept } from "../base/keep";
import type { Route } from "../base/route";
import { Store } from "../base/store";
import { call, open } from "../wire/api";
import type { Health } from "../wire/health";
import type { Session } from "../wire/session";
import type { Found, Summary } from "../wire/types";
import { Chat, type Surroundings } from "./chat";

const PAGE = 60;
const LOOK_MS = 10_000;

export class Desk extends Store {
  list: Summary[] | undefined;
  hasMore = false;
  query = "";
  found: Found[] | undefined;
  current: Chat;
  /** A message that was searched for, to be brought into view. */
  sought: number | undefined;
  #open = new Map<number, Chat>();
  #channel = new BroadcastChannel("maque");
  #around: Surroundings;

  constructor(private readonly route: Route, health: Health, private readonly session: Session) {
    super();
    this.#around = { health, session, told: (chat) => this.#told(chat) };
    this.current = new Chat(this.#around);
    route.watch(() => this.#place());
    session.watch(() => !session.needsKey && !this.list && void this.refresh());
    health.watch(() => health.isReady && !this.list && void this.refresh());
    this.#channel.addEventListener("message", () => void this.refresh());
    document.addEventListener("visibilitychange", () => !document.hidden && void this.refresh());
    setInterval(() => !document.hidden && !health.isGone && void this.refresh(), LOOK_MS);
    this.#place();
    void this.refresh();
  }

  isRunning(id: number): boolean {
    return 0 < (this.#open.get(id)?.live.size ?? 0);
  }

  fresh(): void {
    if (this.current.id !== undefined || this.current.isBusy) this.#shows(new Chat(this.#around));
    this.route.go("/");
  }

  open(id: number, sought?: number): void {
    this.sought = sought;
    this.route.go(`/c/${id}`);
  }

  /** Asks for the list anew, and for the shown conversation if somebody else changed it. */
  async refresh(): Promise<void> {
    try {
      const limit = Math.max(PAGE, this.list?.length ?? 0);
      const { conversations } = await call<{ conversations: Summary[] }>("GET", `/maque/conversations?limit=${Math.min(limit, 200)}`);
      this.list = conversations;
      this.hasMore = conversations.length === limit;
      this.#compare(conversations);
    } catch (error) {
      this.session.note(error);
    }
    this.changed();
  }

  async more(): Promise<void> {
    const before = this.list?.at(-1)?.touched;
    const { conversations } = await call<{ conversations: Summary[] }>("GET", `/maque/conversations?limit=${PAGE}&before=${before}`);
    this.list = [...(this.list ?? []), ...conversations];
    this.hasMore = conversations.length === PAGE;
    this.changed();
  }

  /** Finds conversations; an empty query shows the list again. */
  async search(query: string): Promise<void> {
    this.query = query;
    if (!query.trim()) this.found = undefined;
    this.changed();
    if (!query.trim()) return;
    const { conversations } = await call<{ conversations: Found[] }>("GET", `/maque/conversations?q=${encodeURIComponent(query.slice(0, 100))}`);
    if (this.query !== query) return;
    this.found = conversations;
    this.changed();
  }

  async rename(id: number, title: string): Promise<void> {
    const chat = this.#open.get(id);
    if (chat) await chat.rename(title);
    else await call("PATCH", `/maque/conversations/${id}`, { body: { title } });
    await this.refresh();
  }

  /** Deletes a conversation; what comes back puts it there again. */
  async remove(id: number): Promise<() => Promise<void>> {
    const copy: unknown = await (await open("GET", `/maque/conversations/${id}/export`)).json();
    await call("DELETE", `/maque/conversations/${id}`);
    this.#open.delete(id);
    if (this.current.id === id) this.fresh();
    this.#announce();
    kept.set(`draft.${id}`, "");
    return () => this.import(copy);
  }

  /** Takes what an export gave, and shows it. */
  async import(transfer: unknown): Promise<void> {
    const { id } = await call<Summary>("POST", "/maque/conversations/import", { body: transfer });
    this.#announce();
    this.open(id);
  }

  async export(id: number, format: "json" | "markdown"): Promise<string> {
    return (await open("GET", `/maque/conversations/${id}/export?format=${format}`)).text();
  }

  #announce(): void {
    this.#channel.postMessage("changed");
    void this.refresh();
  }

  /** Somebody else may have changed what is open here. */
  #compare(conversations: Summary[]): void {
    const mine = conversations.find((one) => one.id === this.current.id);
    const isOther = mine && this.current.touched < mine.touched && !this.current.isBusy;
    if (isOther && this.current.state !== "loading") void this.current.load();
  }

  #told(chat: Chat): void {
    if (chat.id !== undefined) this.#open.set(chat.id, chat);
    if (chat === this.current && chat.id !== undefined && this.route.place.page === "talk" && this.route.place.id !== chat.id) this.route.name(`/c/${chat.id}`);
    this.#announce();
  }

  #place(): void {
    const place = this.route.place;
    if (place.page !== "talk" || place.id === this.current.id) return;
    if (place.id === undefined) return this.#shows(new Chat(this.#around));
    const known = this.#open.get(place.id) ?? new Chat(this.#around, place.id);
    this.#open.set(place.id, known);
    this.#shows(known);
  }

  #shows(chat: Chat): void {
    this.current = chat;
    this.changed();
  }
}
