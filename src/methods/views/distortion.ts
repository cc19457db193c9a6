import { colorJitter, compose, gaussianBlur, grayscale, type Transform } from '../../augment/index.js';

/** Largest changes of brightness, contrast, saturation and hue at strength 1. */
export type Jitter = readonly [brightness: number, contrast: number, saturation: number, hue: number];

/** SimCLR's (Chen et al. 2020, appendix A). */
export const STRONG_JITTER: Jitter = [0.8, 0.8, 0.8, 0.2];
/** BYOL's (Grill et al. 2020, appendix B). */
export const MILD_JITTER: Jitter = [0.4, 0.4, 0.2, 0.1];

export interface DistortionOptions {
  jitter: Jitter;
  /** Factor on the jitter; 0 for none. */
  strength: number;
  /** Probability of losing the color. */
  gray: number;
  /** Probability of a blur. */
  blur: number;
}

/** What contrastive methods do after the crop: jitter with probability 0.8, then gray, then SimCLR's blur (sigma from 0.1 to 2 pixels). */
export function distortion({ jitter, strength, gray, blur }: DistortionOptions): Transform {
  const [brightness, contrast, saturation, hue] = jitter.map((most) => most * strength) as readonly number[] as Jitter;
  return compose(
    ...(strength > 0 ? [colorJitter({ brightness, contrast, saturation, hue, p: 0.8 })] : []),
    ...(gray > 0 ? [grayscale(gray)] : []),
    ...(blur > 0 ? [gaussianBlur({ p: blur })] : []),
  );
}
