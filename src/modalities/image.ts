import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { compose, horizontalFlip, padAndCrop, randomResizedCrop, toFloat } from '../augment/index.js';
import { SMALL_IMAGE } from '../backbones/backbone.js';
import { channelsInWords, ImageDataset, type ImageSpec, openImages, type Split } from '../data/index.js';
import { openSource, sideOf } from '../data/open.js';
import { openFrames, videosHaveSplit } from '../data/open-clips.js';
import { namedBy, namedSources } from '../data/sources/named.js';
import { namesVideoFrames, resolveVideoSpec } from '../data/video/spec.js';
import { noGrad } from '../engine/index.js';
import { AutodidactError, expected } from '../errors.js';
import { exportedPictures } from './exported-pictures.js';
import { withChannels } from './frame-channels.js';
import type { Modality, Needs } from './modality.js';

const CHANNELS: Record<number, string> = {
  1: 'gray',
  3: 'color',
  6: 'color with depth (RGB and HHA)',
  9: 'color with geometry (depth, normals, contours)',
};
const named = (channels: number): string => CHANNELS[channels] ?? `${channels} channels`;

/** What to give to a method that asks for these numbers of channels. */
const WANTED: Record<string, string> = {
  3: 'Give images in color.',
  6: 'Give a pair of aligned folders, pair:./images,./depth, or synthetic:scenes?form=rgb-hha, or rgbd:<manifest>?focal=<pixels>.',
  9: 'Give a folder that `autodidact data export` wrote, or synthetic:scenes?form=geometry.',
};

/** Where images of these numbers of channels are used. */
const USES: Record<number, string> = {
  6: 'Images with depth are for `split-brain --pair rgb-depth`.',
  9: 'Images with their geometry are the first side of a pair for `synthetic-imagery`.',
};

/** Only gray and color are made of each other; other channels are as the source has them. */
const isPicture = (channels: number): boolean => channels === 1 || channels === 3;

const side = z.int().min(1).max(65_536);

const schema = z
  .object({
    modality: z.literal('image'),
    channels: z.int().min(1).max(65_536),
    ...{ height: side, width: side },
    mean: z.array(z.number()),
    std: z.array(z.number().positive()),
  })
  .refine(({ channels, mean, std }) => mean.length === channels && std.length === channels, {
    path: ['mean'],
    message: 'as many numbers in `mean` and `std` as there are channels',
  });

/** Square images of one size: whatever is there and no other kind of data claims. */
export const image: Modality<ImageSpec> = {
  name: 'image',
  schema,
  plural: 'images',
  examples: ['./photos', 'fashion-mnist'],
  names: Object.keys(namedSources),
  claims: async (spec) => namesVideoFrames(spec) || namedBy(spec) !== undefined || existsSync(spec),

  async open(spec, { length: _length, frames: _frames, fps: _fps, mostSize, ...asked }) {
    if (namesVideoFrames(spec)) return openFrames(spec, { ...asked, mostSize });
    const own = mostSize === undefined || asked.size !== undefined ? null : await sideOf(spec, asked);
    const options = own !== null && own > mostSize! ? { ...asked, size: mostSize } : asked;
    const images = await openImages(spec, options);
    const { height, width } = images.size;
    // The networks and their pretext tasks take square images.
    if (height !== width) return openImages(spec, { ...options, size: Math.min(height, width) });
    return images;
  },

  async hasSplit(spec, split) {
    if (namesVideoFrames(spec)) return videosHaveSplit(spec, split);
    const source = await openSource(spec);
    const items: readonly { split: Split | null }[] = source.form === 'files' ? source.files : source.parts;
    return items.some((item) => item.split === split);
  },

  resolve(spec) {
    if (namesVideoFrames(spec)) return resolveVideoSpec(spec);
    const found = namedBy(spec);
    if (found === undefined) return existsSync(spec) ? resolve(spec) : spec;
    const { name, source, variant } = found;
    return source.resolve === undefined ? spec : `${name}:${source.resolve(variant)}`;
  },

  formOf: ({ height, channels }) => ({ size: height, channels: isPicture(channels) ? channels : 'auto' }),

  isSmall: ({ height }) => height <= SMALL_IMAGE,

  weight: ({ height, width }) => height * width,

  input: ({ channels, height }) => ({ inputChannels: channels, imageSize: height }),

  check({ channels, height, width }, { channels: known = [1, 3], side = 1 }: Needs, title) {
    if (height !== width)
      throw expected('square images', 'data', `images of ${width} x ${height} pixels`, { code: 'DATA' });
    if (height < side)
      throw new AutodidactError(
        'USAGE',
        `${title} needs images of at least ${side} pixels a side, received ${height}`,
        { remedy: 'Raise --size.' },
      );
    if (known.includes(channels)) return;
    const remedy = WANTED[known.join()] ?? USES[channels];
    throw new AutodidactError(
      'DATA',
      `${title} learns from images in ${known.map(named).join(' or ')}, received images in ${named(channels)}`,
      { remedy },
    );
  },

  checkSame({ channels, height, width }, given) {
    // The spec of an ImageDataset measures its statistics, which is slow and not needed here.
    const { size, channels: own } =
      given instanceof ImageDataset ? given : { size: given.spec, channels: given.spec.channels };
    if (own === channels && size.height === height && size.width === width) return;
    const counted = (count: number) => `${count} channel${count === 1 ? '' : 's'}`;
    throw expected(
      `images of ${width} x ${height} pixels and ${counted(channels)}, as in pretraining,`,
      given.name,
      `${size.width} x ${size.height} pixels and ${counted(own)}`,
      { code: 'DATA', remedy: `Open the data with size ${height} and ${counted(channels)}.` },
    );
  },

  preserve({ height, width }, strength) {
    const padding = Math.round(Math.min(height, width) / 8);
    return compose(
      padAndCrop({ padding, mode: 'reflect' }),
      ...(strength === 'crop-flip' ? [horizontalFlip(0.5)] : []),
    );
  },

  views({ height }) {
    const crop = randomResizedCrop({ size: height, scale: [0.5, 1], flip: 0.5 });
    return (samples, random) =>
      noGrad(() => crop(samples.to('cpu'), random).mul(255).round().to('uint8').to(samples.device));
  },

  frames: {
    count: () => 1,
    samples: (frames, { channels }) => withChannels(frames, channels),
  },

  exported: (spec) => exportedPictures(spec, []),

  show(samples, index) {
    const picture = toFloat(samples.narrow(0, index, 1)).select(0, 0); // (C, H, W)
    const channels = picture.size(0);
    if (channels === 1 || channels === 3) return { kind: 'picture', image: picture };
    return { kind: 'picture', image: picture.narrow(0, 0, channels < 3 ? 1 : 3) };
  },

  describe: ({ channels, height, width }) => `${width} x ${height}, ${channelsInWords(channels)}`,
};
