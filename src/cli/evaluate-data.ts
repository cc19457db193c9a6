import type { Dataset } from '../data/index.js';
import { AutodidactError } from '../errors.js';
import type { LoadedEncoder } from '../train/load-encoder.js';
import type { Given } from './evaluate-options.js';
import { announced, lastingSpec } from './open-data.js';
import { say } from './output.js';

/** Share of the labeled samples that scores where the data have no test samples of their own. */
const HELD_OUT = 0.2;

type Open = (spec: string, split: 'train' | 'test' | 'all') => Promise<Dataset>;

/** Data for a task that trains nothing: all of them score where they have no test samples of their own. */
export async function openScored(
  loaded: LoadedEncoder,
  { data, test: testSpec }: Given,
  open: Open,
): Promise<{ train?: Dataset; test: Dataset; sources: { train: string; test: string } }> {
  const spec = data === undefined ? ownData(loaded) : await lastingSpec(data);
  if (testSpec !== undefined) {
    const scored = await lastingSpec(testSpec);
    return { test: await open(scored, 'all'), sources: { train: spec, test: scored } };
  }
  const sources = { train: spec, test: spec };
  if (!(await hasTestSamples(spec))) return { test: await open(spec, 'all'), sources };
  return { test: await open(spec, 'test'), train: await open(spec, 'train'), sources };
}

interface Sides {
  train: Dataset;
  test: Dataset;
  sources: { train: string; test: string };
}

/** What the options say of the samples. */
interface Asked {
  task: string;
  /** Of the samples that teach, and of those that score. */
  limit: number | undefined;
}

/** The samples that teach and those that score, and what should be known of them. */
export async function openBoth(
  loaded: LoadedEncoder,
  given: Given,
  asked: Asked,
): Promise<Sides & { notes: string[] }> {
  const sides = await openSides(loaded, given, asked);
  const { copiesInWords } = await import('../evaluate/overlap.js');
  const copies = sides.test === sides.train ? null : copiesInWords(sides.train, sides.test);
  if (copies !== null) say(copies.replace(/\.$/, ''));
  return { ...sides, notes: copies === null ? [] : [copies] };
}

async function openSides(
  loaded: LoadedEncoder,
  { data, test: testSpec, labelFile: labels }: Given,
  { task, limit }: Asked,
): Promise<Sides> {
  const spec = data === undefined ? ownData(loaded) : await lastingSpec(data);
  const asked = { isLabeled: true, ...(limit === undefined ? {} : { limit }) };
  const open: Open = (other, split) =>
    announced((onProgress) => loaded.open({ spec: other, split, labels, ...asked, onProgress }));
  const train = await open(spec, 'train');
  if (testSpec !== undefined) {
    const [{ openTest }, { findTask }] = await Promise.all([
      import('../data/test-labels.js'),
      import('../evaluate/tasks/registry.js'),
    ]);
    const other = await lastingSpec(testSpec);
    const { kind } = findTask(task);
    const test = await announced((onProgress) =>
      openTest((table) => loaded.open({ spec: other, split: 'all', labels: table, ...asked, onProgress }), {
        ...{ train, kind, table: labels, isSameData: other === spec },
      }),
    );
    return { train, test, sources: { train: spec, test: testSpec } };
  }
  const sources = { train: spec, test: spec };
  if (await hasTestSamples(spec)) return { train, test: await open(spec, 'test'), sources };
  // Without anything known of them, nothing is parted: `evaluate` says what is missing.
  if (train.targets.length === 0) return { train, test: train, sources };
  const known = train.labels === null ? train : train.labeled();
  const { kept, held } = known.holdOut(HELD_OUT);
  say(
    `${train.name} has no test ${train.plural}: ${held.count} of its ${known.count} labeled ${train.plural} score, the others teach` +
      (spec === loaded.run?.config.data.spec ? '; without labels, all took part in pretraining' : ''),
  );
  return { train: kept, test: held, sources };
}

/** The data of the run that an encoder comes from. @throws AutodidactError `USAGE` for an encoder without a run */
function ownData({ run }: LoadedEncoder): string {
  if (run !== undefined) return run.config.data.spec;
  throw new AutodidactError('USAGE', 'An encoder without a run has no data of its own', { remedy: 'Give --data.' });
}

/** Whether the data have a test side of their own. */
async function hasTestSamples(spec: string): Promise<boolean> {
  const { hasSplit } = await import('../modalities/registry.js');
  return hasSplit(spec, 'test');
}
