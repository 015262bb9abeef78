// Server-sent events, read from bytes that come in any pieces (WHATWG HTML, section 9.2).

/** One event; `name` is empty for plain messages. */
export interface ServerEvent {
  name: string;
  data: string;
}

/** Turns text pieces into events; comments are dropped. */
export class SseReader {
  private rest = "";
  private name = "";
  private data: string[] = [];

  push(text: string): ServerEvent[] {
    const lines = (this.rest + text).split("\n");
    this.rest = lines.pop() ?? "";
    return lines.flatMap((line) => this.line(line.endsWith("\r") ? line.slice(0, -1) : line));
  }

  private line(line: string): ServerEvent[] {
    if (line === "") {
      const event = { name: this.name, data: this.data.join("\n") };
      const isEvent = this.data.length > 0;
      this.name = "";
      this.data = [];
      return isEvent ? [event] : [];
    }
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.name = value;
    if (field === "data") this.data.push(value);
    return [];
  }
}
