/**
 * Where a patch is cut out, and the transformations that make a class out of it (the list of Dosovitskiy et al. 2014). Every patch gets
 * all of them. The paper gives ranges; here factors and powers are log-uniform, so that 1 lies in the middle, and all else is uniform.
 */
import {
  type Generator,
  GRID_OUTSIDE,
  GRID_READING,
  ops,
  scope,
  type Tensor,
  tensor,
  withoutGraph,
} from '../engine/index.js';
import { sobel } from './filter.js';
import type { Offset } from './geometry.js';
import { CHANNEL_HUES, chromaShares, splitHue } from './hue.js';
import { uniforms } from './transform.js';

/**
 * A place for a patch in each image (N, C, S, S), with a probability that grows as the energy of the gradients inside of it.
 * Returns upper left corners, int64 (N, 2).
 */
export function drawCorners(images: Tensor, side: number, random: Generator): Tensor {
  return scope(() => {
    const energy = sobel()(images).square().sum([1], true);
    // Gradients in the frame of the image, where filters reach beyond its edge, do not count.
    const inner = energy.narrow(2, 1, images.size(2) - 2).narrow(3, 1, images.size(3) - 2);
    const sums = ops.avgPool2d(ops.pad(inner, [1, 1, 1, 1]), side, 1).squeeze(1); // (N, S - side + 1, S - side + 1)
    const columns = sums.size(2);
    // In a flat image all places are alike.
    const weights = sums.add(Number.EPSILON).flatten(1).to(random.device);
    const chosen = weights.multinomial(1, true, { generator: random }).squeeze(1).to(images.device);
    return ops.stack([chosen.floorDivide(columns), chosen.remainder(columns)], 1);
  });
}

/** The paper's ranges: the ends, or the largest size of what has a sign. */
export const RANGES = {
  /** As a share of the patch's side. */
  translation: 0.2,
  scale: [0.7, 1.4],
  degrees: 20,
  /** Factors on the principal components of the colors. */
  contrast: [0.5, 2],
  /** Of saturation and value: a power, a factor, and what is added. */
  power: [0.25, 4],
  factor: [0.7, 1.4],
  added: 0.1,
  /** In turns of the color circle. */
  hue: 0.1,
} as const;

/** A curve f x^p + a, clamped to [0, 1]. */
export interface ToneCurve {
  power: number;
  factor: number;
  added: number;
}

/** What happens to one patch. */
export interface PatchChange {
  /** Move right and down, as shares of the side. */
  right: number;
  down: number;
  /** Side of what is cut out, as a multiple of the patch's. */
  scale: number;
  /** Radians. */
  angle: number;
  /** One factor for each principal component. */
  contrast: readonly number[];
  saturation: ToneCurve;
  value: ToneCurve;
  hue: number;
}

/** @param strength share of the paper's ranges, from 0 for no change to 1 */
export function drawChanges(count: number, channels: number, strength: number, random: Generator): PatchChange[] {
  const draws = uniforms(count, 11 + channels, random);
  const within = (most: number, draw: number): number => strength * most * (2 * draw - 1);
  const factor = ([low, high]: readonly [number, number], draw: number): number =>
    Math.exp(strength * (Math.log(low) + (Math.log(high) - Math.log(low)) * draw));
  return Array.from({ length: count }, (_, i) => {
    const own = draws(i).values();
    const next = (): number => own.next().value!;
    const curve = (): ToneCurve => ({
      power: factor(RANGES.power, next()),
      factor: factor(RANGES.factor, next()),
      added: within(RANGES.added, next()),
    });
    return {
      right: within(RANGES.translation, next()),
      down: within(RANGES.translation, next()),
      scale: factor(RANGES.scale, next()),
      angle: within((RANGES.degrees * Math.PI) / 180, next()),
      saturation: curve(),
      value: curve(),
      hue: within(RANGES.hue, next()),
      contrast: Array.from({ length: channels }, () => factor(RANGES.contrast, next())),
    };
  });
}

/**
 * Cuts a patch out of each image, moved, scaled and rotated, and changes its colors. What lies beyond the image is its reflection.
 *
 * @param images float32 (N, C, H, W) in [0, 1], C = 1 or 3
 * @param corners of the patches as they are without a change
 * @returns (N, C, side, side) in [0, 1]
 */
export function transformPatches(
  images: Tensor,
  corners: readonly Offset[],
  side: number,
  changes: readonly PatchChange[],
): Tensor {
  return withoutGraph(() => changeHsv(changeContrast(cut(images, corners, side, changes), changes), changes));
}

function cut(images: Tensor, corners: readonly Offset[], side: number, changes: readonly PatchChange[]): Tensor {
  const [count, channels, height, width] = images.shape as [number, number, number, number];
  const matrices = changes.flatMap(({ right, down, scale, angle }, i) => {
    const { top, left } = corners[i]!;
    const [sin, cos] = [scale * side * Math.sin(angle), scale * side * Math.cos(angle)];
    // From the patch's square [-1, 1]^2 to that of the image.
    return [
      [cos / width, -sin / width, (2 * left + (1 + 2 * right) * side) / width - 1],
      [sin / height, cos / height, (2 * top + (1 + 2 * down) * side) / height - 1],
    ].flat();
  });
  const theta = tensor(Float32Array.from(matrices), { shape: [count, 2, 3], device: images.device });
  const grid = ops.affineGridGenerator(theta, [count, channels, side, side], false);
  return ops.gridSampler(images.contiguous(), grid, GRID_READING.bilinear, GRID_OUTSIDE.reflection, false);
}

/** Multiplies the principal components of the colors of the batch's pixels, in each patch by its own factors. */
function changeContrast(patches: Tensor, changes: readonly PatchChange[]): Tensor {
  const [, channels] = patches.shape as [number, number];
  const pixels = patches.permute([1, 0, 2, 3]).flatten(1); // (C, N p p)
  const mean = pixels.mean([1], true);
  const centered = pixels.sub(mean);
  const [, columns] = centered.matmul(centered.t()).to('cpu').linalgEigh(); // (C, C)
  const components = columns.to(patches.device);
  const factors = perPatch(changes, patches, ({ contrast }) => contrast);
  const projected = ops.einsum('ck,nchw->nkhw', [components, patches.sub(mean.view([1, channels, 1, 1]))]);
  const back = ops.einsum('ck,nkhw->nchw', [components, projected.mul(factors)]);
  return back.add(mean.view([1, channels, 1, 1])).clamp(0, 1);
}

/** Bends saturation and value, and turns the hue; gray images have a value only. */
function changeHsv(patches: Tensor, changes: readonly PatchChange[]): Tensor {
  const bend = (x: Tensor, curve: 'saturation' | 'value'): Tensor => {
    const of = (key: keyof ToneCurve) => perPatch(changes, patches, (change) => [change[curve][key]]);
    return x.pow(of('power')).mul(of('factor')).add(of('added')).clamp(0, 1);
  };
  if (patches.size(1) === 1) return bend(patches, 'value');
  const { hue, chroma, least } = splitHue(patches); // (N, 1, p, p)
  const most = least.add(chroma);
  const value = bend(most, 'value');
  const saturation = bend(chroma.div(most.clampMin(1e-6)), 'saturation');
  const share = chromaShares(
    hue.add(perPatch(changes, patches, (change) => CHANNEL_HUES.map((own) => change.hue - own))),
  );
  return share.sub(1).mul(saturation).add(1).mul(value);
}

/** As many numbers for each patch as `of` gives: (N, count, 1, 1). */
function perPatch(
  changes: readonly PatchChange[],
  { device }: Tensor,
  of: (change: PatchChange) => readonly number[],
): Tensor {
  return tensor(Float32Array.from(changes.flatMap(of)), { device }).view([changes.length, -1, 1, 1]);
}
