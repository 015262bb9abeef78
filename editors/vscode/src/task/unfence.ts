// The code of an answer: its fenced blocks, or all of it where there is none.

interface Block {
  language: string;
  code: string;
  isClosed: boolean;
}

/** The fenced blocks of a text, in order; the last one may still be open. */
export function blocksIn(text: string): Block[] {
  const blocks: Block[] = [];
  let fence: { close: RegExp; indent: RegExp; block: Block; lines: string[] } | undefined;
  for (const line of text.split("\n")) {
    if (fence?.close.test(line)) {
      fence.block.isClosed = true;
      fence = undefined;
    } else if (fence) {
      fence.lines.push(line.replace(fence.indent, ""));
      fence.block.code = fence.lines.join("\n");
    } else {
      fence = opened(line);
      if (fence) blocks.push(fence.block);
    }
  }
  return blocks;
}

function opened(line: string) {
  const [, indent = "", marks = "", info = ""] = /^( {0,3})(`{3,}|~{3,})\s*([^`]*)$/.exec(line.trimEnd()) ?? [];
  if (!marks) return undefined;
  const close = new RegExp(`^ {0,3}${marks[0]}{${marks.length},}\\s*$`);
  const block: Block = { language: /^[\w+#.-]*/.exec(info)?.[0].toLowerCase() ?? "", code: "", isClosed: false };
  return { close, indent: new RegExp(`^ {0,${indent.length}}`), block, lines: [] as string[] };
}

/** Whether an answer that should be one block of code has it whole, so that nothing more need be written. */
export function isWhole(text: string): boolean {
  return blocksIn(text)[0]?.isClosed === true;
}

/** The code of an answer that should be code: its first block, else all of it. */
export function codeOf(text: string): string {
  return blocksIn(text)[0]?.code ?? text.trim();
}

/** All code of an answer in prose; nothing where it has none. */
export function codeIn(text: string): string | undefined {
  const blocks = blocksIn(text);
  return blocks.length ? blocks.map(({ code }) => code).join("\n\n") : undefined;
}

/** Code moved to the margin that the code it replaces begins at. */
export function indentedLike(code: string, old: string): string {
  const [wanted, own] = [marginOf(old), marginOf(code)];
  const moved = code.split("\n").map((line) => (line.trim() ? wanted + line.slice(own.length) : ""));
  return moved.join("\n") + (old.endsWith("\n") && !code.endsWith("\n") ? "\n" : "");
}

/** The blanks that all lines of a text begin with. */
function marginOf(text: string): string {
  const margins = text.split("\n").filter((line) => line.trim()).map((line) => /^[ \t]*/.exec(line)?.[0] ?? "");
  return margins.reduce((least, margin) => {
    let n = 0;
    while (n < least.length && least[n] === margin[n]) n++;
    return least.slice(0, n);
  }, margins[0] ?? "");
}
