import { createHash } from 'node:crypto';
import type { Dataset } from '../data/index.js';
import { scope, Tensor } from '../engine/index.js';
import { modalityOf } from '../modalities/registry.js';

/** Samples that are read for it, of both sets together, and numbers in them: a few seconds of work. */
const MOST_SAMPLES = 100_000;
const MOST_NUMBERS = 2 ** 31;
const CHUNK = 256;

/**
 * How many test samples are training samples as well: the same to the last bit, or to the last word. Their scores say nothing of others.
 * Null where samples cannot be compared, or are too many.
 */
export function countCopies(train: Dataset, test: Dataset): number | null {
  const count = train.count + test.count;
  const numbers =
    train.count * modalityOf(train.spec).weight(train.spec) + test.count * modalityOf(test.spec).weight(test.spec);
  if (count > MOST_SAMPLES || numbers > MOST_NUMBERS) return null;
  const known = printsOf(train);
  const asked = known && printsOf(test);
  if (asked === null) return null;
  const all = new Set(known);
  return asked.filter((print) => all.has(print)).length;
}

/** A sentence about test samples that are training samples as well; null where there are none, or that is not known. */
export function copiesInWords(train: Dataset, test: Dataset): string | null {
  const copies = countCopies(train, test);
  if (copies === null || copies === 0) return null;
  const share = `${copies.toLocaleString('en')} of the ${test.count.toLocaleString('en')} test ${test.plural}`;
  return `${share} are training ${train.plural} as well, which flatters all scores.`;
}

/** A short text for each sample that other samples do not have; null where there is none. */
function printsOf(data: Dataset): string[] | null {
  const { words } = modalityOf(data.spec);
  if (words !== undefined) return words(data as never).map((own) => hashOf(JSON.stringify(own)));
  const prints: string[] = [];
  for (let from = 0; from < data.count; from += CHUNK) {
    const length = Math.min(CHUNK, data.count - from);
    const found = scope(() => {
      const samples: unknown = data.collate(Int32Array.from({ length }, (_, i) => from + i));
      if (!(samples instanceof Tensor)) return null;
      const bytes = samples.contiguous().toBytes();
      const each = bytes.length / length;
      return Array.from({ length }, (_, i) => hashOf(bytes.subarray(i * each, (i + 1) * each)));
    });
    if (found === null) return null;
    prints.push(...found);
  }
  return prints;
}

const hashOf = (content: string | Uint8Array): string => createHash('sha1').update(content).digest('base64');
