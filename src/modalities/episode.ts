import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { type ClipTransform, overFrames, padAndCrop, randomResizedCrop } from '../augment/index.js';
import { SMALL_IMAGE } from '../backbones/backbone.js';
import { channelsInWords, type Dataset, EpisodeDataset, type EpisodeSpec, type SamplesOf } from '../data/index.js';
import { episodesHaveSplit, namesEpisodes, openEpisodes } from '../data/open-episodes.js';
import { AutodidactError, expected } from '../errors.js';
import { asBytes, filmStrip } from './clip.js';
import type { Augment, Modality, Needs } from './modality.js';

const side = z.int().min(1).max(65_536);

const schema = z
  .object({
    modality: z.literal('episode'),
    ...{ frames: z.int().min(1), actions: z.int().min(1) },
    ...{ channels: side, height: side, width: side },
    mean: z.array(z.number()),
    std: z.array(z.number().positive()),
  })
  .refine(({ channels, mean, std }) => mean.length === channels && std.length === channels, {
    path: ['mean'],
    message: 'as many numbers in `mean` and `std` as there are channels',
  });

/** Recorded episodes of an agent, `{ frames, actions }`. */
export const episode: Modality<EpisodeSpec> = {
  name: 'episode',
  schema,
  plural: 'episodes',
  examples: ['synthetic:episodes', 'synthetic:episodes?count=100'],
  names: ['synthetic:episodes'],
  claims: namesEpisodes,

  open: (spec, { frames, size, split, limit, cacheFolder, onProgress, signal }) =>
    openEpisodes(spec, { frames, size, split, limit, cacheFolder, onProgress, signal }),

  hasSplit: episodesHaveSplit,
  resolve: (spec) => (existsSync(spec) ? resolve(spec) : spec),
  formOf: ({ frames, height }) => ({ frames, size: height }),
  isSmall: ({ height }) => height <= SMALL_IMAGE,
  weight: ({ frames, channels, height, width }) => frames * channels * height * width,
  input: ({ channels, height }) => ({ inputChannels: channels, imageSize: height }),

  check({ frames, channels, height }, { channels: known = [1, 3], side: least = 1, leastFrames = 1 }: Needs, title) {
    if (height < least)
      throw new AutodidactError(
        'USAGE',
        `${title} needs pictures of at least ${least} pixels a side, received ${height}`,
        {
          remedy: 'Raise --size.',
        },
      );
    if (frames < leastFrames)
      throw new AutodidactError(
        'USAGE',
        `${title} needs episodes of at least ${leastFrames} steps, received ${frames}`,
        {
          remedy: 'Raise --frames.',
        },
      );
    if (!known.includes(channels))
      throw new AutodidactError(
        'DATA',
        `${title} learns from episodes in ${known.map(channelsInWords).join(' or ')}, received episodes in ${channelsInWords(channels)}`,
      );
  },

  checkSame(wanted, given) {
    const form = (given as Dataset) instanceof EpisodeDataset ? (given as unknown as EpisodeDataset).episodeForm : null;
    const names = ['frames', 'actions', 'channels', 'height', 'width'] as const;
    if (form !== null && names.every((name) => form[name] === wanted[name])) return;
    throw expected(`episodes of ${episode.describe(wanted)}, as in pretraining,`, given.name, given.describe(), {
      code: 'DATA',
      remedy: `Open the data with size ${wanted.height} and ${wanted.frames} frames.`,
    });
  },

  /** Moves all pictures of an episode alike. They are not mirrored: left would be right. */
  preserve: ({ height, width }) =>
    ofFrames(overFrames(padAndCrop({ padding: Math.round(Math.min(height, width) / 8), mode: 'reflect' }), 'channels')),

  /** Crops all pictures of an episode alike. */
  views: ({ height }) =>
    ofFrames(asBytes(overFrames(randomResizedCrop({ size: height, scale: [0.5, 1], flip: 0 }), 'channels'))),

  show: ({ frames }, index) => ({ kind: 'picture', image: filmStrip(frames.select(0, index)) }),

  describe: ({ frames, actions, channels, height, width }) =>
    `${width} x ${height}, ${channelsInWords(channels)}, ${frames} steps by ${actions} actions`,
};

/** A change of pictures that leaves the actions as they are. */
function ofFrames(change: ClipTransform): Augment<SamplesOf<EpisodeSpec>> {
  return ({ frames, actions }, random) => ({ frames: change(frames, random), actions });
}
