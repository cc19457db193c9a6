import { colorJitter, grayscale, solarize } from './color.js';
import { randomResizedCrop } from './crop.js';
import { gaussianBlur } from './filter.js';
import { horizontalFlip, padAndCrop } from './geometry.js';
import { compose, type Size, type Transform } from './transform.js';

/** Mirrors half of the images left to right, or, without `useFlip`, leaves all as they are and draws nothing. */
export const halfFlipped = (useFlip: boolean): Transform => compose(...(useFlip ? [horizontalFlip(0.5)] : []));

// The views of the contrastive papers. All read uint8 or float32 [0, 1] and return float32 [0, 1], not normalized. The flip
// commutes with every later step, so it is always part of the crop.

/** SimCLR (Chen et al. 2020, appendix A). CIFAR: strength 0.5 and no blur. */
export function simclrView(options: { size: Size; strength?: number; useBlur?: boolean }): Transform {
  const { size, strength = 1, useBlur = true } = options;
  const most = 0.8 * strength;
  return compose(
    randomResizedCrop({ size, scale: [0.08, 1], flip: 0.5 }),
    colorJitter({ brightness: most, contrast: most, saturation: most, hue: 0.2 * strength, p: 0.8 }),
    grayscale(0.2),
    ...(useBlur ? [gaussianBlur({ p: 0.5 })] : []),
  );
}

/** MoCo v1 (He et al. 2019): grayscale precedes the jitter, which is always applied. */
export function mocoV1View(options: { size: Size; minimumScale?: number }): Transform {
  const { size, minimumScale = 0.2 } = options;
  return compose(
    randomResizedCrop({ size, scale: [minimumScale, 1], interpolation: 'bilinear', flip: 0.5 }),
    grayscale(0.2),
    colorJitter({ brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.4 }),
  );
}

/** MoCo v2 (Chen et al. 2020). */
export function mocoV2View(options: { size: Size; useBlur?: boolean; minimumScale?: number }): Transform {
  const { size, useBlur = true, minimumScale = 0.2 } = options;
  return compose(
    randomResizedCrop({ size, scale: [minimumScale, 1], interpolation: 'bilinear', flip: 0.5 }),
    colorJitter({ brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1, p: 0.8 }),
    grayscale(0.2),
    ...(useBlur ? [gaussianBlur({ p: 0.5 })] : []),
  );
}

/** BYOL (Grill et al. 2020, appendix B): the first view is always blurred, the second rarely, but sometimes solarized. */
export function byolView(options: { size: Size; view: 1 | 2; useBlur?: boolean; minimumScale?: number }): Transform {
  const { size, view, useBlur = true, minimumScale = 0.08 } = options;
  return compose(
    randomResizedCrop({ size, scale: [minimumScale, 1], flip: 0.5 }),
    colorJitter({ brightness: 0.4, contrast: 0.4, saturation: 0.2, hue: 0.1, p: 0.8 }),
    grayscale(0.2),
    ...(useBlur ? [gaussianBlur({ p: view === 1 ? 1 : 0.1 })] : []),
    ...(view === 2 ? [solarize({ p: 0.2 })] : []),
  );
}

export interface AmdimViewOptions {
  size: number;
  /** How the views move: by random crops, or by shifts of at most 4 pixels. */
  views: 'crop' | 'translate';
  colorStrength: number;
  grayProbability: number;
}

/** AMDIM (Bachman et al. 2019): moves and colors of each view, after a flip that both views share. */
export function amdimView({ size, views, colorStrength: s, grayProbability }: AmdimViewOptions): Transform {
  return compose(
    views === 'crop'
      ? randomResizedCrop({ size, scale: [0.3, 1], ratio: [0.7, 1.4] })
      : padAndCrop({ padding: 4, mode: 'reflect', p: 0.8 }),
    colorJitter({ brightness: 0.4 * s, contrast: 0.4 * s, saturation: 0.4 * s, hue: 0.2 * s, p: 0.8 }),
    grayscale(grayProbability),
  );
}
