// Colours code that grows: lines that can no longer change are coloured once.
import { Growing } from "./growing";
import type { Piece } from "./highlight";

/** Characters of lines that still hang together (a long comment) which are coloured again and again. */
const MAX_HANGING = 4000;

/** Colours some lines; says whether the next begins anew. */
export type Colour = (code: string, language: string) => { pieces: Piece[]; isOver: boolean };

export class Painter {
  readonly settled = new Growing<Piece[]>();
  tail: Piece[] = [];
  #text = "";
  #at = 0;

  constructor(private readonly colour: Colour | undefined, private readonly language: string) {}

  /** Takes a text that begins with the text before. */
  update(text: string): void {
    if (text === this.#text) return;
    this.#text = text;
    for (let from = this.#at, end = text.indexOf("\n", from); 0 <= end; end = text.indexOf("\n", from)) {
      from = end + 1;
      const lines = text.slice(this.#at, from);
      const { pieces, isOver } = this.#coloured(lines);
      if (!isOver && lines.length < MAX_HANGING) continue;
      this.settled.push(pieces);
      this.#at = from;
    }
    this.tail = this.#coloured(text.slice(this.#at)).pieces;
  }

  #coloured(lines: string): { pieces: Piece[]; isOver: boolean } {
    return this.colour && lines ? this.colour(lines, this.language) : { pieces: lines ? [{ text: lines, kind: "" }] : [], isOver: true };
  }
}
