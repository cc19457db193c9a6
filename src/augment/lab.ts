import { ops, scope, type Tensor, withoutGraph } from '../engine/index.js';
import { expected } from '../errors.js';
import { toFloat } from './transform.js';

type Triple = readonly [number, number, number];
type Matrix = readonly [Triple, Triple, Triple];

/** Linear sRGB to CIE XYZ (ITU-R BT.709 primaries, white D65). */
const XYZ_FROM_RGB: Matrix = [
  [0.412453, 0.35758, 0.180423],
  [0.212671, 0.71516, 0.072169],
  [0.019334, 0.119193, 0.950227],
];
const RGB_FROM_XYZ = inverse(XYZ_FROM_RGB);
/** The XYZ of RGB white, so that grays have exactly no color; scikit-image's white differs in the fifth digit. */
const WHITE = XYZ_FROM_RGB.map((row) => row[0] + row[1] + row[2]) as unknown as Triple;

/** Where the cube root gives way to a straight line (CIE 15). */
const DELTA = 6 / 29;

/** Largest |a| or |b| that sRGB reaches, rounded up: the scale on which networks see and predict a and b. */
export const AB_SCALE = 110;

/**
 * sRGB to CIE Lab: float (N, 3, H, W) in [0, 1] to float32 (N, 3, H, W) with L from 0 to 100 and a, b within about +-110.
 *
 * @throws AutodidactError `SHAPE` for anything but three channels
 */
export function rgbToLab(images: Tensor): Tensor {
  checkChannels(images, 'rgbToLab');
  return withoutGraph(() => {
    const linear = planes(images).map((c) => {
      const curve = c.add(0.055).div(1.055).clampMin(0).pow(2.4);
      return ops.where(c.le(0.04045), c.div(12.92), curve);
    });
    const [fx, fy, fz] = XYZ_FROM_RGB.map((row, i) => {
      const t = mix(row, linear).div(WHITE[i]!);
      const line = t.div(3 * DELTA ** 2).add(4 / 29);
      return ops.where(t.gt(DELTA ** 3), t.clampMin(0).pow(1 / 3), line);
    }) as [Tensor, Tensor, Tensor];
    return ops.cat([fy.mul(116).sub(16), fx.sub(fy).mul(500), fy.sub(fz).mul(200)], 1);
  });
}

/**
 * CIE Lab to sRGB, the inverse of `rgbToLab`: float (N, 3, H, W) to float32 (N, 3, H, W) in [0, 1]. Colors that a screen
 * cannot show are clipped.
 *
 * @throws AutodidactError `SHAPE` for anything but three channels
 */
export function labToRgb(lab: Tensor): Tensor {
  checkChannels(lab, 'labToRgb');
  return withoutGraph(() => {
    const [lightness, a, b] = planes(lab) as [Tensor, Tensor, Tensor];
    const fy = lightness.add(16).div(116);
    const xyz = [fy.add(a.div(500)), fy, fy.sub(b.div(200))].map((f, i) => {
      const line = f.sub(4 / 29).mul(3 * DELTA ** 2);
      return ops.where(f.gt(DELTA), f.pow(3), line).mul(WHITE[i]!);
    });
    const rgb = RGB_FROM_XYZ.map((row) => {
      const c = mix(row, xyz);
      const curve = c
        .clampMin(0)
        .pow(1 / 2.4)
        .mul(1.055)
        .sub(0.055);
      return ops.where(c.le(0.0031308), c.mul(12.92), curve);
    });
    return ops.cat(rgb, 1).clamp(0, 1);
  });
}

/** Lab (N, 3, H, W) of uint8 or float images: in color (N, 3, H, W), or gray (N, 1, H, W). */
export function labOf(samples: Tensor): Tensor {
  return scope(() => {
    const images = toFloat(samples);
    const [count = 0, channels, height = 0, width = 0] = images.shape;
    return rgbToLab(channels === 1 ? images.expand([count, 3, height, width]) : images);
  });
}

/** Lightness and colors of Lab images (N, 3, H, W): L (N, 1, H, W) and ab (N, 2, H, W). */
export function splitLab(lab: Tensor): { lightness: Tensor; ab: Tensor } {
  return { lightness: lab.narrow(1, 0, 1), ab: lab.narrow(1, 1, 2) };
}

/** Every `stride`-th pixel of a map (N, C, H, W), as colorization's code makes its low-resolution targets. */
export function subsample(map: Tensor, stride: number): Tensor {
  return map.slice(2, 0, null, stride).slice(3, 0, null, stride);
}

/** A map (N, C, h, w) at another size, interpolated; itself when it has that size. */
export function resizeMap(map: Tensor, height: number, width: number): Tensor {
  if (map.size(2) === height && map.size(3) === width) return map;
  return ops.upsampleBilinear2d(map.contiguous(), [height, width], false);
}

/**
 * Lightness (N, 1, H, W) with colors of a lower resolution (N, 2, h, w), as RGB (N, 3, H, W) in [0, 1].
 */
export function colorize(lightness: Tensor, ab: Tensor): Tensor {
  const full = resizeMap(ab, lightness.size(2), lightness.size(3));
  return labToRgb(ops.cat([lightness, full.to('float32')], 1));
}

function planes(images: Tensor): Tensor[] {
  return images.to('float32').to({ memoryFormat: 'contiguous' }).chunk(3, 1);
}

function mix(weights: Triple, [first, second, third]: readonly Tensor[]): Tensor {
  return first!.mul(weights[0]).add_(second!, { alpha: weights[1] }).add_(third!, { alpha: weights[2] });
}

function checkChannels(images: Tensor, name: string): void {
  if (images.ndim !== 4 || images.size(1) !== 3)
    throw expected('images of shape (N, 3, H, W)', name, images, { code: 'SHAPE' });
}

/** By cofactors; in double precision, so that both directions agree to the last digit of float32. */
function inverse([[a, b, c], [d, e, f], [g, h, i]]: Matrix): Matrix {
  const determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  const row = (...values: [number, number, number]): Triple =>
    values.map((value) => value / determinant) as unknown as Triple;
  return [
    row(e * i - f * h, c * h - b * i, b * f - c * e),
    row(f * g - d * i, a * i - c * g, c * d - a * f),
    row(d * h - e * g, b * g - a * h, a * e - b * d),
  ];
}
