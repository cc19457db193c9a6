import { z } from 'zod';
import {
  type ClipTransform,
  compose,
  horizontalFlip,
  overFrames,
  padAndCrop,
  randomResizedCrop,
  toFloat,
} from '../augment/index.js';
import { SMALL_IMAGE } from '../backbones/backbone.js';
import {
  ClipDataset,
  type ClipSpec,
  channelsInWords,
  type Dataset,
  ImageDataset,
  type ImageSpec,
} from '../data/index.js';
import { openClips, videosHaveSplit } from '../data/open-clips.js';
import { FETCHED } from '../data/sources/fetched-videos.js';
import { namesVideos, resolveVideoSpec } from '../data/video/spec.js';
import { noGrad, ops, scope, type Tensor } from '../engine/index.js';
import { AutodidactError, expected } from '../errors.js';
import { exportedPictures } from './exported-pictures.js';
import { withChannels } from './frame-channels.js';
import type { Modality, Needs } from './modality.js';

const side = z.int().min(1).max(65_536);

const schema = z
  .object({
    modality: z.literal('clip'),
    frames: z.int().min(1),
    fps: z.number().positive(),
    channels: z.int().min(1).max(65_536),
    ...{ height: side, width: side },
    mean: z.array(z.number()),
    std: z.array(z.number().positive()),
  })
  .refine(({ channels, mean, std }) => mean.length === channels && std.length === channels, {
    path: ['mean'],
    message: 'as many numbers in `mean` and `std` as there are channels',
  });

/** Frames in a strip that shows a clip. */
const SHOWN_FRAMES = 6;

/** Clips of videos of one size, uint8 (N, T, C, H, W). */
export const clip: Modality<ClipSpec> = {
  name: 'clip',
  schema,
  plural: 'videos',
  examples: ['./videos', 'synthetic:sprites'],
  names: [FETCHED, 'synthetic:sprites'],
  claims: namesVideos,

  open: (spec, { length: _length, ...options }) => openClips(spec, options),

  hasSplit: videosHaveSplit,
  resolve: resolveVideoSpec,
  formOf: ({ frames, fps, height, channels }) => ({ frames, fps, size: height, channels }),
  isSmall: ({ height }) => height <= SMALL_IMAGE,
  weight: ({ frames, channels, height, width }) => frames * channels * height * width,
  input: ({ channels, height }) => ({ inputChannels: channels, imageSize: height }),

  check({ frames, channels, height }, { channels: known = [1, 3], side = 1, leastFrames = 1 }: Needs, title) {
    if (height < side)
      throw new AutodidactError(
        'USAGE',
        `${title} needs videos of at least ${side} pixels a side, received ${height}`,
        { remedy: 'Raise --size.' },
      );
    if (frames < leastFrames)
      throw new AutodidactError('USAGE', `${title} needs clips of at least ${leastFrames} frames, received ${frames}`, {
        remedy: 'Raise --frames.',
      });
    if (!known.includes(channels))
      throw new AutodidactError(
        'DATA',
        `${title} learns from videos in ${known.map(channelsInWords).join(' or ')}, received videos in ${channelsInWords(channels)}`,
      );
  },

  checkSame(wanted, given) {
    const form = formOf(given);
    if (form === null)
      throw expected(`videos of ${clip.describe(wanted)}, as in pretraining,`, given.name, given.describe(), {
        code: 'DATA',
      });
    const isSame = (['frames', 'fps', 'channels', 'height', 'width'] as const).every(
      (name) => form[name] === undefined || form[name] === wanted[name],
    );
    if (isSame) return;
    throw expected(`videos of ${clip.describe(wanted)}, as in pretraining,`, given.name, given.describe(), {
      code: 'DATA',
      remedy: `Open the data with size ${wanted.height}, ${wanted.frames} frames and ${wanted.fps} frames a second.`,
    });
  },

  seenAs: ({ channels, height, width, mean, std }): ImageSpec => ({
    modality: 'image',
    ...{ channels, height, width, mean, std },
  }),

  /** Moves each clip, or mirrors it, in the same way in all frames. */
  preserve({ height, width }, strength) {
    const padding = Math.round(Math.min(height, width) / 8);
    const steps = [
      padAndCrop({ padding, mode: 'reflect' }),
      ...(strength === 'crop-flip' ? [horizontalFlip(0.5)] : []),
    ];
    return overFrames(compose(...steps), 'channels');
  },

  /** Crops each clip in the same way in all frames. */
  views({ height }) {
    const crop = overFrames(randomResizedCrop({ size: height, scale: [0.5, 1], flip: 0.5 }), 'channels');
    return asBytes(crop);
  },

  frames: {
    count: ({ frames }) => frames,
    samples: (frames, { frames: count, channels }) => withChannels(frames, channels).unflatten(0, [-1, count]),
  },

  exported: (spec) => exportedPictures(spec, [spec.frames]),

  show: (samples, index) => ({ kind: 'picture', image: filmStrip(samples.select(0, index)) }),

  describe: ({ frames, fps, channels, height, width }) =>
    `${width} x ${height}, ${channelsInWords(channels)}, ${frames} frames at ${Number(fps.toPrecision(4))} a second`,
};

/** A change of clips in [0, 1] as one of bytes. */
export function asBytes(change: ClipTransform): ClipTransform {
  return (samples, random) =>
    noGrad(() => scope(() => change(samples.to('cpu'), random).mul(255).round().to('uint8').to(samples.device)));
}

/** What is known of the form of data without measuring statistics; images are frames by themselves. Null for other kinds of data. */
function formOf(given: Dataset): Partial<ClipSpec> | null {
  if (given instanceof ClipDataset) return given.clipForm;
  if (given instanceof ImageDataset) return { channels: given.channels, ...given.size };
  return null;
}

/** Some frames of a clip (T, C, H, W), spread evenly, side by side: float (3 or 1, H, W'). */
export function filmStrip(frames: Tensor, most = SHOWN_FRAMES): Tensor {
  return scope(() => {
    const count = Math.min(most, frames.size(0));
    const last = frames.size(0) - 1;
    const pictures = Array.from({ length: count }, (_, i) => {
      const place = count === 1 ? 0 : Math.round((i * last) / (count - 1));
      return toFloat(frames.narrow(0, place, 1)).select(0, 0);
    });
    const gap = ops.ones([...pictures[0]!.shape.slice(0, 2), 1], { device: frames.device });
    return ops.cat(
      pictures.flatMap((picture, i) => (i === 0 ? [picture] : [gap, picture])),
      2,
    );
  });
}
