import { resolve } from 'node:path';
import { type Dataset, samplesTo } from '../data/index.js';
import { type Device, noGrad, scope } from '../engine/index.js';
import { AutodidactError } from '../errors.js';
import { deviceOf, fingerprint } from '../evaluate/features.js';
import { seenBy } from '../evaluate/inputs.js';
import { type LoadedEncoder, loadEncoder } from '../train/load-encoder.js';
import type { Competitor } from './competitors.js';
import type { CompareConfig } from './folder.js';

type Kept = CompareConfig['encoders'][string];

/**
 * Opens an encoder that competes as it is.
 *
 * @param kept what a comparison that goes on knows of it
 * @throws AutodidactError what `loadEncoder` throws; `DATA` when it is another one than the comparison began with
 */
export function openCompeting(
  { path, title }: Pick<Competitor, 'path' | 'title'>,
  kept: Kept | undefined,
  device: Device,
): LoadedEncoder {
  const loaded = loadEncoder(kept?.path ?? resolve(path!), { device });
  loaded.encoder.backbone.eval();
  if (kept !== undefined && kept.fingerprint !== fingerprint(loaded.encoder.backbone))
    throw new AutodidactError('DATA', `The encoder ${title} has changed since the comparison began`, {
      remedy: 'Bring back the same file, or begin a new comparison.',
    });
  return loaded;
}

/** What is kept of an encoder: where it is, which one it is, and how fast. */
export function keptOf({ path }: Pick<Competitor, 'path'>, { encoder }: LoadedEncoder, train: Dataset): Kept {
  const { backbone } = encoder;
  const { width } = backbone.options;
  return {
    path: resolve(path!),
    fingerprint: fingerprint(backbone),
    network: width === undefined ? backbone.architecture : `${backbone.architecture}, width ${width}`,
    secondsPerPass: PASSES_PER_STEP * secondsPerSample(encoder, train),
  };
}

/** A training step takes about as long as so many passes forward. */
export const PASSES_PER_STEP = 3;
/** Samples that are read to see how long it takes. */
const TIMED = 32;

function secondsPerSample(encoder: LoadedEncoder['encoder'], train: Dataset): number {
  const seen = seenBy(encoder, train);
  const count = Math.min(TIMED, seen.count);
  const read = (): number => {
    const began = performance.now();
    scope(() =>
      noGrad(() => {
        const samples = samplesTo(seen.collate([...Array(count).keys()]), deviceOf(encoder.backbone));
        encoder.backbone.features(encoder.prepare(samples as never)).toTypedArray();
      }),
    );
    return (performance.now() - began) / 1000 / count;
  };
  read();
  return read();
}

/** Says of an error with an encoder which of them it is about. */
export function aboutEncoder(title: string, error: unknown): unknown {
  if (!(error instanceof AutodidactError) || error.code !== 'DATA') return error;
  return new AutodidactError('DATA', `${title} cannot read these data: ${error.message}`, { cause: error });
}
