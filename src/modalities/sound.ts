import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import { z } from 'zod';
import type { SoundSpec } from '../data/index.js';
import { isSyntheticSounds, openSounds, SOUND_ENDINGS } from '../data/open-sounds.js';
import { toWaves } from '../data/sound-dataset.js';
import { openFolder } from '../data/sources/folder.js';
import { type Generator, noGrad, ops, scope, type Tensor } from '../engine/index.js';
import { expected } from '../errors.js';
import { drawWaveform } from './draw-waveform.js';
import type { Modality } from './modality.js';

/** Sounds of at most this many samples take a method's small recipe; the paper's windows have 20,480. */
const SMALL_LENGTH = 2 ** 14;
const SHOWN = { height: 96, width: 288 } as const;
/** Share of the length by which a sound is moved, and the range of loudness, in views of the same sound. */
const SHIFT = 1 / 8;
const LEVELS = [0.5, 1] as const;
/** Of 16 bits. */
const FULL_SCALE = 32_768;

/** Waveforms of one rate and length, int16 (N, L). */
export const sound: Modality<SoundSpec> = {
  name: 'sound',
  schema: z.object({ modality: z.literal('sound'), rate: z.int().min(1), length: z.int().min(1) }),
  plural: 'sounds',
  examples: ['./recordings', 'synthetic:sounds'],

  names: ['synthetic:sounds'],

  async claims(spec) {
    if (isSyntheticSounds(spec)) return true;
    const entry = await stat(spec).catch(() => null);
    return entry?.isDirectory() === true && (await holdsSounds(spec, 3));
  },

  open: (spec, { length, split, limit, labels, cacheFolder, onProgress, signal }) =>
    openSounds(spec, { length, split, limit, labels, cacheFolder, onProgress, signal }),

  async hasSplit(spec, split) {
    if (isSyntheticSounds(spec)) return split !== 'val';
    const { files } = await openFolder(spec, { noun: 'sounds', endings: SOUND_ENDINGS });
    return files.some((file) => file.split === split);
  },

  resolve: (spec) => (existsSync(spec) ? resolve(spec) : spec),
  formOf: ({ length }) => ({ length }),
  isSmall: ({ length }) => length <= SMALL_LENGTH,
  weight: ({ length }) => length,
  input: ({ length }) => ({ inputChannels: 1, imageSize: length, length }),
  check() {},

  checkSame({ rate, length }, given) {
    const { spec } = given;
    if (spec.rate === rate && spec.length === length) return;
    const form = (of: SoundSpec) => `${of.length} samples at ${of.rate} Hz`;
    throw expected(
      `sounds of ${form({ modality: 'sound', rate, length })}, as in pretraining,`,
      given.name,
      form(spec),
      {
        code: 'DATA',
        remedy: spec.rate === rate ? `Open the data with length ${length}.` : `Convert the files to ${rate} Hz.`,
      },
    );
  },

  /** Moves each sound in time; what leaves at one end is lost, silence comes in at the other. */
  preserve:
    ({ length }) =>
    (samples, random) =>
      shifted(samples, Math.round(length * SHIFT), random),

  /** Moves each sound in time and changes its loudness. */
  views:
    ({ length }) =>
    (samples, random) =>
      scope(() => leveled(shifted(samples, Math.round(length * SHIFT), random), random)),

  exported: ({ length, rate }) => ({
    name: 'input_values',
    shape: [length],
    unit: `waveforms in [-1, 1) of ${length} samples at ${rate} Hz`,
    toSamples: (x) => x.mul(FULL_SCALE),
    processor: () => ({
      feature_extractor_type: 'Wav2Vec2FeatureExtractor',
      feature_size: 1,
      sampling_rate: rate,
      do_normalize: false,
      return_attention_mask: false,
    }),
  }),

  show: (samples, index) => ({
    kind: 'picture',
    image: drawWaveform(toWaves(samples.select(0, index)), SHOWN.height, SHOWN.width),
  }),

  describe: ({ rate, length }) => `${length.toLocaleString('en')} samples at ${rate.toLocaleString('en')} Hz`,
};

/** Whether the first files found in a folder, at most so many levels deep, are sounds. */
async function holdsSounds(folder: string, depth: number): Promise<boolean> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const names = entries.filter((entry) => entry.isFile() && !entry.name.startsWith('.'));
  if (names.some(({ name }) => SOUND_ENDINGS.includes(extname(name).toLowerCase()))) return true;
  if (names.length > 0 || depth === 0) return false;
  for (const entry of entries)
    if (entry.isDirectory() && !entry.name.startsWith('.') && (await holdsSounds(join(folder, entry.name), depth - 1)))
      return true;
  return false;
}

/** int16 (N, L), each moved by up to `most` samples in either direction. */
function shifted(samples: Tensor, most: number, random: Generator): Tensor {
  if (most === 0) return samples;
  return noGrad(() =>
    scope(() => {
      const [count, length] = [samples.size(0), samples.size(1)];
      const offsets = ops.randint(-most, most + 1, [count, 1], { generator: random, device: random.device });
      const places = ops
        .arange(0, length, 1, { dtype: 'int64', device: samples.device })
        .unsqueeze(0)
        .add(offsets.to(samples.device));
      const isInside = places.ge(0).logicalAnd(places.lt(length));
      const moved = samples.gather(1, places.clamp(0, length - 1).to('int64'));
      return ops.where(isInside, moved, ops.zerosLike(moved));
    }),
  );
}

/** int16 (N, L), each louder or quieter by a factor of its own. */
function leveled(samples: Tensor, random: Generator): Tensor {
  const [low, high] = LEVELS;
  const draws = ops.rand([samples.size(0), 1], { generator: random, device: random.device }).to(samples.device);
  return samples
    .to('float32')
    .mul(draws.mul(high - low).add(low))
    .round()
    .to('int16');
}
