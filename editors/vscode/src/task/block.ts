// The block of code that a line belongs to, in any language: found by indentation and blank lines only.

/** Lines, counted from 1. */
export interface Range {
  from: number;
  to: number;
}
type Lines = readonly string[];

const MAX_LINES = 40;

/** The top-level block around line `at`, of a long one the paragraph; nothing on a blank line between blocks. */
export function blockAt(lines: Lines, at: number): Range | undefined {
  const here = at - 1;
  let from = here;
  while (0 < from && !isStart(lines, from)) from--;
  let to = from;
  while (to + 1 < lines.length && !isStart(lines, to + 1)) to++;
  while (from <= to && isBlank(lines[to])) to--;
  while (from < to && isBlank(lines[from])) from++;
  if (here < from || to < here) return undefined;
  const [first, last] = to - from < MAX_LINES ? [from, to] : paragraph(lines, here, from, to);
  return { from: first + 1, to: last + 1 };
}

const isBlank = (line: string | undefined) => line === undefined || line.trim() === "";
const isIndented = (line: string | undefined) => line !== undefined && /^\s+\S/.test(line);

/** Whether a block begins at line `idx`: at the margin, and after another block's inside or before its own. */
function isStart(lines: Lines, idx: number): boolean {
  if (!isAtMargin(lines[idx]) || isHead(lines[idx - 1])) return false;
  return !isAtMargin(lines[idx - 1]) || isIndented(lines[idx + 1]) || isHead(lines[idx]);
}

/** A line at the margin, but for one that goes on with what is above: what closes it, or another branch of it. */
function isAtMargin(line: string | undefined): boolean {
  return !isBlank(line) && !isIndented(line) && !/^(?:[)\]}>{]|(?:else|elif|except|finally|catch|end|then|do|done|fi)\b)/.test(line ?? "");
}

/** A line that belongs to what is below it: a comment, a decorator, an attribute. */
function isHead(line: string | undefined): boolean {
  return /^(?:\/\/|\/\*|--|@|#(?!include|define|if|endif))/.test(line ?? "");
}

/** The lines between two blank ones, at most MAX_LINES around `at`. */
function paragraph(lines: Lines, at: number, from: number, to: number): [number, number] {
  let first = at;
  let last = at;
  while (from < first && !isBlank(lines[first - 1]) && at - first < MAX_LINES / 2) first--;
  while (last < to && !isBlank(lines[last + 1]) && last - at < MAX_LINES / 2) last++;
  return [first, last];
}
