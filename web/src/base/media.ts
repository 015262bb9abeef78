// What the screen and the pointer are like.
import { useEffect, useState } from "preact/hooks";

export const hasTouch = (): boolean => matchMedia("(pointer: coarse)").matches;

/** Whether the page is as narrow as a phone; follows the window. */
export function useNarrow(): boolean {
  const [query] = useState(() => matchMedia("(max-width: 52rem)"));
  const [isNarrow, setNarrow] = useState(query.matches);
  useEffect(() => {
    const look = () => setNarrow(query.matches);
    query.addEventListener("change", look);
    return () => query.removeEventListener("change", look);
  }, [query]);
  return isNarrow;
}
