// Prose as lines of a comment: broken where words end, or anywhere between Chinese characters.

const WIDTH = 96;

/** Lines of at most about 96 columns; a Chinese character takes two. */
export function wrapped(text: string): string[] {
  return text.split("\n").filter((line) => line.trim()).flatMap(wrappedLine);
}

function wrappedLine(line: string): string[] {
  const lines = [""];
  let width = 0;
  for (const [piece] of line.trimEnd().matchAll(/[\u2e80-\uffef]|[^\s\u2e80-\uffef]+|\s+/gu)) {
    const columns = piece >= "\u2e80" ? 2 * piece.length : piece.length;
    if (WIDTH < width + columns && piece.trim() && !/^[，。、；：！？）”]/.test(piece)) {
      lines.push("");
      width = 0;
    }
    if (lines.at(-1) === "" && !piece.trim() && 1 < lines.length) continue;
    lines[lines.length - 1] += piece;
    width += columns;
  }
  return lines.map((one) => one.trimEnd());
}
