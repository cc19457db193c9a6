/** The forms that options of methods have. Each takes the paper's default and the description that help and documentation show. */
import { z } from 'zod';

/** A whole number, from 1 unless told otherwise. */
export const whole = (value: number, description: string, { min = 1, max = Number.MAX_SAFE_INTEGER } = {}) =>
  z.number().int().min(min).max(max).default(value).describe(description);

/** A whole number from 0 on: how many of something that may be left out. */
export const count = (value: number, description: string) => whole(value, description, { min: 0 });

/** A whole number, or null for a value that follows from others. */
export const wholeOrNull = (description: string, { min = 1, max = Number.MAX_SAFE_INTEGER } = {}) =>
  z.number().int().min(min).max(max).nullable().default(null).describe(description);

/** A number above 0. */
export const positive = (value: number, description: string) =>
  z.number().positive().default(value).describe(description);

/** A number above 0, or null for a value that follows from others. */
export const positiveOrNull = (description: string) =>
  z.number().positive().nullable().default(null).describe(description);

/** A number from 0 on: a weight, a strength. */
export const weight = (value: number, description: string) => z.number().min(0).default(value).describe(description);

/** A number from 0 to 1: a probability, a decay, a part of something. */
export const share = (value: number, description: string, { min = 0, max = 1 } = {}) =>
  z.number().min(min).max(max).default(value).describe(description);

/** A number above 0 and up to 1: a part of something that must not vanish. */
export const part = (value: number, description: string) =>
  z.number().gt(0).max(1).default(value).describe(description);

/** Yes or no. */
export const flag = (value: boolean, description: string) => z.boolean().default(value).describe(description);

/** A text, or null for none. */
export const textOrNull = (description: string) => z.string().nullable().default(null).describe(description);

/** One of several words; the first is the default. */
export const choice = <const Values extends readonly [string, ...string[]]>(values: Values, description: string) =>
  z
    .enum(values)
    .default(values[0] as never)
    .describe(description) as unknown as z.ZodDefault<z.ZodType<Values[number]>>;

// The views and heads that many methods have.

export const minimumScale = (value: number, description = 'Smallest share of the image that a crop covers') =>
  share(value, description, { min: 0.01 });

export const cropShare = (source: string) =>
  share(0.875, `Side of the random crop, as a share of the image (${source}: 224 of 256)`, { min: 0.25 });

export const colorStrength = (value: number, jitter: string) =>
  weight(value, `Strength s of the color jitter (${jitter}); 0 for none`);

/** Dropout of a text transformer. */
export const textDropout = (what = '') =>
  share(0.1, `Dropout of attention weights, branches and embeddings${what}`, { max: 0.9 });

export const grayProbability = (value: number, what = 'views') =>
  share(value, `Share of ${what} that lose their color`);

export const blurProbability = (value: number, note = '') => share(value, `Share of views that are blurred${note}`);

export const useBlur = (which = 'views are blurred with probability 0.5') =>
  flag(true, `Whether ${which}; not on small images`);

/** BYOL's views, see `byolViews`. */
export const useByolBlur = () => useBlur('view 1 is always blurred and view 2 with probability 0.1');

export const useSobel = () => flag(true, 'Show the network two gradients of the gray image instead of colors');

export const useFlip = (what = 'each view') => flag(true, `Random horizontal flip of ${what}`);

export const useStopGradient = () =>
  flag(true, 'Whether the target is the moving copy; if not, the network itself, which collapses (an ablation)');

export const projectionSize = (value: number, of = 'the projection that the loss compares') =>
  whole(value, `Dimensions of ${of}`);

export const hiddenSize = (value: number, of = 'the projection head') =>
  whole(value, `Width of the hidden layers of ${of}`);

export const normGroups = (value: number) =>
  whole(value, 'Parts of the batch, as on as many devices, that batch norm takes its statistics from; 1 for all of it');

export const outputStride = (value: number) =>
  whole(value, 'Pixels from one cell of the map to the next, at most; backbones other than ResNets keep their own');
