/** The encoders of most image methods: a backbone for the data's images, and one of the usual conversions of their pixels. */
import { compose, normalize, sobel, toFloat } from '../augment/index.js';
import type { Backbone, BackboneOptions } from '../backbones/backbone.js';
import { hasOption } from '../backbones/registry.js';
import type { ClipSpec, ImageSpec, SampleSpec } from '../data/index.js';
import { scope, type Tensor } from '../engine/index.js';
import { AutodidactError } from '../errors.js';
import type { Encoder, EncoderContext } from './method.js';
import { lightnessOf } from './targets/channel-codings.js';

/** What a method asks of the backbone beyond the size of the images: another initialization, other channels. */
type Overrides<Options> = (context: EncoderContext<Options>) => Partial<BackboneOptions>;

/** Pixels in [0, 1] minus the mean of each channel, divided by its standard deviation. */
export function standardizedImages<Options>(overrides: Overrides<Options> = () => ({})) {
  return (context: EncoderContext<Options>): Encoder<ImageSpec> => {
    const { mean, std } = context.spec;
    const normalized = normalize(mean, std);
    return {
      spec: context.spec,
      backbone: context.makeBackbone(overrides(context)),
      preparation: { mean, std },
      prepare: (samples: Tensor) => normalized(toFloat(samples)),
    };
  };
}

/**
 * An encoder of images or clips whose pixels are standardized by these numbers: one that no method of ours made.
 * @throws AutodidactError `DATA` for samples of another kind
 */
export function standardizedBy(
  backbone: Backbone,
  spec: SampleSpec,
  { mean, std }: { mean: readonly number[]; std: readonly number[] },
): Encoder {
  const context = { spec: { ...spec, mean, std }, makeBackbone: () => backbone };
  if (isSpecOf<ImageSpec>(spec, 'image')) return { ...standardizedImages()(context as never), spec } as Encoder;
  if (isSpecOf<ClipSpec>(spec, 'clip')) return { ...standardizedClips()(context as never), spec } as Encoder;
  throw new AutodidactError('DATA', `How samples of the kind ${spec.modality} are prepared is not in the file`, {
    remedy: 'Give the run folder that the encoder comes from.',
  });
}

const isSpecOf = <S extends SampleSpec>(spec: SampleSpec, modality: S['modality']): spec is S =>
  spec.modality === modality;

/** What an encoder of frames sees of videos: single frames, standardized. */
export function standardizedFrames<Options>(
  overrides: (context: EncoderContext<Options, ClipSpec>) => Partial<BackboneOptions> = () => ({}),
) {
  return (context: EncoderContext<Options, ClipSpec>): Encoder<ImageSpec> => {
    const { channels, height, width, mean, std } = context.spec;
    const spec: ImageSpec = { modality: 'image', channels, height, width, mean, std };
    return standardizedImages<Options>(() => overrides(context))({ ...context, spec });
  };
}

/** Clips (N, T, C, H, W), standardized. */
export function standardizedClips<Options>(overrides: Partial<BackboneOptions> = {}) {
  return (context: EncoderContext<Options, ClipSpec>): Encoder<ClipSpec> => {
    const { spec, makeBackbone } = context;
    const normalized = normalize(spec.mean, spec.std);
    const prepare = (samples: Tensor) =>
      scope(() => normalized(toFloat(samples.flatten(0, 1))).unflatten(0, [samples.size(0), samples.size(1)]));
    const backbone = makeBackbone({ ...lengthFor(context, spec.frames), ...overrides });
    return { spec, backbone, preparation: { mean: spec.mean, std: spec.std }, prepare };
  };
}

/** Pixels in [0, 1]. */
export function plainImages<Options>(overrides: Overrides<Options> = () => ({})) {
  return (context: EncoderContext<Options>): Encoder<ImageSpec> => ({
    spec: context.spec,
    backbone: context.makeBackbone(overrides(context)),
    preparation: fixed(context.spec, 0, 1),
    prepare: toFloat,
  });
}

/** Clips (N, T, C, H, W) of so many frames, pixels in [0, 1]. */
export function plainClips<Options>(frames: number) {
  return (context: EncoderContext<Options, ClipSpec>): Encoder<ClipSpec> => ({
    spec: { ...context.spec, frames },
    backbone: context.makeBackbone(lengthFor(context, frames)),
    preparation: fixed(context.spec, 0, 1),
    prepare: (samples: Tensor) =>
      scope(() => toFloat(samples.flatten(0, 1)).unflatten(0, [samples.size(0), samples.size(1)])),
  });
}

/** The number of frames, for backbones that are made for one. */
function lengthFor({ architecture }: Pick<EncoderContext, 'architecture'>, frames: number): Partial<BackboneOptions> {
  return hasOption(architecture, 'frames') ? { frames } : {};
}

/** Pixels in [-1, 1], as the output of a tanh. */
export function symmetricImages<Options>(overrides: Overrides<Options> = () => ({})) {
  return (context: EncoderContext<Options>): Encoder<ImageSpec> => ({
    spec: context.spec,
    backbone: context.makeBackbone(overrides(context)),
    preparation: fixed(context.spec, 0.5, 0.5),
    prepare: (samples: Tensor) => scope(() => toFloat(samples).mul(2).sub(1)),
  });
}

function fixed({ channels }: Pick<ImageSpec, 'channels'>, mean: number, std: number) {
  return { mean: Array<number>(channels).fill(mean), std: Array<number>(channels).fill(std) };
}

/** Channels of the gradients of a gray image: horizontal and vertical. */
export const GRADIENTS = 2;

/** For the preparation of an encoder: the last thing that is done. */
export const SOBEL_NOTE =
  'the mean of the channels is convolved with [[1, 0, -1], [2, 0, -2], [1, 0, -1]] and with its transpose, zeros beyond the edges: two channels';

/** Standardized images, or two gradients of their gray images: colors would be an easy way to sort images. */
export function sobelImages(context: EncoderContext<{ useSobel: boolean }>): Encoder<ImageSpec> {
  if (!context.options.useSobel) return standardizedImages()(context);
  const { spec } = context;
  const { mean, std } = spec;
  const gradients = compose(normalize(mean, std), sobel());
  return {
    spec,
    backbone: context.makeBackbone({ inputChannels: GRADIENTS }),
    preparation: { mean, std, note: `then ${SOBEL_NOTE}` },
    prepare: (samples) => gradients(toFloat(samples)),
  };
}

/** The lightness of CIE Lab alone, one channel on the scale of colorization; gray images (N, 1, H, W) serve too. */
export function lightnessImages<Options>(overrides: Overrides<Options> = () => ({})) {
  return (context: EncoderContext<Options>): Encoder<ImageSpec> => ({
    spec: context.spec,
    backbone: context.makeBackbone({ ...overrides(context), inputChannels: 1 }),
    preparation: { note: 'The lightness L of CIE Lab alone, as (L - 50) / 100.' },
    prepare: lightnessOf,
  });
}

/** @throws AutodidactError `DATA` for data without color, which a method that predicts colors cannot use */
export function requireColor({ channels }: Pick<ImageSpec, 'channels'>, title: string): void {
  if (channels !== 1) return;
  throw new AutodidactError('DATA', `${title} predicts the colors of images, but these images are gray`, {
    remedy: 'Take images in color, or another method, such as rotation or context-encoder.',
  });
}
