/** V8 keeps a part of a text of at least so many characters as a view of the whole text. */
const SHORTEST_VIEW = 13;

/** A part of a text that does not keep the whole in memory. */
export function detached(part: string): string {
  return part.length < SHORTEST_VIEW ? part : Buffer.from(part, 'utf16le').toString('utf16le');
}
