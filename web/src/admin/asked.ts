// A value asked of the server, now and again while it is shown.
import { useCallback, useEffect, useState } from "preact/hooks";
import { Refusal } from "../wire/api";

/** The value, once it is known; whether this server has it at all; and a way to ask anew. */
export function useAsked<T>(ask: () => Promise<T>, everyMs?: number): { value: T | undefined; isAbsent: boolean; again: () => Promise<void> } {
  const [value, setValue] = useState<T>();
  const [isAbsent, setAbsent] = useState(false);
  const again = useCallback(async () => {
    try {
      setValue(await ask());
    } catch (error) {
      setAbsent(error instanceof Refusal && error.status === 404);
    }
  }, []);
  useEffect(() => {
    void again();
    if (!everyMs) return undefined;
    const timer = setInterval(() => !document.hidden && void again(), everyMs);
    return () => clearInterval(timer);
  }, []);
  return { value, isAbsent, again };
}
