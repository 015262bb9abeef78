// Parts of a document's text as people read them: without the marks of Markdown.

/** What is before, in or after a quotation; line by line, so that each part can be shown for itself. */
export function unmarked(text: string, kind: string | null): string {
  if (kind !== "markdown") {
    return text;
  }
  return text
    .replace(/^\s*\|[-:| ]+\|\s*$/gmu, "") // the line below a table's head
    .replace(/^(\s*)(#{1,6}|>|[-*+]) +/gmu, "$1")
    .replace(/^\s*\| *| *\|\s*$/gmu, "")
    .replace(/ *\| */gu, " · ")
    .replace(/\*\*|__|`/gu, "");
}
