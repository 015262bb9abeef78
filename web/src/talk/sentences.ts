// Finished sentences of a text that grows, each told once, without its Markdown signs and without code.
const END = /[。！？!?\n]|\.(?=\s)/g;

export class Sentences {
  #at = 0;
  #isCode = false;

  /** The sentences that `text`, which begins with the text before, has finished; at its end also the last one. */
  next(text: string, isWhole: boolean): string[] {
    const found: string[] = [];
    END.lastIndex = this.#at;
    for (let end = END.exec(text); end; end = END.exec(text)) this.#take(text, end.index + 1, found);
    if (isWhole) this.#take(text, text.length, found);
    return found;
  }

  #take(text: string, end: number, found: string[]): void {
    const raw = text.slice(this.#at, end);
    this.#at = end;
    if (/^\s*(```|~~~)/.test(raw)) this.#isCode = !this.#isCode;
    else if (!this.#isCode) {
      const sentence = raw.replace(/[*#`>|$]+/g, "").trim();
      if (sentence) found.push(sentence);
    }
  }
}
