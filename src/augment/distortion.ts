import { colorJitter, grayscale } from './color.js';
import { gaussianBlur } from './filter.js';
import { compose, type Transform } from './transform.js';

/** Largest changes of brightness, contrast, saturation and hue at strength 1. */
export type Jitter = readonly [brightness: number, contrast: number, saturation: number, hue: number];

/** SimCLR's (Chen et al. 2020, appendix A). */
export const STRONG_JITTER: Jitter = [0.8, 0.8, 0.8, 0.2];
/** BYOL's (Grill et al. 2020, appendix B). */
export const MILD_JITTER: Jitter = [0.4, 0.4, 0.2, 0.1];

export interface DistortionOptions {
  /** Factor on the jitter. */
  colorStrength: number;
  grayProbability: number;
  blurProbability: number;
}

/**
 * What contrastive methods do after the crop: jitter with probability 0.8, then gray, then SimCLR's blur (sigma from 0.1 to 2 pixels).
 * What has strength or probability 0 is left out and draws nothing.
 */
export function distortion(
  jitter: Jitter,
  { colorStrength, grayProbability, blurProbability }: DistortionOptions,
): Transform {
  const [brightness, contrast, saturation, hue] = jitter.map((most) => most * colorStrength) as [...Jitter];
  return compose(
    ...(colorStrength > 0 ? [colorJitter({ brightness, contrast, saturation, hue, p: 0.8 })] : []),
    ...(grayProbability > 0 ? [grayscale(grayProbability)] : []),
    ...(blurProbability > 0 ? [gaussianBlur({ p: blurProbability })] : []),
  );
}
