import { AutodidactError, show } from '../errors.js';
import { groupBy } from './groups.js';

/** What nobody sees at the ends of a name: blanks of all kinds, zero-width characters, marks of direction, control characters. */
const INVISIBLE_ENDS = /^[\s\p{Cf}\p{Cc}]+|[\s\p{Cf}\p{Cc}]+$/gu;

/**
 * A label as it is compared: names that look alike are alike. Without what cannot be seen around it, with one space for any run
 * of blanks (a no-break space among them), in Unicode's composed form (macOS writes the decomposed one).
 */
export const normalizeName = (name: string): string =>
  name.replace(INVISIBLE_ENDS, '').replace(/\s+/g, ' ').normalize('NFC');

/** Whether a label means "no label": empty, or a negative number as in NumPy's label arrays. */
export const isUnlabeled = (name: string): boolean => name === '' || Number(name.replace('\u2212', '-')) < 0;

/** Class names in their natural order: by value when all are whole numbers, otherwise by code unit. */
export function sortClasses(names: Iterable<string>): string[] {
  const unique = [...new Set(names)].sort();
  if (!unique.every((name) => /^\d+$/.test(name))) return unique;
  const values = unique.map((name) => ({ name, value: BigInt(name) }));
  // The sort is stable: "01" and "1" stay in the order of their code units.
  values.sort((a, b) => (a.value < b.value ? -1 : a.value > b.value ? 1 : 0));
  return values.map(({ name }) => name);
}

/** A name without what tables of other programs change: case, and zeros around a number, as in "0.0" and "00". */
const folded = (name: string): string => name.toLowerCase().replace(/^0*(\d+)(?:\.0*)?$/, '$1');

/** What other programs write where nothing is known. */
const MISSING = new Set(['nan', 'na', 'n/a', '<na>', 'none', 'null', '?']);

/** What the user should know of class names: which may be one class, and which may stand for no label; null where there is nothing to say. */
export function classDoubts(classes: readonly string[]): string | null {
  const alike = [...groupBy(classes, folded).values()].filter((names) => names.length > 1);
  const missing = classes.filter((name) => MISSING.has(name.toLowerCase()));
  const more = alike.length > 4 ? ` and ${alike.length - 4} more` : '';
  const said = [
    ...(alike.length === 0
      ? []
      : [`Classes that may be one: ${alike.slice(0, 4).map(listed).join('; ')}${more}. Write each in one way.`]),
    ...(missing.length === 0
      ? []
      : [`Classes that may stand for no label: ${listed(missing)}. Leave the label empty where there is none.`]),
  ];
  return said.length === 0 ? null : said.join(' ');
}

/** The remedy where a name is not among the classes but may be meant for one of them; null where none is. */
function nearHint(names: Iterable<string>, classes: readonly string[]): string | null {
  const byFolded = new Map(classes.map((name) => [folded(name), name]));
  for (const name of names) {
    const near = byFolded.get(folded(name));
    if (near !== undefined && near !== name)
      return `${show(name)} may be meant for ${show(near)}: write both in one way.`;
  }
  return null;
}

/** The error for data whose classes are all other ones. */
export function otherClasses(name: string, own: readonly string[], classes: readonly string[]): AutodidactError {
  const remedy = nearHint(own, classes);
  return new AutodidactError(
    'DATA',
    `${name} has other classes: ${listed(own)} instead of ${listed(classes)}`,
    remedy === null ? {} : { remedy },
  );
}

/**
 * Class names to class indices. Names are compared as `normalizeName` gives them; null, empty names and negative numbers
 * become -1. Without any name, `classes` is null.
 */
export function encodeLabels(names: (string | null)[]): { classes: string[] | null; labels: Int32Array } {
  const normal = names.map((name) => normalizeName(name ?? ''));
  const classes = sortClasses(normal.filter((name) => !isUnlabeled(name)));
  const indexOf = new Map(classes.map((name, index) => [name, index]));
  return { classes: classes.length > 0 ? classes : null, labels: Int32Array.from(normal, (n) => indexOf.get(n) ?? -1) };
}

/**
 * Numeric labels of several parts to indices into common classes, which are named by the numbers that occur. Negative
 * numbers become -1. Without any label from 0, `classes` is null.
 */
export function encodeNumbers(parts: ArrayLike<number | bigint>[]): { classes: string[] | null; labels: Int32Array[] } {
  const values = new Set<number | bigint>();
  for (const part of parts) for (let i = 0; i < part.length; i++) if (part[i]! >= 0) values.add(part[i]!);
  const sorted = [...values].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const indexOf = new Map(sorted.map((value, index) => [value, index]));
  return {
    classes: sorted.length > 0 ? sorted.map(String) : null,
    labels: parts.map((part) => Int32Array.from(part, (value) => indexOf.get(value) ?? -1)),
  };
}

/**
 * The index of each name in `classes`, matched by name as in `encodeLabels`: a number is a name like any other, never a
 * position. Returns null when no name fits at all (labels of another task); throws DATA when some fit and some do not.
 */
export function indexInto(classes: string[], names: (string | null)[]): Int32Array | null {
  const indexOf = new Map(classes.map((name, index) => [normalizeName(name), index]));
  const unknown = new Set<string>();
  let known = 0;
  const labels = Int32Array.from(names, (given) => {
    const name = normalizeName(given ?? '');
    if (isUnlabeled(name)) return -1;
    const index = indexOf.get(name);
    if (index === undefined) unknown.add(name);
    else known += 1;
    return index ?? -1;
  });
  if (unknown.size === 0) return labels;
  if (known === 0) return null;
  throw new AutodidactError('DATA', `The labels name classes that the data does not have: ${listed(unknown)}`, {
    remedy: [`Its classes are ${listed(classes)}.`, nearHint(unknown, classes)]
      .filter((part) => part !== null)
      .join(' '),
  });
}

/** At most eight of them, quoted. */
export function listed(names: Iterable<string>): string {
  const all = [...names];
  const head = all.slice(0, 8).map(show).join(', ');
  return all.length > 8 ? `${head} and ${all.length - 8} more` : head;
}
