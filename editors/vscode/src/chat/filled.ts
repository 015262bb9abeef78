/** A sentence with its gaps filled: `{name}` or `{0}`. */
export function filled(sentence: string, gaps: Record<string, string | number>): string {
  return sentence.replace(/\{(\w+)\}/g, (gap, name: string) => String(gaps[name] ?? gap));
}
