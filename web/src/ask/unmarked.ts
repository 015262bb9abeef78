// Parts of a document's text as people read them: without the marks of Markdown.

/** What is before, in or after a quotation, line by line: each part can be shown for itself. */
export function unmarked(text: string, kind: string | null): string {
  return kind === "markdown" ? text.split("\n").map(line).join("\n") : text;
}

function line(text: string): string {
  const bare = text.replace(/\*\*|__|`/gu, "");
  return /^\s*\|/u.test(text) ? row(bare) : bare.replace(/^(\s*)(#{1,6}|>|[-*+]) +/u, "$1");
}

/** A table's row, or nothing for the line below its head. */
function row(text: string): string {
  return /^[-:|\s]+$/u.test(text) ? "" : text.replace(/^\s*\|\s*|\s*\|\s*$/gu, "").replace(/\s*\|\s*/gu, " · ");
}
