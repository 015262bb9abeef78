// The way into a shared server: the invitation in the address (#join=CODE, from the QR code), or its PIN.

/** The code of the address, which is then taken out of it: it is good once, and not for the history. */
export function invitation(): string | undefined {
  const code = /^#join=([0-9a-f]+)$/.exec(location.hash)?.[1];
  if (code) history.replaceState(null, "", location.pathname);
  return code;
}

/** Whether a text looks like a PIN. */
export function isPin(text: string): boolean {
  return /^\d{4}\s?\d{4}$/.test(text);
}

/** Exchanges a code or a PIN for a session's cookie; says whether it was taken. */
export async function join(code: string): Promise<boolean> {
  try {
    const response = await fetch("/maque/join", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ code }),
    });
    return response.ok;
  } catch {
    return false;
  }
}
