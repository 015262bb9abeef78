// A part of a file that a model is shown, never more of it than fits, and always said.

export interface Lines {
  /** The file's name without its folder. */
  name: string;
  /** VS Code's id of its language. */
  language: string;
  lines: readonly string[];
}
/** Whole lines `from` to `to` of a file of `total`, counted from 1; of a selection within a line, its characters. */
export interface Excerpt {
  name: string;
  language: string;
  text: string;
  from: number;
  to: number;
  total: number;
}

/** About how many tokens a text has, rather too many than too few: measured on code, a token of Qwen2.5 has 3 to 4 ASCII
    characters, and a Chinese character is at most one. */
export function tokensOf(text: string): number {
  const letters = [...text];
  const nAscii = letters.filter((letter) => letter < "\u0080").length;
  return letters.length - nAscii + Math.ceil(0.4 * nAscii);
}

/** Lines `from` to `to` (from 1), as they are. */
export function excerptOf({ name, language, lines }: Lines, from: number, to: number): Excerpt {
  return { name, language, text: lines.slice(from - 1, to).join("\n"), from, to, total: lines.length };
}

/** As many whole lines around line `at` (from 1) as fit into `budget` tokens: as many above as below, while there are. */
export function around(file: Lines, at: number, budget: number): Excerpt {
  const cost = (line: string | undefined) => (line === undefined ? Infinity : tokensOf(line) + 1);
  let from = at;
  let to = at - 1;
  let left = budget;
  for (let before = NaN; before !== to - from; ) {
    before = to - from;
    const below = cost(file.lines[to]);
    if (below <= left) {
      left -= below;
      to++;
    }
    const above = cost(file.lines[from - 2]);
    if (above <= left) {
      left -= above;
      from--;
    }
  }
  return excerptOf(file, from, to);
}

/** The beginning of an excerpt, by whole lines, that fits into `budget` tokens. */
export function beginning(excerpt: Excerpt, budget: number): Excerpt {
  const lines = excerpt.text.split("\n");
  let left = budget;
  const end = lines.findIndex((line) => (left -= tokensOf(line) + 1) < 0);
  if (end < 0) return excerpt;
  return { ...excerpt, text: lines.slice(0, end).join("\n"), to: excerpt.from + Math.max(0, end - 1) };
}
