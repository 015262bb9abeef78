// Server-sent events, parsed from bytes that may be cut anywhere (WHATWG HTML, "event stream interpretation").
/** One event; its name is empty for plain messages. */
export interface ServerEvent {
  name: string;
  data: string;
}

/** Gathers events; comments, ids and other fields are skipped. */
export class EventParser {
  #decoder = new TextDecoder();
  #line = "";
  #name = "";
  #data: string[] = [];
  #afterReturn = false;

  /** The events that `bytes` completed. */
  push(bytes: Uint8Array): ServerEvent[] {
    const events: ServerEvent[] = [];
    for (const piece of this.#pieces(this.#decoder.decode(bytes, { stream: true }))) {
      const event = this.#endLine(piece);
      if (event !== undefined) events.push(event);
    }
    return events;
  }

  *#pieces(text: string): Generator<string> {
    let start = 0;
    for (let at = 0; at < text.length; at++) {
      const letter = text[at];
      const isEnd = letter === "\r" || letter === "\n";
      if (isEnd && !(letter === "\n" && this.#afterReturn)) {
        yield this.#line + text.slice(start, at);
        this.#line = "";
      }
      if (isEnd) start = at + 1;
      this.#afterReturn = letter === "\r";
    }
    this.#line += text.slice(start);
  }

  #endLine(line: string): ServerEvent | undefined {
    if (line === "") {
      const event = this.#data.length ? { name: this.#name, data: this.#data.join("\n") } : undefined;
      this.#data = [];
      this.#name = "";
      return event;
    }
    if (line === "data" || line.startsWith("data:")) this.#data.push(line.slice(5).replace(/^ /, ""));
    if (line.startsWith("event:")) this.#name = line.slice(6).replace(/^ /, "");
    return undefined;
  }
}

/** The events of a body, as they come. */
export async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent> {
  const parser = new EventParser();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield* parser.push(value);
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
