import { createHash } from 'node:crypto';
import { z } from 'zod';
import { Generator, scope } from '../engine/index.js';
import { AutodidactError, expected } from '../errors.js';
import { makeCachePath } from './cache.js';
import { noSplit } from './dataset.js';
import { defaultLength } from './default-length.js';
import { joinLabels } from './join-labels.js';
import { checkIndexSize, PACK_VERSION, PackWriter, readPack } from './pack-file.js';
import { Prng } from './prng.js';
import { SoundDataset } from './sound-dataset.js';
import { openFolder } from './sources/folder.js';
import { parseQuery } from './sources/query.js';
import { fileIdentity, type Skipped, type Split } from './sources/source.js';
import { makeSounds, SAMPLE_RATE, SOUND_CLASSES } from './synthetic/sounds.js';
import { openWave, readWave, UnreadableWave, type WaveFile } from './wave-file.js';

export interface OpenSoundsOptions {
  /** Samples per sound; longer files give several sounds. Default 20,480, as CPC, or what nine of ten files have, if that is shorter. */
  length?: number;
  split?: Split | 'all';
  /** Take only so many sounds, drawn at random with a fixed seed. */
  limit?: number;
  labels?: string;
  cacheFolder?: string;
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

export const SOUND_ENDINGS: readonly string[] = ['.wav', '.wave'];
export const SYNTHETIC_SOUNDS = 'synthetic:sounds';

/** Whether a data spec names generated sounds. */
export function isSyntheticSounds(spec: string): boolean {
  return spec === SYNTHETIC_SOUNDS || spec.startsWith(`${SYNTHETIC_SOUNDS}?`);
}

/** Raised whenever the same files would give other samples. */
const READER = 'sounds-3';
const DEFAULT_LENGTH = 20_480;
/** Samples of a file that are read at once. */
const PIECE = 2 ** 20;

/** A sound before it is packed. */
interface Entry {
  id: string;
  label: number;
  split: Split | null;
}

interface Source {
  name: string;
  note: string | null;
  classes: string[] | null;
  rate: number;
  length: number;
  entries: Entry[];
  skipped: Skipped[];
  /** What the samples depend on. */
  identity: unknown;
  /** The samples of all entries in order, in pieces of whole sounds. */
  samples(): AsyncIterable<Int16Array>;
}

/**
 * Opens sounds: a folder of WAV files (mono, or mixed down to mono), with or without class folders, or `synthetic:sounds?count=2000`.
 * Files longer than `length` samples are cut into several sounds, the rest at their end is left out. Packed at the first opening.
 *
 * @throws AutodidactError `DATA` when no file can be read or their rates differ, `USAGE` for options out of range, `IO`, `INTERRUPTED`
 */
export async function openSounds(spec: string, options: OpenSoundsOptions = {}): Promise<SoundDataset> {
  const { length, split = 'all', limit } = options;
  for (const [name, value] of Object.entries({ length, limit }))
    if (value !== undefined && !(Number.isInteger(value) && value >= 1))
      throw expected('a whole number from 1', name, value);
  const source = isSyntheticSounds(spec) ? synthetic(spec, length) : await folderOf(spec, length, options);
  const isOn = (own: Split | null) => split === 'all' || own === split || (split === 'train' && own === null);
  const positions = [...source.entries.keys()].filter((i) => isOn(source.entries[i]!.split));
  if (positions.length === 0) throw noSplit(source.name, split as Split, 'sounds');
  const chosen = limit === undefined || limit >= positions.length ? positions : drawn(positions, limit);
  const whole = await packed(source, options);
  const dataset = chosen.length === whole.count ? whole : whole.subset(chosen);
  return options.labels === undefined
    ? dataset
    : joinLabels(dataset, options.labels, [...whole.ids, ...whole.labeledAs]);
}

/** `count` of the positions, drawn at random with a fixed seed, in their order. */
function drawn(positions: readonly number[], count: number): number[] {
  const order = new Prng(0, positions.length).shuffle(Int32Array.from(positions));
  return [...order.slice(0, count)].sort((a, b) => a - b);
}

async function packed(source: Source, { cacheFolder, onProgress, signal }: OpenSoundsOptions): Promise<SoundDataset> {
  const folder = await makeCachePath('packs', cacheFolder);
  const described = [READER, PACK_VERSION, source.identity, source.rate, source.length, source.entries, source.skipped];
  const key = createHash('sha256').update(JSON.stringify(described)).digest('hex').slice(0, 32);
  const found = await readPack(folder, key);
  if (found !== null) return SoundDataset.fromPack(found, source.name, source.note);
  checkIndexSize(source.entries, source.name);
  const layout = { dtype: 'int16' as const, shape: [source.length], isVarying: false };
  const { entries, classes, skipped } = source;
  const writer = await PackWriter.create(folder, key, layout, 2 * source.length * entries.length);
  try {
    let done = 0;
    for await (const piece of source.samples()) {
      if (signal?.aborted)
        throw new AutodidactError('INTERRUPTED', 'Packing the sounds was interrupted; nothing was kept');
      await writer.append(new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength));
      done += piece.length / source.length;
      onProgress?.(done, entries.length);
    }
    const pack = await writer.commit({
      kind: 'sounds',
      count: entries.length,
      details: { rate: source.rate },
      ids: entries.map(({ id }) => id),
      labels: classes && entries.map(({ label }) => label),
      classes,
      masks: null,
      splits: entries.map((entry) => entry.split),
      skipped,
    });
    return SoundDataset.fromPack(pack, source.name, source.note);
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}

const syntheticOptions = z.object({
  count: z.coerce.number().int().min(1).max(10_000_000).default(2000).describe('Sounds to learn from'),
  test: z.coerce.number().int().min(0).max(10_000_000).default(800).describe('Further sounds, to test on'),
  length: z.coerce
    .number()
    .int()
    .min(256)
    .max(1_000_000)
    .optional()
    .describe('Samples per sound, 8,000 a second; 4,096 by default'),
  size: z.coerce
    .number()
    .int()
    .min(16)
    .max(256)
    .optional()
    .describe('A sound has size x size samples; an earlier form of `length`'),
  seed: z.coerce.number().int().min(0).default(0).describe('Seed of everything random'),
});

const ROUNDS_PER_PIECE = 4;

function synthetic(spec: string, asked: number | undefined): Source {
  const query = spec.slice(SYNTHETIC_SOUNDS.length).replace(/^\?/, '');
  const { count, test, size, seed, length: own } = parseQuery(syntheticOptions, query, spec);
  const length = asked ?? own ?? (size === undefined ? 4096 : size ** 2);
  const sides = [
    { split: 'train' as const, count, seed: 2 * seed },
    { split: 'test' as const, count: test, seed: 2 * seed + 1 },
  ];
  return {
    name: 'synthetic sounds',
    note: null,
    classes: [...SOUND_CLASSES],
    rate: SAMPLE_RATE,
    length,
    entries: sides.flatMap((side) =>
      Array.from({ length: side.count }, (_, i) => ({
        id: `${side.split}/${i}`,
        label: i % SOUND_CLASSES.length,
        split: side.split,
      })),
    ),
    skipped: [],
    identity: sides,
    async *samples() {
      for (const side of sides) yield* play(side.count, length, side.seed);
    },
  };
}

async function* play(count: number, length: number, seed: number): AsyncGenerator<Int16Array> {
  const random = new Generator(seed);
  const perPiece = ROUNDS_PER_PIECE * SOUND_CLASSES.length;
  for (let done = 0; done < count; done += perPiece) {
    const wanted = Math.min(perPiece, count - done);
    yield scope(() => {
      const sounds = makeSounds(ROUNDS_PER_PIECE, length, random).narrow(0, 0, wanted);
      return Int16Array.from(sounds.flatten().toNumbers());
    });
  }
}

async function folderOf(spec: string, asked: number | undefined, { signal }: OpenSoundsOptions): Promise<Source> {
  const kind = { noun: 'sounds', endings: SOUND_ENDINGS };
  const { files, classes, name, note = null, skipped: unlisted } = await openFolder(spec, kind);
  const skipped: Skipped[] = [...unlisted];
  const found: (Entry & { wave: WaveFile })[] = [];
  for (const { id, path, label, split } of files) {
    if (signal?.aborted) throw new AutodidactError('INTERRUPTED', 'Reading the sounds was interrupted');
    try {
      found.push({ id, label, split, wave: await openWave(path) });
    } catch (error) {
      if (!(error instanceof UnreadableWave)) throw error;
      skipped.push({ id, reason: error.message });
    }
  }
  const [first] = found;
  if (first === undefined) {
    const failed =
      skipped.length === 1
        ? `The sound of ${spec} could not be read`
        : `None of the ${skipped.length} sounds of ${spec} could be read`;
    const some = skipped.slice(0, 3).map(({ id, reason }) => `${id} (${reason})`);
    throw new AutodidactError('DATA', `${failed}: ${some.join(', ')}`);
  }
  const { rate } = first.wave;
  const other = found.find(({ wave }) => wave.rate !== rate);
  if (other !== undefined)
    throw new AutodidactError(
      'DATA',
      `Expected sounds of one rate in ${spec}, received ${rate} Hz (${first.id}) and ${other.wave.rate} Hz (${other.id})`,
      { remedy: 'Convert them to one rate, for example with `ffmpeg -i in.wav -ar 16000 out.wav`.' },
    );
  const lengths = found.map(({ wave }) => wave.length);
  const length = asked ?? Math.min(DEFAULT_LENGTH, defaultLength(lengths));
  const used = found.filter(({ wave }) => wave.length >= length);
  for (const { id, wave } of found)
    if (wave.length < length)
      skipped.push({ id, reason: `${wave.length} samples, fewer than the ${length} of a sound` });
  if (used.length === 0)
    throw new AutodidactError('DATA', `No sound of ${spec} has ${length} samples`, {
      remedy: `Take --length ${defaultLength(lengths)} or less.`,
    });
  const partsOf = (wave: WaveFile) => Math.floor(wave.length / length);
  return {
    name,
    note,
    classes,
    rate,
    length,
    entries: used.flatMap(({ id, label, split, wave }) => {
      const parts = partsOf(wave);
      return Array.from({ length: parts }, (_, i) => ({ id: parts === 1 ? id : `${id}#${i}`, label, split }));
    }),
    skipped,
    identity: await Promise.all(used.map(({ wave }) => fileIdentity(wave.path))),
    async *samples() {
      const most = Math.max(1, Math.floor(PIECE / length)) * length;
      for (const { wave } of used)
        for (let from = 0, end = partsOf(wave) * length; from < end; from += most)
          yield await readWave(wave, from, Math.min(most, end - from));
    },
  };
}
