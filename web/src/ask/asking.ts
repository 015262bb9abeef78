// One question at a time to the library, and what is known of its answer.
import { Store } from "../base/store";
import { Refusal, reason } from "../wire/api";
import { askLibrary, libraryStatus, type LibraryAnswer, type LibraryStatus, type Quotation, type Told } from "../wire/library";
import type { Session } from "../wire/session";
import type { WaitStage } from "../wire/types";

const LOOK_MS = { indexing: 1000, empty: 5000, ready: 30_000 };

export class Asking extends Store {
  status: LibraryStatus | undefined;
  question = "";
  text = "";
  stage: WaitStage | undefined;
  quotations: Quotation[] = [];
  answer: LibraryAnswer | undefined;
  trouble: string | undefined;
  isBusy = false;
  since = 0;
  #abort: AbortController | undefined;
  #timer = 0;

  constructor(private readonly session: Session) {
    super();
  }

  async look(): Promise<void> {
    clearTimeout(this.#timer);
    try {
      this.status = await libraryStatus();
    } catch (error) {
      this.session.note(error);
    }
    this.changed();
    this.#timer = window.setTimeout(() => void this.look(), LOOK_MS[this.status?.state ?? "empty"]);
  }

  leave(): void {
    clearTimeout(this.#timer);
    this.reset();
  }

  /** As it was before anybody asked. */
  reset(): void {
    this.#abort?.abort();
    Object.assign(this, { question: "", text: "", stage: undefined, quotations: [], answer: undefined, trouble: undefined, isBusy: false });
    this.changed();
  }

  async ask(question: string): Promise<void> {
    this.reset();
    const abort = new AbortController();
    this.#abort = abort;
    Object.assign(this, { question, isBusy: true, since: performance.now() });
    this.changed();
    try {
      for await (const told of askLibrary(question, abort.signal)) {
        if (abort.signal.aborted) return;
        this.#hear(told);
        this.changed();
      }
      if (!this.answer) throw new TypeError("the connection broke");
    } catch (error) {
      if (abort.signal.aborted) return;
      this.session.note(error);
      this.trouble = error instanceof Refusal ? reason(error) : "";
    }
    this.isBusy = false;
    this.stage = undefined;
    this.changed();
  }

  #hear(told: Told): void {
    if ("stage" in told) this.stage = told.stage;
    if ("quotation" in told) this.quotations = [...this.quotations, told.quotation];
    if ("delta" in told) this.text += told.delta;
    if ("answer" in told) this.#end(told.answer);
  }

  /** The whole answer counts, not what was told on the way. */
  #end(answer: LibraryAnswer): void {
    this.answer = answer;
    this.text = answer.answer;
    this.quotations = answer.quotations;
  }
}
