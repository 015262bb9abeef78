// Notices that nobody is there any more.
import { useEffect, useRef, useState } from "preact/hooks";

const IDLE_S = 90;
const WARN_S = 15;
const SIGNS = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"] as const;

/** Calls `onIdle` after a while without any sign of a reader; says how many seconds are left near the end. */
export function useIdle(isWatched: boolean, onIdle: () => void): [number | undefined, () => void] {
  const [left, setLeft] = useState<number>();
  const seen = useRef(0);
  const stay = () => {
    seen.current = performance.now();
    setLeft(undefined);
  };
  useEffect(() => {
    if (!isWatched) return undefined;
    stay();
    const look = () => {
      const rest = Math.ceil(IDLE_S - (performance.now() - seen.current) / 1000);
      setLeft(rest <= WARN_S ? Math.max(0, rest) : undefined);
      if (rest <= 0) onIdle();
    };
    const timer = setInterval(look, 500);
    for (const sign of SIGNS) addEventListener(sign, stay, { passive: true });
    return () => {
      clearInterval(timer);
      setLeft(undefined);
      for (const sign of SIGNS) removeEventListener(sign, stay);
    };
  }, [isWatched]);
  return [left, stay];
}
