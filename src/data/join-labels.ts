import { basename } from 'node:path';
import { AutodidactError } from '../errors.js';
import type { Dataset } from './dataset.js';
import { labelSetsIn, multiLabelTargets } from './label-sets.js';
import { encodeLabels, indexInto, isUnlabeled, listed, normalizeName } from './labels.js';
import type { Skipped } from './sources/source.js';
import { column, labelColumn, normalizeId, optionalColumn, readTable } from './table.js';
import type { Targets } from './targets.js';

/** What can get other labels: a data set, or its documents. */
export interface Labelable<D>
  extends Pick<Dataset, 'name' | 'ids' | 'classes'>,
    Partial<Pick<Dataset, 'labeledAs' | 'skipped'>> {
  withLabels(classes: readonly string[], labels: Int32Array, skipped: readonly Skipped[]): D;
  /** Left out where a sample has one label at most. */
  withTargets?(targets: Targets, skipped: readonly Skipped[]): D;
}

/**
 * The data set with the labels of a table (columns `id` and `label` or `class`, see `readTable`; or `labels`, several for each) in place of
 * its own; samples that the table does not name are unlabeled. A row is for the sample of this id, or for all samples that are cut from what it
 * names, see `Dataset.labeledAs`; the row of the id comes first. Labels that name the data's classes keep their numbers; otherwise the
 * table's labels are the classes. A row for a sample that is not there is listed among the skipped.
 *
 * @param leftOut names of samples that a split or a limit leaves out, or of what they are cut from: their rows are passed over
 * @throws AutodidactError `DATA` when no id fits, when an id comes twice with different labels, or when only some labels are known classes
 */
export async function joinLabels<D>(dataset: Labelable<D>, path: string, leftOut: readonly string[] = []): Promise<D> {
  const table = await readTable(path);
  const ids = column(table, 'id');
  const isSeveral = labelColumn(table) === null && optionalColumn(table, 'labels') !== null;
  const several = isSeveral ? column(table, 'labels') : null;
  const cells =
    several ?? (labelColumn(table) ?? column(table, 'label')).map(normalizeName).map((c) => (isUnlabeled(c) ? '' : c));
  const { labeledAs = dataset.ids } = dataset;
  const nameOf = finder([...dataset.ids, ...labeledAs]);
  const given = new Map<string, string>();
  const unmatched: string[] = [];
  ids.forEach((id, row) => {
    const name = nameOf(id);
    if (name === undefined) {
      unmatched.push(id);
      return;
    }
    const before = given.get(name);
    if (before !== undefined && before !== cells[row]) {
      const [one, other] = [before, cells[row]].map((cell) => cell || 'as unlabeled');
      throw new AutodidactError('DATA', `${path} labels ${id} both ${one} and ${other}`);
    }
    given.set(name, cells[row]!);
  });
  const names = dataset.ids.map((id, i) => given.get(id) ?? given.get(labeledAs[i]!) ?? null);
  const leftOutAs = finder([...leftOut, ...(dataset.skipped ?? []).map(({ id }) => id)]);
  const absent = unmatched.filter((id) => leftOutAs(id) === undefined && leftOutAs(wholeOf(id)) === undefined);
  if (given.size === 0) throw noneFits(dataset, path, ids, absent);
  const reason = `${basename(path)} labels it, but there is no such sample`;
  const skipped = absent.map((id) => ({ id: normalizeId(id), reason }));
  if (isSeveral) {
    if (dataset.withTargets === undefined)
      throw new AutodidactError('DATA', `${path} gives several labels to each of ${dataset.name}, which takes one`, {
        remedy: 'Name the column `label` and give one label a row.',
      });
    return dataset.withTargets(multiLabelTargets(labelSetsIn(names, path), path), skipped);
  }
  const own = encodeLabels(names);
  if (own.classes === null) {
    throw new AutodidactError('DATA', `${path} gives no labels: its column label is empty`);
  }
  const known = dataset.classes && indexInto([...dataset.classes], names);
  const { classes, labels } = known ? { classes: dataset.classes!, labels: known } : { ...own, classes: own.classes };
  return dataset.withLabels(classes, labels, skipped);
}

function noneFits<D>(
  { name, ids }: Labelable<D>,
  path: string,
  rows: readonly string[],
  absent: readonly string[],
): AutodidactError {
  if (rows.length > 0 && absent.length === 0)
    return new AutodidactError('DATA', `${path} labels samples of ${name}, but none of those that are taken here`, {
      remedy: 'Take another split, no limit, or a table that labels these samples too.',
    });
  return new AutodidactError('DATA', `${path} labels no sample of ${name}; it names ${listed(rows.slice(0, 2))}`, {
    remedy: `An id looks like ${listed(ids.slice(0, 1))}.`,
  });
}

/** What a sample was cut from, by the ids of parts: `long.mp4#1`, `a.mp4@0.500`. */
const wholeOf = (id: string): string => id.replace(/(#\d+)?(@[\d.]+)?$/, '');

/** Finds the name that a cell of a table means: as written, else without blanks and `./`, else in another Unicode form. */
function finder(names: readonly string[]): (cell: string) => string | undefined {
  const exact = new Set(names);
  const composed = new Map(names.map((name) => [name.normalize('NFC'), name]));
  return (cell) => {
    const id = normalizeId(cell);
    return [cell, id].find((name) => exact.has(name)) ?? composed.get(id.normalize('NFC'));
  };
}
