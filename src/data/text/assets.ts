import { AutodidactError } from '../../errors.js';

type Assets = ReadonlyMap<string, Uint8Array>;

/** Name of the counts of tokens among the assets of data and runs. */
export const COUNTS_FILE = 'token-counts.json';

/**
 * How often each token stands in the text that a method learns from, (V).
 * @param assets of `MethodContext`, or of a data set
 * @throws AutodidactError `DATA` where they are missing
 */
export function tokenCounts(assets?: Assets): Float64Array {
  return Float64Array.from(JSON.parse(textOf(COUNTS_FILE, assets)) as number[]);
}

export function textOf(name: string, assets?: Assets): string {
  const bytes = assets?.get(name);
  if (bytes === undefined) throw new AutodidactError('DATA', `Expected the file ${name} with the data, found none`);
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
}
