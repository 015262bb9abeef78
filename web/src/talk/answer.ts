// An answer that is being written: its text so far, and where it waits before the first of it.
import { Store } from "../base/store";
import type { WaitStage } from "../wire/types";

export class Answer extends Store {
  text: string;
  stage: WaitStage | undefined;
  isStopping = false;
  /** Whether no more of it follows. */
  isWhole = false;
  readonly since = performance.now();
  #heard = "";

  constructor(text = "") {
    super();
    this.text = text;
  }

  /** A connection begins, which tells the text from its beginning. */
  begin(): void {
    this.#heard = "";
  }

  wait(stage: WaitStage): void {
    this.stage = stage;
    this.changed();
  }

  push(text: string): void {
    this.#heard += text;
    if (this.#heard.length <= this.text.length) return;
    this.text = this.#heard;
    this.stage = undefined;
    this.changed();
  }

  whole(): void {
    this.isWhole = true;
    this.changed();
  }

  stopping(): void {
    this.isStopping = true;
    this.changed();
  }
}
