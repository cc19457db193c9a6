/** Descriptions of transforms with every number, and transforms made from descriptions. */
import {
  colorJitter,
  compose,
  composeClips,
  type Description,
  type FrameFold,
  gaussianBlur,
  grayscale,
  horizontalFlip,
  type Interpolation,
  normalize,
  overFrames,
  padAndCrop,
  pixelate,
  randomCrop,
  randomResizedCrop,
  resize,
  shiftInFrame,
  singleChannel,
  solarize,
  type Transform,
} from '../../src/augment/index.js';
import { ops, type Tensor } from '../../src/engine/index.js';

/** Width over height of torchvision's RandomResizedCrop. */
const TORCHVISION_RATIO = [3 / 4, 4 / 3] as const;

interface Crop {
  interpolation: Interpolation;
  flip: number;
  ratio?: readonly [number, number];
}

/** A crop of `least` to all of the image's area. */
export const crop = (size: number, least: number, { interpolation, flip, ratio = TORCHVISION_RATIO }: Crop) =>
  cropOf(size, [least, 1], { interpolation, flip, ratio });

/** A crop whose share of the image's area lies between two numbers. */
export const cropOf = (
  size: number,
  scale: readonly [number, number],
  { interpolation, flip, ratio = TORCHVISION_RATIO }: Crop,
) => ({ name: 'randomResizedCrop', size, scale, ratio, interpolation, flip });

export const jitter = (brightness: number, contrast: number, saturation: number, hue: number, p: number) => ({
  name: 'colorJitter',
  ...{ brightness, contrast, saturation, hue, p },
});

export const gray = (p: number) => ({ name: 'grayscale', p });

/** SimCLR's: a kernel of a tenth of the side, sigma from 0.1 to 2 pixels. */
export const blur = (p: number) => ({ name: 'gaussianBlur', kernelFraction: 0.1, sigma: [0.1, 2], p });

/** Pixels from half of the range on are inverted. */
export const solarized = (p: number) => ({ name: 'solarize', threshold: 0.5, p });

export const flipped = { name: 'horizontalFlip', p: 0.5 };

/** The same changes in all frames of a clip (`channels`, `rows`), or others in each (`apart`). */
export const over = (fold: FrameFold, ...list: readonly Description[]): Description => ({
  name: 'overFrames',
  fold,
  steps: list,
});

export const steps = (...list: readonly Description[]): Description => ({ name: 'compose', steps: list });

/** The pipelines of methods that flip half of the images and do nothing else. */
export const onlyFlipped = { augment: steps(flipped) };

/** Halves each image in one of these ways, by a draw of its own. */
function halve({ ways }: { ways: readonly string[] }): Transform {
  const half = (image: Tensor, way: string): Tensor =>
    way === 'mean'
      ? ops.avgPool2d(image, 2)
      : resize({ size: image.size(2) / 2, interpolation: way as Interpolation })(image);
  return (images, random) => {
    const draws = ops.rand([images.size(0)], { generator: random }).toNumbers();
    return ops.cat(draws.map((draw, i) => half(images.narrow(0, i, 1), ways[Math.floor(draw * ways.length)]!)));
  };
}

const MAKERS: Record<string, (options: never) => Transform> = {
  colorJitter,
  gaussianBlur,
  halve,
  grayscale: ({ p }: { p: number }) => grayscale(p),
  horizontalFlip: ({ p }: { p: number }) => horizontalFlip(p),
  normalize: ({ mean, std }: Record<'mean' | 'std', number[]>) => normalize(mean, std) as Transform,
  /** Of clips; each step is one of images. */
  overFrames: ({ fold, steps: list }: { fold: FrameFold; steps: readonly Description[] }) =>
    overFrames(compose(...list.map(make)), fold),
  padAndCrop,
  pixelate,
  randomCrop,
  randomResizedCrop,
  shiftInFrame: ({ border }: { border: number }) => shiftInFrame(border),
  singleChannel: ({ p }: { p: number }) => singleChannel(p),
  solarize,
};

/** The transform that a description is of: of images, or of clips where it says what happens over frames. */
export function make({ name, ...parameters }: Description): Transform {
  const steps = parameters.steps as readonly Description[];
  if (name === 'overFrames') return overFrames(compose(...steps.map(make)), parameters.fold as FrameFold) as Transform;
  if (name === 'compose' && steps.some((step) => step.name === 'overFrames'))
    return composeClips(...steps.map(make)) as Transform;
  if (name === 'compose') return compose(...steps.map(make));
  const maker = MAKERS[name];
  if (maker === undefined) throw new Error(`No transform is known by the name ${name}`);
  return maker(parameters as never);
}
