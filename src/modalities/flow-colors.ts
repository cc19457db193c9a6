import { ops, scope, type Tensor, tensor } from '../engine/index.js';
import { expected } from '../errors.js';

/** Hues from each color of the wheel to the next: red, yellow, green, cyan, blue, magenta, and back to red. */
const STEPS = [15, 6, 4, 11, 13, 6] as const;
/** Channels that rise or fall over these steps; others stay at 0 or 1. */
const CHANGES = [
  [1, 1],
  [0, -1],
  [2, 1],
  [1, -1],
  [0, 1],
  [2, -1],
] as const;
/** What is longer than the longest vector is darker. */
const BEYOND = 0.75;

/**
 * Optical flow as colors: the hue is the direction (right red, down yellow, left cyan to blue, up violet), the saturation the
 * length; rest is white, unknown flow (not finite) black. The color wheel of Baker et al., "A Database and Evaluation Methodology
 * for Optical Flow" (2011).
 *
 * @param flow float (2, H, W): x to the right, then y down
 * @param longest length that is shown in full color; that of the longest vector when left out
 * @returns float (3, H, W) in [0, 1]
 * @throws AutodidactError `SHAPE`
 */
export function flowColors(flow: Tensor, longest?: number): Tensor {
  if (flow.ndim !== 3 || flow.size(0) !== 2) throw expected('(2, H, W), x before y,', 'flow', flow, { code: 'SHAPE' });
  if (longest !== undefined && !(longest > 0)) throw expected('a length above 0', 'longest', longest);
  return scope(() => {
    const isKnown = flow.isfinite().allDim(0, true); // (1, H, W)
    const [x, y] = flow.to('float32').nanToNum(0, 0, 0).unbind() as [Tensor, Tensor];
    const lengths = x.square().add(y.square()).sqrt();
    const radius = lengths.div(longest ?? Math.max(lengths.amax().item(), 1e-9));
    const wheel = colorWheel().to(flow.device);
    const hues = wheel.size(0);
    const place = y
      .neg()
      .atan2(x.neg())
      .div(Math.PI)
      .add(1)
      .mul((hues - 1) / 2);
    const low = place.floor();
    const share = place.sub(low).unsqueeze(0);
    const at = (hue: Tensor): Tensor =>
      wheel
        .indexSelect(0, hue.to('int64').remainder(hues).flatten())
        .view([...lengths.shape, 3])
        .permute([2, 0, 1]);
    const full = at(low).lerp(at(low.add(1)), share);
    const paled = full.rsub(1).mul(radius).rsub(1);
    const colors = ops.where(radius.le(1), paled, full.mul(BEYOND));
    return colors.mul(isKnown);
  });
}

/** (55, 3) in [0, 1]. */
function colorWheel(): Tensor {
  const color = [1, 0, 0];
  const rows: number[] = [];
  for (const [i, steps] of STEPS.entries()) {
    const [channel, sign] = CHANGES[i]!;
    const from = color[channel]!;
    for (let step = 0; step < steps; step++) {
      // As in the reference code, in whole 255ths.
      color[channel] = from + (sign * Math.floor((255 * step) / steps)) / 255;
      rows.push(...color);
    }
    color[channel] = from + sign;
  }
  return tensor(Float32Array.from(rows), { shape: [rows.length / 3, 3] });
}
