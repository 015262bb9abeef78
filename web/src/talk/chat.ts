// One conversation as the page has it: its tree, the branch that is shown, and the answers being written.
import { Store } from "../base/store";
import { Refusal, call, open, reason } from "../wire/api";
import { saidBy, type Said } from "../wire/answer";
import type { Health } from "../wire/health";
import { UPSTREAM } from "../wire/model";
import type { Session } from "../wire/session";
import type { Conversation, Message, Settings, Summary } from "../wire/types";
import { Answer } from "./answer";
import { Tree } from "./tree";

/** A question that the server has not taken yet. */
export interface Pending {
  content: string | undefined;
  /** The message that it goes after. */
  after: number | null;
  since: number;
  /** Whether the larger model elsewhere is asked. */
  isElsewhere?: boolean;
}

/** What conversations share. */
export interface Surroundings {
  health: Health;
  session: Session;
  /** Something changed that lists show. */
  told: (chat: Chat) => void;
}

const FRESH: Settings = { overflow: "drop_oldest" };

export class Chat extends Store {
  title = "";
  settings: Settings = FRESH;
  tree = new Tree();
  active: number | null = null;
  state: "shown" | "loading" | "missing" | "broken" = "shown";
  pending: Pending | undefined;
  /** Why the last question was not taken, in the server's words; empty where it could not be reached. */
  trouble: string | undefined;
  /** A text to go back into the input, since it was not sent. */
  returned = "";
  touched = 0;
  readonly live = new Map<number, Answer>();
  /** The answer that is being written on the shown branch, or was the last to be. */
  spoken = new Answer();
  #asking: AbortController | undefined;

  constructor(private readonly around: Surroundings, public id?: number) {
    super();
    if (id !== undefined) {
      this.state = "loading";
      void this.load();
    }
  }

  get branch(): Message[] {
    return this.tree.branch(this.active);
  }

  /** The answer of the shown branch that is being written. */
  get running(): number | undefined {
    return this.active !== null && this.live.has(this.active) ? this.active : undefined;
  }

  get isBusy(): boolean {
    return this.pending !== undefined || this.running !== undefined;
  }

  /** Whether the larger model elsewhere answers. */
  get isElsewhere(): boolean {
    return this.settings.model === UPSTREAM;
  }

  async load(): Promise<void> {
    try {
      this.#take(await call<Conversation>("GET", this.#path()));
      this.state = "shown";
    } catch (error) {
      this.around.session.note(error);
      this.state = error instanceof Refusal && error.status === 404 ? "missing" : this.state === "shown" ? "shown" : "broken";
    }
    this.changed();
  }

  /** Asks; `model` is who answers this one question, if not the conversation's own. */
  send(content: string, model?: string): Promise<void> {
    const after = this.active;
    const isElsewhere = model === UPSTREAM || this.isElsewhere;
    return this.#ask({ content, after, since: performance.now(), isElsewhere }, "/messages", { content, parent: after, ...(model ? { model } : {}) });
  }

  edit(id: number, content: string): Promise<void> {
    const after = this.tree.get(id)?.parent ?? null;
    return this.#ask({ content, after, since: performance.now(), isElsewhere: this.isElsewhere }, `/messages/${id}/edit`, { content });
  }

  regenerate(id: number): Promise<void> {
    const message = this.tree.get(id);
    const after = message?.role === "user" ? id : (message?.parent ?? null);
    return this.#ask({ content: undefined, after, since: performance.now(), isElsewhere: this.isElsewhere }, `/messages/${id}/regenerate`, {});
  }

  /** Goes on with an answer that was cut. */
  goOn(id: number): Promise<void> {
    return this.#ask({ content: undefined, after: id, since: performance.now() }, `/messages/${id}/continue`, {});
  }

  async stop(): Promise<void> {
    if (this.pending) this.#asking?.abort();
    const id = this.running;
    if (id === undefined) return;
    this.live.get(id)?.stopping();
    try {
      this.#end(await call<Message>("POST", `${this.#path()}/messages/${id}/stop`, { body: {} }));
    } catch {
      this.around.health.askNow();
    }
  }

  /** Shows the newest branch through a message. */
  async show(id: number): Promise<void> {
    this.active = this.tree.leaf(id);
    this.#speak();
    this.changed();
    await this.#change({ active: id });
  }

  async rename(title: string): Promise<void> {
    this.title = title;
    this.changed();
    await this.#change({ title });
  }

  /** Takes settings; those of a conversation that does not exist yet are kept until its first question. */
  async set(settings: Settings): Promise<void> {
    this.settings = settings;
    this.changed();
    await this.#change({ settings });
  }

  async #change(body: object): Promise<void> {
    if (this.id === undefined) return;
    try {
      this.touched = (await call<Summary>("PATCH", this.#path(), { body })).touched;
      this.around.told(this);
    } catch (error) {
      this.#fail(error);
    }
  }

  #path(): string {
    return `/maque/conversations/${this.id}`;
  }

  #take(conversation: Conversation): void {
    const { title, settings, active, touched, messages } = conversation;
    Object.assign(this, { title, settings, active, touched });
    this.tree = new Tree(messages);
    for (const message of messages) if (message.state === "streaming" && !this.live.has(message.id)) void this.#follow(message);
    this.changed();
  }

  async #ask(pending: Pending, path: string, body: object): Promise<void> {
    if (this.isBusy) return;
    const asking = new AbortController();
    this.#asking = asking;
    this.pending = pending;
    this.trouble = undefined;
    this.changed();
    try {
      await this.around.health.ready(asking.signal);
      await this.#create();
      const response = await open("POST", this.#path() + path, { body, signal: asking.signal });
      await this.#hear(response);
    } catch (error) {
      if (this.pending === pending) this.#giveBack(pending, error, asking.signal);
      else await this.#recover();
    }
  }

  async #create(): Promise<void> {
    if (this.id !== undefined) return;
    const { id, touched } = await call<Summary>("POST", "/maque/conversations", { body: { settings: this.settings } });
    this.id = id;
    this.touched = touched;
  }

  /** A question that was not taken goes back to who wrote it. */
  #giveBack(pending: Pending, error: unknown, signal: AbortSignal): void {
    this.pending = undefined;
    this.returned = pending.content ?? "";
    if (!signal.aborted) this.#fail(error);
    if (signal.aborted && this.id !== undefined) void this.load();
    this.changed();
  }

  #fail(error: unknown): void {
    if (this.around.session.note(error)) return;
    if (!(error instanceof Refusal)) this.around.health.askNow();
    this.trouble = reason(error);
    this.changed();
  }

  /** Hears an answer to its end; an end of the connection alone is none. */
  async #hear(response: Response): Promise<void> {
    let id: number | undefined;
    for await (const said of saidBy(response)) {
      if ("head" in said) id = this.#begin(said.head);
      else if (id !== undefined) this.#note(id, said);
    }
    if (id !== undefined && this.live.has(id)) throw new TypeError("the connection broke");
  }

  #begin({ conversation, question, answer }: { conversation: number; question?: Message; answer: Message }): number {
    this.id = conversation;
    if (question) this.tree.put(question);
    const known = this.live.get(answer.id) ?? new Answer(this.tree.get(answer.id)?.content);
    known.begin();
    this.live.set(answer.id, known);
    this.tree.put({ ...answer, content: known.text, state: "streaming" });
    if (question) this.active = answer.id;
    this.pending = undefined;
    this.#speak();
    this.changed();
    this.around.told(this);
    return answer.id;
  }

  /** Noted at once: an answer can be whole before the next frame is drawn. */
  #speak(): void {
    const live = this.active === null ? undefined : this.live.get(this.active);
    if (live) this.spoken = live;
  }

  #note(id: number, said: Exclude<Said, { head: unknown }>): void {
    const answer = this.live.get(id);
    const message = this.tree.get(id);
    if (!answer || !message) return;
    if ("stage" in said) answer.wait(said.stage);
    else if ("text" in said) answer.push(said.text);
    else this.#end({ ...message, ...said.end, content: answer.text });
  }

  #end(message: Message): void {
    this.live.get(message.id)?.whole();
    this.live.delete(message.id);
    this.tree.put(message);
    this.changed();
    this.around.told(this);
  }

  /** Watches an answer that is being written, through every loss of the server. */
  async #follow(message: Message): Promise<void> {
    const answer = new Answer(message.content);
    this.live.set(message.id, answer);
    try {
      await this.#hear(await open("GET", `${this.#path()}/messages/${message.id}/events`));
    } catch {
      await this.#recover();
    }
  }

  /** The connection is gone: looks again when the server is back. */
  async #recover(): Promise<void> {
    this.around.health.askNow();
    await this.around.health.back();
    this.live.clear();
    await this.load();
  }
}
