// The server's no, as an error.

/** What the server says about it. */
export interface Why {
  message?: string;
  code?: string | null;
  n_prompt?: number; // tokens, of what is longer than the context
  context?: number;
}

/** The server answered, and the answer is no. */
export class Refusal extends Error {
  constructor(readonly status: number, readonly told: Why) {
    super(told.message ?? "");
  }
}

/** What it says in a response that is no success. */
export async function toldBy(response: Response): Promise<Why> {
  const text = await response.text();
  try {
    return (JSON.parse(text) as { error?: Why }).error ?? { message: text };
  } catch {
    return { message: text.slice(0, 300) || `HTTP ${response.status}` };
  }
}
