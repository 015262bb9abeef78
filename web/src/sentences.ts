// Finished sentences of a text, without its Markdown signs.
/** The sentences of `text`; of a growing one, without the last, which may go on. */
export function sentencesOf(text: string, state: "growing" | "whole"): string[] {
  const plain = text.replace(/```[\s\S]*?(```|$)/g, "\n").replace(/[*#`>|]+/g, "");
  const found = plain.match(/[^。！？!?\n.]*(?:[。！？!?\n]|\.(?=\s|$)|\.|$)/g) ?? [];
  const isEnded = /[。！？!?\n]$/.test(plain);
  const whole = state === "growing" && !isEnded ? joined(found).slice(0, -1) : joined(found);
  return whole.map((sentence) => sentence.trim()).filter((sentence) => sentence !== "");
}

/** Pieces ended by a dot inside a number or a name belong to the next. */
function joined(pieces: string[]): string[] {
  const sentences: string[] = [];
  let open = "";
  for (const [idx, piece] of pieces.entries()) {
    open += piece;
    const isInside = piece.endsWith(".") && /^\S/.test(pieces[idx + 1] ?? "");
    if (!isInside && open) {
      sentences.push(open);
      open = "";
    }
  }
  return sentences;
}
