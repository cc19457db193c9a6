import { type Generator, ops, type Tensor, tensor } from '../../engine/index.js';
import { column, dot, type Vectors } from './ray-casting.js';
import type { SceneLayout, Texture } from './scene-layout.js';

export const TEXTURE_NUMBERS = 15;

export function textureRow({ colors, weights, frequency, offset }: Texture): number[] {
  return [...colors[0], ...colors[1], ...weights, ...frequency, ...offset];
}

/** The color (N, P) of each channel at points in meters along their body's axes; `numbers` are those of `textureRow`, (N, P) each. */
export function textured(numbers: readonly Tensor[], point: Vectors): Vectors {
  const [r0, g0, b0, r1, g1, b1, blocks, stripes, clouds, fx, fy, fz, ox, oy, oz] = numbers as [
    ...[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor],
    ...[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor],
  ];
  const u = point[0].mul(fx).add(ox);
  const v = point[1].mul(fy).add(oy);
  const w = point[2].mul(fz).add(oz);
  const share = parity(u.floor().add(v.floor()).add(w.floor()))
    .mul(blocks)
    .add(parity(u.add(v).floor()).mul(stripes))
    .add(cloud(u, v, w).mul(clouds));
  const mixed = (from: Tensor, to: Tensor) => to.sub(from).mul(share).add(from);
  return [mixed(r0, r1), mixed(g0, g1), mixed(b0, b1)];
}

/** 1 for odd whole numbers, 0 for even ones. */
function parity(whole: Tensor): Tensor {
  const half = whole.mul(0.5);
  return half.sub(half.floor()).mul(2);
}

/** 1 at whole numbers, 0 halfway between them, straight in between. */
function zigzag(x: Tensor): Tensor {
  return x.sub(x.floor()).mul(2).sub(1).abs();
}

/** Blotches in [0, 1] of three sizes: zigzags that bend one another. */
function cloud(u: Tensor, v: Tensor, w: Tensor): Tensor {
  const large = zigzag(u.mul(0.5).add(zigzag(v.mul(0.7).add(w))));
  const middle = zigzag(
    w
      .mul(1.1)
      .add(zigzag(u.mul(1.3)))
      .add(v.mul(0.6)),
  );
  const fine = zigzag(
    v
      .mul(3.1)
      .add(u.mul(2.3))
      .add(zigzag(w.mul(2.9))),
  );
  return large.mul(0.45).add(middle.mul(0.35)).add(fine.mul(0.2));
}

/** Lambert's law: (ambient + strength n l) times the color, without the lamp in shadow. Gives (N, 3, P). */
export function lit(
  color: Vectors,
  normal: Vectors,
  towards: Vectors,
  isShadowed: Tensor,
  layouts: readonly SceneLayout[],
): Tensor {
  const strength = column(layouts.map(({ light }) => light.strength));
  const ambient = column(layouts.map(({ light }) => light.ambient));
  const light = dot(normal, towards).clampMin(0).mul(strength).maskedFill(isShadowed, 0).add(ambient);
  return ops.stack(
    color.map((channel) => channel.mul(light)),
    1,
  );
}

/** What the sensor makes of the light (N, 3, S, S): color cast, contrast curve, blur, noise. */
export function exposed(light: Tensor, layouts: readonly SceneLayout[], random: Generator): Tensor {
  const sensors = layouts.map(({ sensor }) => sensor);
  if (sensors.every(({ curve, blur, noise }) => curve === 0 && blur === 0 && noise === 0)) return light.clamp(0, 1);
  const factor = (values: readonly number[]) => tensor(Float32Array.from(values), { shape: [values.length, 1, 1, 1] });
  const cast = tensor(Float32Array.from(sensors.flatMap(({ cast }) => cast)), { shape: [sensors.length, 3, 1, 1] });
  const value = light.mul(cast).clamp(0, 1);
  const curved = value.add(value.mul(value.neg().add(1)).mul(factor(sensors.map(({ curve }) => curve))));
  const blurred = curved.add(
    mean3x3(curved)
      .sub(curved)
      .mul(factor(sensors.map(({ blur }) => blur))),
  );
  // A stream for every scene: its noise is the same whatever is rendered with it.
  const noise = sensors.map(({ noiseSeed }) =>
    ops.randn([...light.shape.slice(1)], { generator: random.seed(noiseSeed) }),
  );
  return blurred.add(ops.stack(noise).mul(factor(sensors.map(({ noise }) => noise)))).clamp(0, 1);
}

/** The mean over each pixel and its neighbors, the edge repeated. */
function mean3x3(images: Tensor): Tensor {
  const size = images.size(3);
  const padded = ops.pad(images, [1, 1, 1, 1], 'replicate');
  const across = padded
    .narrow(3, 0, size)
    .add(padded.narrow(3, 1, size))
    .add(padded.narrow(3, 2, size));
  return across
    .narrow(2, 0, size)
    .add(across.narrow(2, 1, size))
    .add(across.narrow(2, 2, size))
    .div(9);
}
