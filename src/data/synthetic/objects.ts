import { type Generator, noGrad, ops, scope, type Tensor, tensor } from '../../engine/index.js';
import { DISCS, KINDS, type Kind, type Part } from './shapes.js';

export interface ObjectOptions {
  /** Side in pixels. */
  size: number;
  /** Objects with an up and a left, or discs that look the same from every side. */
  shapes: 'objects' | 'discs';
  /** Hues in a band of the class, or any hue for any class. */
  hue: 'class' | 'random';
  /**
   * The lens's color fringes: red is scaled by 1 + this and blue by 1 - this about the image's center; 0 for none, 0.01 for a
   * plain lens. The background behind the objects, which has no edges, stays as it is.
   */
  chromaticAberration?: number;
}

/** The classes of the generated set, by label. */
export function objectKinds(shapes: ObjectOptions['shapes']): readonly Kind[] {
  return shapes === 'objects' ? KINDS : DISCS;
}

/**
 * Paints `rounds` images of every kind, interleaved: image i shows kind i mod K. Position, scale (0.7 to 1.2), proportions,
 * hue and brightness are random; the background is noise of two scales without direction, so that nothing but the object
 * tells what is up.
 *
 * @returns uint8 (rounds K, 3, size, size) in channels-last memory
 */
export function paintObjects(rounds: number, options: ObjectOptions, random: Generator): Tensor {
  return noGrad(() =>
    scope(() => {
      const kinds = objectKinds(options.shapes).map((kind) => scope(() => paintKind(kind, rounds, options, random)));
      const images = ops.stack(kinds, 1).flatten(0, 1); // (rounds, K, 3, S, S) -> (rounds K, 3, S, S)
      return images.mul(255).round().clamp(0, 255).to('uint8').to({ memoryFormat: 'channelsLast' });
    }),
  );
}

function paintKind(kind: Kind, count: number, options: ObjectOptions, random: Generator): Tensor {
  const { size, hue, chromaticAberration = 0 } = options;
  const uniform = (low: number, high: number, shape: number[] = [count, 1, 1, 1]): Tensor =>
    ops
      .rand(shape, { generator: random })
      .mul(high - low)
      .add(low);
  // Half the object's extent as a share of the side, and a center that keeps it inside.
  const extent = uniform(0.7, 1.2).mul(0.36);
  const center = (): Tensor => extent.add(uniform(0, 1).mul(extent.mul(-2).add(1)));
  const axis = sceneAxis(size, chromaticAberration).div(size); // (L, S), one row for all channels or one for each
  const planes = axis.size(0);
  const u = axis.view([1, planes, 1, size]).sub(center()).div(extent).expand([count, planes, size, size]);
  const v = axis.view([1, planes, size, 1]).sub(center()).div(extent).expand([count, planes, size, size]);
  const hues = hue === 'class' ? uniform(kind.hue - 0.04, kind.hue + 0.04) : uniform(0, 1);
  const value = uniform(0.55, 0.85);
  const saturation = uniform(0.55, 0.9);
  let image = background(count, size, random); // (N, 3, S, S)
  for (const part of kind.parts) {
    const shiftX = uniform(-0.05, 0.05);
    const shiftY = uniform(-0.05, 0.05);
    const grow = uniform(0.88, 1.12);
    const distance = distanceTo(part, u.sub(shiftX), v.sub(shiftY), grow);
    const coverage = distance.mul(extent).mul(-size).add(0.5).clamp(0, 1); // (N, L, S, S)
    const brightness = value.mul(part.value).mul(uniform(0.92, 1.08)).clamp(0, 1);
    const color = hsvToRgb(hues.add(part.hue), saturation, brightness); // (N, 3, 1, 1)
    image = image.lerp(color.expand([count, 3, size, size]), coverage.expand([count, 3, size, size]));
  }
  return image;
}

/**
 * Where in the scene each pixel of a row looks, in pixels from the edge: (1, S) through a perfect lens, else one row each for
 * red, green and blue (3, S).
 */
export function sceneAxis(size: number, chromaticAberration: number): Tensor {
  const axis = ops.arange(0, size, 1, { dtype: 'float32' }).add(0.5).view([1, size]);
  if (chromaticAberration === 0) return axis;
  const magnification = tensor([1 + chromaticAberration, 1, 1 - chromaticAberration], { shape: [3, 1] });
  return axis
    .sub(size / 2)
    .div(magnification)
    .add(size / 2);
}

/** Signed distance to a part's edge in object units, negative inside; the part is scaled about its own center. */
function distanceTo(part: Part, u: Tensor, v: Tensor, grow: Tensor): Tensor {
  if (part.ellipse) {
    const [x, y, rx, ry] = part.ellipse;
    const radius = u.sub(x).div(rx).square().add(v.sub(y).div(ry).square()).sqrt();
    return radius.sub(grow).mul(Math.min(rx, ry));
  }
  const points = part.polygon ?? [];
  const centerX = points.reduce((sum, [x]) => sum + x, 0) / points.length;
  const centerY = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
  const edges = points.map(([x, y], i) => {
    const [nextX, nextY] = points[(i + 1) % points.length]!;
    const length = Math.hypot(nextX - x, nextY - y);
    // Clockwise on the screen, so the outside lies to the left of each edge.
    const [normalX, normalY] = [(nextY - y) / length, -(nextX - x) / length];
    const offset = (x - centerX) * normalX + (y - centerY) * normalY;
    return u.sub(centerX).mul(normalX).add(v.sub(centerY).mul(normalY)).sub(grow.mul(offset));
  });
  return edges.reduce((furthest, edge) => furthest.maximum(edge));
}

/** Coarse blotches and fine grain around a random gray tint; no direction, no horizon. */
function background(count: number, size: number, random: Generator): Tensor {
  const base = ops.rand([count, 3, 1, 1], { generator: random }).mul(0.3).add(0.35);
  const coarse = ops.randn([count, 1, 4, 4], { generator: random });
  const blotches = ops.upsampleBicubic2d(coarse, [size, size], false, null).mul(0.08);
  const grain = ops.randn([count, 3, size, size], { generator: random }).mul(0.04);
  return base.add(blotches).add(grain).clamp(0, 1);
}

/** Hue (any real number, one turn per unit), saturation and value (N, 1, 1, 1) to RGB (N, 3, 1, 1). */
function hsvToRgb(hue: Tensor, saturation: Tensor, value: Tensor): Tensor {
  const turn = tensor([5, 3, 1]).view([1, 3, 1, 1]);
  const k = hue.mul(6).add(turn).remainder(6); // (N, 3, 1, 1)
  const fall = k.minimum(k.neg().add(4)).clamp(0, 1);
  return value.sub(value.mul(saturation).mul(fall));
}
