// Where a piece of text is now, after the file may have changed.

/** The offset of `wanted` in `text`: where it was, or the one other place where it is. */
export function placeOf(text: string, wanted: string, offset: number): number | undefined {
  if (wanted === "") return Math.min(offset, text.length);
  if (text.startsWith(wanted, offset)) return offset;
  const at = text.indexOf(wanted);
  return 0 <= at && text.indexOf(wanted, at + 1) < 0 ? at : undefined;
}
