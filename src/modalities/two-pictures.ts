/** What kinds of data have in common whose samples are two pictures of one size: an encoder sees them as images. */
import { z } from 'zod';
import type { ImageSpec, SampleSpec } from '../data/index.js';
import type { TwoPicturesDataset } from '../data/two-pictures-dataset.js';
import { ops, type Tensor } from '../engine/index.js';
import { image } from './image.js';
import type { Modality } from './modality.js';

type PicturesSpec = SampleSpec & Omit<ImageSpec, 'modality' | 'samples'>;

/** One of the pictures as an image. */
const asImage = (spec: PicturesSpec): ImageSpec => {
  const { channels, height, width, mean, std } = spec;
  return { modality: 'image', channels, height, width, mean, std };
};

const side = z.int().min(1).max(65_536);

/** The schema of a spec of this modality, with what it has beside the pictures. */
export function picturesSchema<Shape extends z.ZodRawShape>(modality: string, shape: Shape) {
  return z
    .object({
      modality: z.literal(modality),
      channels: z.int().min(1).max(65_536),
      ...{ height: side, width: side },
      mean: z.array(z.number()),
      std: z.array(z.number().positive()),
      ...shape,
    })
    .refine(isComplete, {
      path: ['mean'],
      message: 'as many numbers in `mean` and `std` as there are channels',
    });
}

const isComplete = (spec: object): boolean => {
  const { channels, mean, std } = spec as PicturesSpec;
  return mean.length === channels && std.length === channels;
};

type Shared = 'formOf' | 'isSmall' | 'weight' | 'input' | 'check' | 'checkSame' | 'seenAs' | 'describe';

/** The parts of a modality that ask only for the form of the pictures. */
export function ofPictures<S extends PicturesSpec>(): Required<Pick<Modality<S>, Shared>> {
  return {
    formOf: (spec) => image.formOf(asImage(spec)),
    isSmall: (spec) => image.isSmall(asImage(spec)),
    weight: (spec) => 2 * image.weight(asImage(spec)),
    input: (spec) => image.input(asImage(spec)),
    check: (spec, needs, title) => image.check(asImage(spec), needs, title),
    checkSame: (wanted, given) => image.checkSame(asImage(wanted), (given as TwoPicturesDataset<S>).images()),
    seenAs: asImage,
    describe: (spec) => image.describe(asImage(spec)),
  };
}

/** Both pictures (2, C, H, W) side by side, float in [0, 1]. */
export function besideEachOther(pair: Tensor, spec: PicturesSpec): Tensor {
  const shown = [0, 1].map((i) => image.show(pair.narrow(0, i, 1), 0, asImage(spec)));
  return ops.cat(
    shown.flatMap((one) => (one.kind === 'picture' ? [one.image] : [])),
    2,
  );
}
