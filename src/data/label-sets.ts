import { AutodidactError } from '../errors.js';
import { normalizeName, sortClasses } from './labels.js';
import { MultiLabelTargets } from './targets.js';

/** The word for an image that has none of the labels. */
const NONE = 'none';

/**
 * The labels in a cell of a table, "cat; dog" or "cat|dog": none for the word "none", null for an empty cell, of which nothing is known.
 */
export function labelsIn(cell: string): string[] | null {
  if (normalizeName(cell) === '') return null;
  const names = cell.split(/[;|]/).map(normalizeName);
  return names.filter((name) => name !== '' && name.toLowerCase() !== NONE);
}

/**
 * Several labels per sample as targets.
 *
 * @param sets the labels of each sample, null where nothing is known
 * @param name of the data, for the message
 * @throws AutodidactError `DATA` when no sample has a label
 */
export function multiLabelTargets(sets: readonly (readonly string[] | null)[], name: string): MultiLabelTargets {
  const classes = sortClasses(sets.flatMap((set) => set ?? []));
  if (classes.length === 0) throw new AutodidactError('DATA', `${name} gives no labels: its column labels is empty`);
  const indexOf = new Map(classes.map((label, c) => [label, c]));
  const values = new Int8Array(sets.length * classes.length).fill(-1);
  sets.forEach((set, i) => {
    if (set === null) return;
    const row = values.subarray(i * classes.length, (i + 1) * classes.length).fill(0);
    for (const label of set) row[indexOf.get(label)!] = 1;
  });
  return new MultiLabelTargets(classes, values);
}
