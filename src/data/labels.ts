import { AutodidactError, show } from '../errors.js';

/** Class names in their natural order: by value when all are whole numbers, otherwise by code unit. */
export function sortClasses(names: Iterable<string>): string[] {
  const unique = [...new Set(names)];
  if (unique.every((name) => /^\d+$/.test(name))) return unique.sort((a, b) => Number(a) - Number(b));
  return unique.sort();
}

/** Turns class names into class indices: '' and null become -1. Without any name, classes is null. */
export function encodeLabels(names: (string | null)[]): { classes: string[] | null; labels: Int32Array } {
  const classes = sortClasses(names.filter((name): name is string => name !== null && name !== ''));
  const indexOf = new Map(classes.map((name, index) => [name, index]));
  const labels = Int32Array.from(names, (name) => (name === null ? -1 : (indexOf.get(name) ?? -1)));
  return { classes: classes.length > 0 ? classes : null, labels };
}

/**
 * The index of each name in `classes`; '' and null become -1. A whole number that is no class name is taken as an index.
 * Returns null when no name fits at all (labels of another task); throws DATA when some fit and some do not.
 */
export function indexInto(classes: string[], names: (string | null)[]): Int32Array | null {
  const indexOf = new Map(classes.map((name, index) => [name, index]));
  const unknown = new Set<string>();
  let known = 0;
  const labels = Int32Array.from(names, (name) => {
    if (name === null || name === '') return -1;
    const asIndex = /^\d+$/.test(name) && Number(name) < classes.length ? Number(name) : undefined;
    const index = indexOf.get(name) ?? asIndex;
    if (index === undefined) unknown.add(name);
    else known += 1;
    return index ?? -1;
  });
  if (unknown.size === 0) return labels;
  if (known === 0) return null;
  throw new AutodidactError('DATA', `The labels name classes that the data does not have: ${listed(unknown)}`, {
    remedy: `Its classes are ${listed(classes)}.`,
  });
}

/** At most eight of them, quoted. */
export function listed(names: Iterable<string>): string {
  const all = [...names];
  const head = all.slice(0, 8).map(show).join(', ');
  return all.length > 8 ? `${head} and ${all.length - 8} more` : head;
}
