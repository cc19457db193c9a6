/** The two domains of synthetic imagery, and the encoder of one of them. */
import { grayStatistics, meanChannel, standardizeGray, toFloat } from '../../../augment/index.js';
import type { ImageSpec, PairSpec, SamplesOf } from '../../../data/index.js';
import { scope, Tensor } from '../../../engine/index.js';
import type { Encoder, EncoderContext } from '../../method.js';

/** Real images, beside which the method renders scenes, or pairs of scenes with their geometry and real images. */
export type DomainSpec = ImageSpec | PairSpec<ImageSpec, ImageSpec>;
export type DomainSamples = SamplesOf<DomainSpec>;

/** The real images, uint8 (N, C, S, S). */
export function realOf(samples: DomainSamples): Tensor {
  return samples instanceof Tensor ? samples : samples.second;
}

/** Of the real images, in gray, the mean of their channels: the network has learned from one channel at a time. */
export function realEncoder({ spec: data, makeBackbone }: EncoderContext<unknown, DomainSpec>): Encoder<ImageSpec> {
  const spec = data.modality === 'pair' ? data.second : data;
  const standardized = standardizeGray(spec);
  return {
    spec,
    backbone: makeBackbone(),
    preparation: { ...grayStatistics(spec), note: 'Each channel is replaced by the mean of the channels first.' },
    prepare: (samples) => scope(() => standardized(meanChannel(toFloat(samples)))),
  };
}
