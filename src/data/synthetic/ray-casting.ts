import { ops, type Tensor, tensor } from '../../engine/index.js';

/** Three coordinates of many points or directions, tensors that broadcast with one another. */
export type Vectors = readonly [Tensor, Tensor, Tensor];

/** Numbers as a column (N, 1); triples as three. */
export const column = (values: readonly number[]): Tensor =>
  tensor(Float32Array.from(values), { shape: [values.length, 1] });
export const columns = (triples: readonly (readonly [number, number, number])[]): Vectors => [
  column(triples.map(([x]) => x)),
  column(triples.map(([, y]) => y)),
  column(triples.map(([, , z]) => z)),
];

/** Bodies in columns, each (M, 1). */
export interface Bodies {
  center: Vectors;
  /** 1 / half extent along the body's own axes. */
  inverse: Vectors;
  /** Cosine and sine of the turn about the vertical. */
  cos: Tensor;
  sin: Tensor;
  /** Outline of a body of revolution: x^2 + z^2 = a + b y + c y^2 for |y| <= 1; not used for boxes. */
  outline: Vectors;
}

/** Where rays meet bodies first. */
export interface Hits {
  /** Distance in lengths of the ray's direction; infinite where it misses. */
  distance: Tensor;
  /** Which side: 0 the round one, 1, 2 and 3 a flat one across the body's own x, y or z. */
  side: Tensor;
}

// Only operations that IEEE 754 rounds correctly are used per pixel (no sine, no matrix product), so that a pixel does not depend
// on its place in the batch.

/** World points, or directions, in each body's own axes, unscaled: turned about the vertical. */
export function turned([x, y, z]: Vectors, cos: Tensor, sin: Tensor): Vectors {
  return [x.mul(cos).sub(z.mul(sin)), y, x.mul(sin).add(z.mul(cos))];
}

/** Back from a body's own axes to the world's. */
export function turnedBack([x, y, z]: Vectors, cos: Tensor, sin: Tensor): Vectors {
  return [x.mul(cos).add(z.mul(sin)), y, z.mul(cos).sub(x.mul(sin))];
}

export const minus = (a: Vectors, b: Vectors): Vectors => [a[0].sub(b[0]), a[1].sub(b[1]), a[2].sub(b[2])];
export const times = (a: Vectors, b: Vectors): Vectors => [a[0].mul(b[0]), a[1].mul(b[1]), a[2].mul(b[2])];
export const dot = (a: Vectors, b: Vectors): Tensor => a[0].mul(b[0]).add(a[1].mul(b[1])).add(a[2].mul(b[2]));

/** Rays in the bodies' own axes, scaled so that every body is within -1 to 1. */
function localRays(bodies: Bodies, origin: Vectors, direction: Vectors): { from: Vectors; along: Vectors } {
  const { center, inverse, cos, sin } = bodies;
  return {
    from: times(turned(minus(origin, center), cos, sin), inverse),
    along: times(turned(direction, cos, sin), inverse),
  };
}

/** Rays (M, P) against boxes: the slabs' method (Kay and Kajiya 1986). Hits before `nearest` do not count. */
export function hitBoxes(boxes: Bodies, origin: Vectors, direction: Vectors, nearest: number): Hits {
  const { from, along } = localRays(boxes, origin, direction);
  const entries: Tensor[] = [];
  let leave: Tensor | null = null;
  for (const axis of [0, 1, 2] as const) {
    const step = along[axis].reciprocal();
    const [low, high] = [from[axis].neg().sub(1).mul(step), from[axis].neg().add(1).mul(step)];
    entries.push(low.minimum(high));
    leave = leave === null ? low.maximum(high) : leave.minimum(low.maximum(high));
  }
  const [x, y, z] = entries as [Tensor, Tensor, Tensor];
  const enter = x.maximum(y).maximum(z);
  const isHit = enter.lt(leave!).logicalAnd(enter.gt(nearest));
  const isX = x.ge(y).logicalAnd(x.ge(z));
  const side = ops.where(isX, ops.onesLike(x), ops.where(y.ge(z), ops.fullLike(x, 2), ops.fullLike(x, 3)));
  return { distance: ops.where(isHit, enter, infinite(enter)), side };
}

/** Rays (M, P) against bodies of revolution: the two points where they pass the round side and the two where they pass the ends. */
export function hitRounds(rounds: Bodies, origin: Vectors, direction: Vectors, nearest: number): Hits {
  const { from, along } = localRays(rounds, origin, direction);
  const [ox, oy, oz] = from;
  const [dx, dy, dz] = along;
  const [a, b, c] = rounds.outline;
  // x^2 + z^2 - (a + b y + c y^2) along the ray: A t^2 + 2 B t + C.
  const A = dx
    .mul(dx)
    .add(dz.mul(dz))
    .sub(c.mul(dy.mul(dy)));
  const halfB = b.mul(0.5).add(c.mul(oy)); // half the outline's slope at the ray's origin
  const B = ox.mul(dx).add(oz.mul(dz)).sub(halfB.mul(dy));
  const C = ox
    .mul(ox)
    .add(oz.mul(oz))
    .sub(a.add(b.mul(oy)).add(c.mul(oy.mul(oy))));
  const discriminant = B.mul(B).sub(A.mul(C));
  const isReal = discriminant.ge(0);
  const root = discriminant.clampMin(0).sqrt();
  const none = infinite(root);
  let distance = none;
  let side = ops.zerosLike(none);
  for (const t of [B.neg().sub(root).div(A), root.sub(B).div(A)]) {
    const isInside = oy.add(dy.mul(t)).abs().le(1);
    const isHit = isReal.logicalAnd(isInside).logicalAnd(t.gt(nearest));
    distance = distance.minimum(ops.where(isHit, t, none));
  }
  const step = dy.reciprocal();
  for (const end of [1, -1]) {
    const t = oy.neg().add(end).mul(step);
    const x = ox.add(dx.mul(t));
    const z = oz.add(dz.mul(t));
    const radius = a.add(b.mul(end)).add(c); // squared, at this end
    const isHit = x.mul(x).add(z.mul(z)).lt(radius).logicalAnd(t.gt(nearest)).logicalAnd(t.lt(distance));
    distance = ops.where(isHit, t, distance);
    side = side.maskedFill(isHit, 2);
  }
  return { distance, side };
}

/** Outward unit normals in the world where rays hit: one body per ray, all (N, P). `point` is in the body's scaled axes. */
export function normalsAt(body: Bodies, side: Tensor, point: Vectors, direction: Vectors): Vectors {
  const { inverse, cos, sin, outline } = body;
  const round: Vectors = [
    point[0],
    outline[1].mul(-0.5).sub(outline[2].mul(point[1])), // half the gradient of x^2 + z^2 - a - b y - c y^2
    point[2],
  ];
  const along = turned(direction, cos, sin);
  const isRound = side.eq(0);
  const local = ([0, 1, 2] as const).map((axis) => {
    const flat = along[axis]
      .sign()
      .neg()
      .mul(side.eq(axis + 1)); // against the ray
    return ops.where(isRound, round[axis], flat).mul(inverse[axis]);
  }) as unknown as Vectors;
  const [x, y, z] = turnedBack(local, cos, sin);
  const length = dot([x, y, z], [x, y, z]).sqrt();
  return [x.div(length), y.div(length), z.div(length)];
}

function infinite(like: Tensor): Tensor {
  return tensor(Number.POSITIVE_INFINITY, { device: like.device }).expand(like.shape);
}
