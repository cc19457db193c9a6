import type { Dataset, SampleSpec, Split } from '../data/index.js';
import { unknownData } from '../data/unknown-data.js';
import { AutodidactError, expected } from '../errors.js';
import { checkKnown } from '../options.js';
import { camera } from './camera.js';
import { clip } from './clip.js';
import { episode } from './episode.js';
import { image } from './image.js';
import type { Modality, OpenOptions } from './modality.js';
import { pairModality } from './pair.js';
import { patches } from './patches.js';
import { sound } from './sound.js';
import { tokens } from './tokens.js';

const pair = pairModality({ modalityOf, asSeenBy, open: openData, resolve: resolveData, hasSplit });

/** Every kind of data, in the order in which they are asked whether a data spec is theirs; images take what is left. */
const modalities: Modality[] = [
  pair,
  patches,
  camera,
  sound,
  episode,
  clip,
  tokens,
  image,
] as readonly unknown[] as Modality[];

/** Adds a kind of data, which is asked before those that stand already. Returns a function that takes it out again. */
export function registerModality<S extends SampleSpec>(modality: Modality<S>): () => void {
  const added = modality as unknown as Modality;
  modalities.unshift(added);
  return () => void modalities.splice(modalities.indexOf(added), 1);
}

/** Whether there is a modality of this name. */
export function hasModality(name: string): boolean {
  return modalities.some((modality) => modality.name === name);
}

/** The modality of this name. @throws AutodidactError `USAGE` */
export function modalityNamed(name: string): Modality {
  const found = modalities.find((modality) => modality.name === name);
  if (found !== undefined) return found;
  throw new AutodidactError('USAGE', `There is no kind of data ${name}`, {
    remedy: `There are ${modalities.map((modality) => modality.name).join(', ')}.`,
  });
}

/** The modality of samples. */
export function modalityOf(spec: SampleSpec): Modality {
  return modalityNamed(spec.modality);
}

/**
 * Samples as an encoder of this spec takes them: the set itself, or one side of a pair.
 * @throws AutodidactError `DATA` for samples of another kind or of another form than the encoder was trained on
 */
export function asSeenBy(spec: SampleSpec, data: Dataset): Dataset {
  const modality = modalityOf(spec);
  const seen = data.seenBy(spec);
  if (seen === null)
    throw new AutodidactError('DATA', `The encoder takes ${modality.plural}, received ${data.plural} of ${data.name}`, {
      remedy: `Open data of ${modality.plural} as in pretraining: ${modality.describe(spec)}.`,
    });
  modality.checkSame(spec, seen);
  return seen;
}

const OPEN_OPTIONS: Readonly<Record<keyof OpenOptions, true>> = {
  ...{ split: true, size: true, mostSize: true, channels: true, length: true, frames: true, fps: true, limit: true },
  ...{ tokenizer: true, vocabulary: true, context: true, form: true, room: true, isLabeled: true, assets: true },
  ...{ labels: true, cacheFolder: true, onProgress: true, signal: true },
};
const SPLITS: readonly string[] = ['train', 'val', 'test', 'all'];

/**
 * Opens data of any kind by what a person types: a folder, a file, a name, a pair of them.
 * @throws AutodidactError `NOT_FOUND` when the spec names nothing, `DATA` when nothing in it can be read, `USAGE` for unknown options
 */
export async function openData(spec: string, options: OpenOptions = {}): Promise<Dataset> {
  checkKnown(options, OPEN_OPTIONS, 'openData');
  const { split = 'all' } = options;
  if (!SPLITS.includes(split)) throw expected(`one of ${SPLITS.join(', ')}`, 'split', split);
  return (await modalityFor(spec)).open(spec, options);
}

/** What a person might type as data for a method: their own, and data that everybody has. */
export function exampleData({ modalities: kinds }: { modalities: readonly string[] }): readonly [string, string] {
  return modalityNamed(kinds[0]!).examples ?? ['./data', './data'];
}

/** Whether data have this side of a division of their own, without reading samples. */
export async function hasSplit(spec: string, split: Split): Promise<boolean> {
  return (await modalityFor(spec)).hasSplit(spec, split);
}

/** The data spec with its paths made absolute, as it is kept in a run. */
export async function resolveData(spec: string): Promise<string> {
  return (await modalityFor(spec)).resolve(spec);
}

/** The modality that a data spec belongs to. */
export async function modalityFor(spec: string): Promise<Modality> {
  if (typeof spec !== 'string') throw expected('a folder, a file or the name of a data set', 'data', spec);
  for (const modality of modalities) if (await modality.claims(spec)) return modality;
  throw unknownData(
    spec,
    modalities.flatMap(({ names }) => names ?? []),
  );
}
