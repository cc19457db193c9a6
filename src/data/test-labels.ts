import { AutodidactError } from '../errors.js';
import type { Dataset } from './dataset.js';

export interface TestLabels {
  /** The training samples, with their labels. */
  train: Dataset;
  /** The kind of targets that the task learns from. */
  kind: string;
  /** A table that labels training samples by their names. */
  table: string | undefined;
  /** Whether the test samples are of the same data as the training samples, so that the same names are the same samples. */
  isSameData: boolean;
}

/**
 * Opens test samples that stand beside training samples. A table of labels is for samples without labels of their own: it labels those of
 * other data only where they have none.
 *
 * @param open with the table of labels, or without
 * @throws AutodidactError `DATA` when the table would give a test sample the label of a training sample of the same name
 */
export async function openTest<D extends Dataset>(
  open: (table: string | undefined) => Promise<D>,
  { train, kind, table, isSameData }: TestLabels,
): Promise<D> {
  if (table === undefined || isSameData) return open(table);
  const plain = await open(undefined);
  if (knownNames(plain, kind).length > 0) return plain;
  const test = await open(table);
  const taught = new Set(knownNames(train, kind));
  const shared = knownNames(test, kind).find((name) => taught.has(name));
  if (shared === undefined) return test;
  throw new AutodidactError(
    'DATA',
    `${table} labels ${shared}, which is a sample of ${train.name} and another one of ${test.name}`,
    { remedy: 'Give test data with labels of their own: class folders, or a manifest.' },
  );
}

/** What tables call the samples of which targets of this kind are known. */
function knownNames(data: Dataset, kind: string): string[] {
  const targets = data.target(kind);
  return targets === null ? [] : data.labeledAs.filter((_, i) => targets.isKnown(i));
}
