// The server's no, as an error.

/** The server answered, and the answer is no. */
export class Refusal extends Error {
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

/** Its sentence about a response that is no success. */
export async function reasonOf(response: Response): Promise<string> {
  const text = await response.text();
  try {
    return (JSON.parse(text) as { error?: { message?: string } }).error?.message ?? text;
  } catch {
    return text.slice(0, 300) || `HTTP ${response.status}`;
  }
}
