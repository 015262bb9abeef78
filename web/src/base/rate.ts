// How fast a count grows, over the last few seconds.
const WINDOW_MS = 6000;

export class Rate {
  #notes: { at: number; done: number }[] = [];

  note(at: number, done: number): void {
    const last = this.#notes.at(-1);
    if (last && done < last.done) this.#notes = [];
    this.#notes.push({ at, done });
    this.#notes = this.#notes.filter((note) => at - note.at <= WINDOW_MS);
  }

  /** Units per second; 0 while it cannot be known. */
  perSecond(): number {
    const first = this.#notes[0];
    const last = this.#notes.at(-1);
    if (!first || !last || last.at <= first.at) return 0;
    return ((last.done - first.done) / (last.at - first.at)) * 1000;
  }
}
