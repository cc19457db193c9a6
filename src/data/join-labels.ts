import { basename } from 'node:path';
import { AutodidactError } from '../errors.js';
import type { Dataset } from './dataset.js';
import { encodeLabels, indexInto, isUnlabeled, listed, normalizeName } from './labels.js';
import type { Skipped } from './sources/source.js';
import { column, labelColumn, normalizeId, readTable } from './table.js';

/** What can get other labels: a data set, or its documents. */
export interface Labelable<D> extends Pick<Dataset, 'name' | 'ids' | 'classes'> {
  withLabels(classes: readonly string[], labels: Int32Array, skipped: readonly Skipped[]): D;
}

/**
 * The data set with the labels of a table (columns `id` and `label` or `class`, see `readTable`) in place of its own;
 * images that the table does not name are unlabeled. Labels that name the data's classes keep their numbers; otherwise the
 * table's labels are the classes. A row for an image that is not there is listed among the skipped.
 * Throws DATA when no id fits, when an id comes twice with different labels, or when only some labels are known classes.
 */
export async function joinLabels<D>(dataset: Labelable<D>, path: string): Promise<D> {
  const table = await readTable(path);
  const ids = column(table, 'id');
  const cells = (labelColumn(table) ?? column(table, 'label')).map(normalizeName).map((c) => (isUnlabeled(c) ? '' : c));
  const positionOf = finder(dataset.ids);
  const names: (string | null)[] = dataset.ids.map(() => null);
  const unmatched: string[] = [];
  ids.forEach((id, row) => {
    const at = positionOf(id);
    if (at === undefined) {
      unmatched.push(normalizeId(id));
      return;
    }
    if (names[at] !== null && names[at] !== cells[row]) {
      const [one, other] = [names[at], cells[row]].map((name) => name || 'as unlabeled');
      throw new AutodidactError('DATA', `${path} labels ${id} both ${one} and ${other}`);
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
  const own = encodeLabels(names);
  if (own.classes === null) {
    throw new AutodidactError('DATA', `${path} gives no labels: its column label is empty`);
  }
  const known = dataset.classes && indexInto([...dataset.classes], names);
  const { classes, labels } = known ? { classes: dataset.classes!, labels: known } : { ...own, classes: own.classes };
  const reason = `${basename(path)} labels it, but there is no such image`;
  return dataset.withLabels(
    classes,
    labels,
    unmatched.map((id) => ({ id, reason })),
  );
}

/** Finds the position of an id in a table: as written, else without blanks and `./`, else in another Unicode form. */
function finder(ids: readonly string[]): (cell: string) => number | undefined {
  const exact = new Map(ids.map((id, i) => [id, i]));
  const composed = new Map(ids.map((id, i) => [id.normalize('NFC'), i]));
  return (cell) => {
    const id = normalizeId(cell);
    return exact.get(cell) ?? exact.get(id) ?? composed.get(id.normalize('NFC'));
  };
}
