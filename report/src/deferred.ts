// Work that may wait until the browser has painted.
import { useEffect, useState } from "preact/hooks";

/** Runs after the next paint. */
export function afterPaint(work: () => void): () => void {
  let timer = 0;
  const frame = requestAnimationFrame(() => { timer = window.setTimeout(work, 0); });
  return () => { cancelAnimationFrame(frame); clearTimeout(timer); };
}

/** The value a moment after it stopped changing, so that typing does not wait for the table. */
export function useDeferred<T>(value: T, milliseconds = 120): T {
  const [late, setLate] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setLate(value), milliseconds);
    return () => clearTimeout(timer);
  }, [value, milliseconds]);
  return late;
}
