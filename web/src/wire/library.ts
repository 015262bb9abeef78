// The library's API: how it stands, and a question to it, answered with quotations.
import { Refusal, call, open } from "./api";
import type { Why } from "./refusal";
import { eventsOf } from "./sse";
import type { WaitStage } from "./types";

export interface Place {
  headings: string[];
  page: number | null;
  sheet: string | null;
  row: number | null;
}
export interface Source {
  id: string;
  folder_name: string;
  file: string;
  kind: string | null;
}
export interface Quotation {
  index: number;
  text: string;
  document: Source;
  place: Place;
  start: number;
  end: number;
  passage?: { text: string; start: number; end: number };
}
export interface Passage {
  text: string;
  start: number;
  /** The sentence to look at first. */
  marked: { text: string; start: number; end: number } | null;
  document: Source;
  place: Place;
}
export interface LibraryAnswer {
  outcome: "answered" | "faq" | "not_found";
  answer: string;
  source: "faq" | "model" | "quotation" | "none";
  quotations: Quotation[];
  passages: Passage[];
  timings: { total_ms: number };
}
export interface LibraryStatus {
  state: "empty" | "indexing" | "ready";
  documents: number;
  frequent_questions: string[];
  folders: { done: number; total: number; state: string; path: string | null; skipped: number }[];
  skipped: { folder: string; file: string; code: string; reason: string }[];
}

export type Told = { stage: WaitStage } | { quotation: Quotation } | { delta: string } | { answer: LibraryAnswer };

/** How the library stands; a server without one has an empty one. */
export async function libraryStatus(): Promise<LibraryStatus> {
  try {
    return await call<LibraryStatus>("GET", "/v1/library/status");
  } catch (error) {
    if (error instanceof Refusal && error.status === 404) return { state: "empty", documents: 0, frequent_questions: [], folders: [], skipped: [] };
    throw error;
  }
}

/** Asks the library; ends after the whole answer. */
export async function* askLibrary(question: string, signal: AbortSignal): AsyncGenerator<Told> {
  const response = await open("POST", "/v1/library/ask", { body: { question, stream: true }, signal });
  if (!response.body) return;
  for await (const { name, data } of eventsOf(response.body)) {
    if (data === "[DONE]") return;
    const value = JSON.parse(data) as never;
    if (name === "maque.stage") yield { stage: value };
    if (name === "maque.quotation") yield { quotation: value };
    if (name === "maque.delta") yield { delta: (value as { text: string }).text };
    if (name === "maque.answer") yield { answer: value };
    if (name === "error") throw new Refusal(500, (value as { error?: Why }).error ?? {});
  }
}

/** Where something stands: file, headings, page, sheet, row. */
export function placeWords({ file }: Source, { headings, page, sheet, row }: Place, words: { page: (n: number) => string; row: (n: number) => string }): string {
  const where = [sheet, page === null ? null : words.page(page), row === null ? null : words.row(row)].filter((part) => part !== null);
  return [[file, ...headings].join(" › "), ...where].join(" · ");
}
