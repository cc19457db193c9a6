/** Features of data for the commands that search them. */
import { copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Dataset } from '../data/index.js';
import type { Tensor } from '../engine/index.js';
import { AutodidactError } from '../errors.js';
import type { LoadedEncoder } from '../train/load-encoder.js';
import { announced, lastingSpec } from './open-data.js';
import { say } from './output.js';
import { Progress } from './progress.js';

export interface FoundFeatures {
  ids: readonly string[];
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
  if ((data === undefined) === (embeddings === undefined) && data === undefined)
    throw new AutodidactError('USAGE', 'Expected --data with samples, or --embeddings with a file that `embed` wrote');
  const dataset = data === undefined ? null : await openFor(loaded, data, limit, labels);
  if (embeddings !== undefined) return fromFile(loaded, embeddings, dataset);
  const { ids } = dataset!;
  return { ids, features: await featuresOf(loaded, dataset!, 'embedding'), labels: namesOf(dataset!), dataset };
}

async function openFor(loaded: LoadedEncoder, data: string, limit?: number, labels?: string): Promise<Dataset> {
  const spec = await lastingSpec(data);
  const opened = await announced((onProgress) =>
    loaded.open({ spec, split: 'all', onProgress, ...(limit ? { limit } : {}), ...(labels ? { labels } : {}) }),
  );
  return opened.seenBy(loaded.encoder.spec) ?? opened;
}

async function fromFile(loaded: LoadedEncoder, path: string, dataset: Dataset | null): Promise<FoundFeatures> {
  const [{ readEmbeddings }, { fingerprint }] = await Promise.all([
    import('../export/read-embeddings.js'),
    import('../evaluate/features.js'),
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
  return { ids, features, labels: labels ?? ids.map(() => null), dataset };
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

/**
 * Opens files as samples of the encoder, in the order in which they are given.
 * @throws AutodidactError `NOT_FOUND` for a file that is not there, `DATA` for one that is no such sample
 */
export async function openFiles(loaded: LoadedEncoder, paths: readonly string[]): Promise<Dataset> {
  for (const path of paths) if (!existsSync(path)) throw new AutodidactError('NOT_FOUND', `There is no file ${path}`);
  const folder = mkdtempSync(join(tmpdir(), 'autodidact-query-'));
  try {
    const names = paths.map((path, i) => {
      if (!statSync(path).isFile()) throw new AutodidactError('DATA', `The query ${path} is no file`);
      const name = `${String(i).padStart(6, '0')}-${basename(path)}`;
      copyFileSync(path, join(folder, name));
      return name;
    });
    const opened = await loaded
      .open({ spec: folder, split: 'all', cacheFolder: join(folder, '.cache') })
      .catch((error) => {
        if (!(error instanceof AutodidactError) || error.code !== 'DATA') throw error;
        const reason = error.message.replaceAll(`${folder}/`, '').replaceAll(folder, 'it');
        throw new AutodidactError(
          'DATA',
          `The query ${paths.join(', ')} is no sample of the kind that the encoder takes: ${reason}`,
        );
      });
    const dataset = opened.seenBy(loaded.encoder.spec) ?? opened;
    const order = names.map((name, i) => {
      const at = dataset.ids.indexOf(name);
      if (at >= 0) return at;
      const reason = dataset.skipped.find(({ id }) => id === name)?.reason ?? 'it cannot be read';
      throw new AutodidactError(
        'DATA',
        `The query ${paths[i]} is no sample of the kind that the encoder takes: ${reason}`,
      );
    });
    return dataset.subset(order);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Says that pictures are wanted and not known. */
export function withoutPictures(): void {
  say('The sheet is left out: give --data beside --embeddings for its pictures.');
}
