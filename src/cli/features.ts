/** Features of data for the commands that search them. */
import type { Dataset } from '../data/index.js';
import type { Tensor } from '../engine/index.js';
import { AutodidactError, expected } from '../errors.js';
import type { LoadedEncoder } from '../train/load-encoder.js';
import { announced, lastingSpec } from './open-data.js';
import { say } from './output.js';
import { Progress } from './progress.js';

export interface FoundFeatures {
  ids: readonly string[];
  /** [N] what tables of labels call them, see `Dataset.labeledAs`. */
  owners: readonly string[];
  /** Float (N, D). */
  features: Tensor;
  /** [N] names of classes, null where there is none. */
  labels: readonly (string | null)[];
  /** The samples; null where only their features were given. */
  dataset: Dataset | null;
}

/** The features of data, read by the encoder or from a file that `embed` wrote. */
export async function featuresFor(
  loaded: LoadedEncoder,
  { data, embeddings, limit, labels }: { data?: string; embeddings?: string; limit?: number; labels?: string },
): Promise<FoundFeatures> {
  if (data === undefined && embeddings === undefined)
    throw new AutodidactError('USAGE', 'Expected --data with samples, or --embeddings with a file that `embed` wrote');
  if (data === undefined && limit !== undefined)
    throw expected('--limit with --data', 'limit', limit, { remedy: 'Of a file of embeddings all rows are taken.' });
  const dataset = data === undefined ? null : await openFor(loaded, data, limit, labels);
  if (embeddings !== undefined) return fromFile(loaded, embeddings, dataset, labels);
  const { ids, labeledAs: owners } = dataset!;
  const features = await featuresOf(loaded, dataset!, 'embedding');
  return { ids, owners, features, labels: namesOf(dataset!), dataset };
}

async function openFor(loaded: LoadedEncoder, data: string, limit?: number, labels?: string): Promise<Dataset> {
  const spec = await lastingSpec(data);
  const opened = await announced((onProgress) =>
    loaded.open({
      spec,
      split: 'all',
      isLabeled: true,
      onProgress,
      ...(limit ? { limit } : {}),
      ...(labels ? { labels } : {}),
    }),
  );
  return opened.seenBy(loaded.encoder.spec) ?? opened;
}

async function fromFile(
  loaded: LoadedEncoder,
  path: string,
  dataset: Dataset | null,
  table?: string,
): Promise<FoundFeatures> {
  const [{ readEmbeddings }, { fingerprint }, { canBeTyped }] = await Promise.all([
    import('../export/read-embeddings.js'),
    import('../evaluate/features.js'),
    import('./queries.js'),
  ]);
  const { ids, features, labels, encoder } = await readEmbeddings(path);
  const { backbone } = loaded.encoder;
  if (encoder != null && encoder !== fingerprint(backbone))
    throw new AutodidactError(
      'DATA',
      `${path} was written with another encoder, whose features cannot be compared with these`,
      {
        remedy: 'Write it again with `autodidact embed` and this encoder.',
      },
    );
  if (features.size(1) !== backbone.featureSize)
    throw new AutodidactError(
      'DATA',
      `${path} has ${features.size(1)} numbers per sample, and the encoder gives ${backbone.featureSize}`,
    );
  if (dataset !== null && dataset.ids.join('\n') !== ids.join('\n'))
    throw new AutodidactError('DATA', `${path} is of other samples than ${dataset.name}`, {
      remedy: 'Write it again with `autodidact embed`.',
    });
  const owners = dataset?.labeledAs ?? (canBeTyped(loaded) ? ids.map((id) => id.replace(/#\d+$/, '')) : ids);
  const own = labels ?? ids.map(() => null);
  if (table === undefined) return { ids, owners, features, labels: own, dataset };
  const given = dataset === null ? await labelsFrom(table, path, owners) : namesOf(dataset);
  return { ids, owners, features, labels: given, dataset };
}

/** The labels that a table gives to the samples of a file, by what it calls them. */
async function labelsFrom(table: string, path: string, owners: readonly string[]): Promise<(string | null)[]> {
  const { joinLabels } = await import('../data/join-labels.js');
  const ids = [...new Set(owners)];
  const named = await joinLabels(
    {
      ...{ name: path, ids, classes: null },
      withLabels: (classes, labels) => new Map(ids.map((id, i) => [id, classes[labels[i]!] ?? null])),
    },
    table,
  );
  return owners.map((owner) => named.get(owner) ?? null);
}

/** Frozen features with a progress bar. */
export async function featuresOf({ encoder }: LoadedEncoder, dataset: Dataset, label: string): Promise<Tensor> {
  const { extractFeatures } = await import('../evaluate/features.js');
  const progress = new Progress(label, 'samples');
  try {
    return await extractFeatures(encoder, dataset, { onProgress: (done, total) => progress.update(done, total) });
  } finally {
    progress.stop();
  }
}

function namesOf({ labels, classes, ids }: Dataset): (string | null)[] {
  return ids.map((_, i) => (labels === null || classes === null ? null : (classes[labels[i]!] ?? null)));
}

/** Says that pictures are wanted and not known. */
export function withoutPictures(): void {
  say('The sheet is left out: give --data beside --embeddings for its pictures.');
}
