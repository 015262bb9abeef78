// The code that goes along with a question: what is selected, the lines around the cursor, or none; shown before it is sent.
import { EventEmitter, window, type Disposable } from "vscode";
import { currentPlace, fileOf, selectionOf, type Source } from "../source.ts";
import { shownOf } from "./conversation.ts";
import type { Along, Choice } from "./protocol.ts";

/** Cursors move faster than anybody reads. */
const REST_MS = 80;

export class Companion implements Disposable {
  source: Source | undefined;
  #choice: Choice = "file";
  #timer: NodeJS.Timeout | undefined;
  readonly #subscriptions: Disposable[];
  readonly #changed = new EventEmitter<void>();
  readonly onDidChange = this.#changed.event;

  constructor() {
    const later = () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#look(), REST_MS);
    };
    this.#subscriptions = [this.#changed, window.onDidChangeActiveTextEditor(later), window.onDidChangeTextEditorSelection(later)];
    this.#look();
  }

  dispose(): void {
    clearTimeout(this.#timer);
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  get along(): Along {
    return { choice: this.#choice, excerpt: this.source && shownOf(this.source) };
  }

  choose(choice: Choice): void {
    this.#choice = choice;
    this.#take();
  }

  /** A new selection is what is meant, unless nothing is to go along. */
  #look(): void {
    const place = currentPlace();
    if (this.#choice !== "none") this.#choice = place && selectionOf(place) ? "selection" : "file";
    this.#take();
  }

  #take(): void {
    const place = currentPlace();
    if (this.#choice === "none" || !place) this.source = undefined;
    else this.source = this.#choice === "selection" ? selectionOf(place) : fileOf(place);
    this.#changed.fire();
  }
}
