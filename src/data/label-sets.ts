import { AutodidactError, expected } from '../errors.js';
import { isUnlabeled, normalizeName, sortClasses } from './labels.js';
import { MultiLabelTargets } from './targets.js';

/** The word for an image that has none of the labels. */
const NONE = 'none';

const WRONG_FORM = {
  code: 'DATA',
  remedy: 'Write `cat; dog`, `none` where there is no label, and nothing where that is unknown.',
} as const;

/**
 * The labels in a cell of a table, "cat; dog" or "cat|dog": none for the word "none", null for an empty cell or a negative number, of
 * which nothing is known.
 */
export function labelsIn(cell: string): string[] | null {
  if (isUnlabeled(normalizeName(cell))) return null;
  const names = cell.split(/[;|]/).map(normalizeName);
  return names.filter((name) => !isUnlabeled(name) && name.toLowerCase() !== NONE);
}

/**
 * The labels in the cells of a column, see `labelsIn`; null for a sample without a cell.
 *
 * @param path of the table, for messages
 * @throws AutodidactError `DATA` for lists as Python and JSON write them, and for commas between labels
 */
export function labelSetsIn(cells: readonly (string | null)[], path: string): (string[] | null)[] {
  const list = cells.find((cell) => cell !== null && /^\s*\[.*\]\s*$/s.test(cell));
  if (list !== undefined) throw expected('labels with ; or | between', `labels of ${path}`, list, WRONG_FORM);
  const sets = cells.map((cell) => (cell === null ? null : labelsIn(cell)));
  const names = [...new Set(sets.flatMap((set) => set ?? []))];
  const partsOf = (name: string): string[] => name.split(',').map(normalizeName);
  const uses = new Map<string, number>();
  for (const part of names.flatMap((name) => [...new Set(partsOf(name))])) uses.set(part, (uses.get(part) ?? 0) + 1);
  // A name may have a comma; labels that are used elsewhere too are several.
  const several = names.find((name) => name.includes(',') && partsOf(name).every((part) => uses.get(part)! > 1));
  if (several !== undefined) throw expected('labels with ; or | between', `labels of ${path}`, several, WRONG_FORM);
  return sets;
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
