/** The encoders of most image methods: a backbone for the data's images, and one of the usual conversions of their pixels. */
import { normalize, toFloat } from '../augment/index.js';
import type { BackboneOptions } from '../backbones/backbone.js';
import type { ImageSpec } from '../data/index.js';
import { scope, type Tensor } from '../engine/index.js';
import type { Encoder, EncoderContext } from './method.js';

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

/** Pixels in [0, 1]. */
export function plainImages<Options>(overrides: Overrides<Options> = () => ({})) {
  return (context: EncoderContext<Options>): Encoder<ImageSpec> => ({
    spec: context.spec,
    backbone: context.makeBackbone(overrides(context)),
    preparation: fixed(context.spec, 0, 1),
    prepare: toFloat,
  });
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

function fixed({ channels }: ImageSpec, mean: number, std: number) {
  return { mean: Array<number>(channels).fill(mean), std: Array<number>(channels).fill(std) };
}
