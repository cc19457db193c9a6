/** Share of the items that may be shorter than the default length. */
const SHORTER = 0.1;
/** Share of the median length below which an item is a stub, however few items there are. */
const STUB = 0.25;

/**
 * The length that samples get where none is asked for: nine of ten items have it, and stubs do not count. The shortest item would settle it
 * for all: one broken recording, and thousands of sounds have 20 samples.
 */
export function defaultLength(lengths: readonly number[]): number {
  const sorted = Float64Array.from(lengths).sort();
  const stub = STUB * sorted[sorted.length >> 1]!;
  return Math.max(sorted[Math.floor(SHORTER * sorted.length)]!, sorted.find((length) => length >= stub)!);
}
