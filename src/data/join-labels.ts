import { basename } from 'node:path';
import { AutodidactError } from '../errors.js';
import type { Dataset } from './dataset.js';
import { encodeLabels, indexInto, listed } from './labels.js';
import { column, readTable } from './table.js';

/**
 * The data set with the labels of a table (columns `id` and `label`, see `readTable`) in place of its own; images that the
 * table does not name are unlabeled. Labels that name the data's classes keep their numbers; otherwise the table's labels
 * are the classes. A row for an image that is not there is listed among the skipped.
 * Throws DATA when no id fits, when an id comes twice with different labels, or when only some labels are known classes.
 */
export async function joinLabels<D extends Dataset>(dataset: D, path: string): Promise<D> {
  const table = await readTable(path);
  const ids = column(table, 'id').map((id) => id.replaceAll('\\', '/').replace(/^\.\//, ''));
  const cells = column(table, 'label');
  const position = new Map(dataset.ids.map((id, i) => [id, i]));
  const names: (string | null)[] = dataset.ids.map(() => null);
  const unmatched: string[] = [];
  ids.forEach((id, row) => {
    const at = position.get(id);
    if (at === undefined) {
      unmatched.push(id);
      return;
    }
    if (names[at] !== null && names[at] !== cells[row]) {
      throw new AutodidactError('DATA', `${path} labels ${id} both ${names[at]} and ${cells[row]}`);
    }
    names[at] = cells[row]!;
  });
  if (unmatched.length === ids.length) {
    throw new AutodidactError(
      'DATA',
      `${path} labels no image of ${dataset.name}; it names ${listed(ids.slice(0, 2))}`,
      {
        remedy: `An id looks like ${listed(dataset.ids.slice(0, 1))}.`,
      },
    );
  }
  if (names.every((name) => name === null || name === '')) {
    throw new AutodidactError('DATA', `${path} gives no labels: its column label is empty`);
  }
  const known = dataset.classes && indexInto([...dataset.classes], names);
  const { classes, labels } = known ? { classes: [...dataset.classes!], labels: known } : encodeLabels(names);
  const reason = `${basename(path)} labels it, but there is no such image`;
  return dataset.withLabels(
    classes!,
    labels,
    unmatched.map((id) => ({ id, reason })),
  );
}
