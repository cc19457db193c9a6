import { ops, type Tensor, tensor } from '../../engine/index.js';
import { type Bodies, hitBoxes, hitRounds, minus, turned, type Vectors } from './ray-casting.js';
import type { Body, SceneLayout, SceneObject } from './scene-layout.js';
import { TEXTURE_NUMBERS, textureRow } from './scene-shading.js';

/** Finds what rays of a batch of scenes meet. Every scene has the same number of slots for objects; the planes follow them. */
export class Caster {
  private readonly rounds: Bodies;
  private readonly boxes: Bodies;
  private readonly planes: Bodies;
  private readonly roundScenes: Tensor;
  private readonly boxScenes: Tensor;
  /** The row of each slot among all rounds, then all boxes, then one that no ray meets. */
  private readonly rowOfSlot: Tensor;

  constructor(
    private readonly layouts: readonly SceneLayout[],
    private readonly slots: number,
  ) {
    const all = layouts.flatMap(({ objects }, scene) => objects.map((object, slot) => ({ scene, slot, object })));
    const boxes = all.filter(({ object }) => object.label === 0);
    const rounds = all.filter(({ object }) => object.label !== 0);
    const rows = new BigInt64Array(layouts.length * slots).fill(BigInt(all.length));
    for (const [row, { scene, slot }] of [...rounds, ...boxes].entries()) rows[scene * slots + slot] = BigInt(row);
    this.rowOfSlot = tensor(rows);
    this.boxes = bodyColumns(boxes.map(({ object }) => object));
    this.rounds = bodyColumns(rounds.map(({ object }) => object));
    this.planes = bodyColumns(layouts.flatMap(({ planes }) => planes));
    this.boxScenes = tensor(Int32Array.from(boxes, ({ scene }) => scene));
    this.roundScenes = tensor(Int32Array.from(rounds, ({ scene }) => scene));
  }

  /** The first thing on each ray (N, P): its distance, side and slot; planes have the slots after the objects. */
  cast(origin: Vectors, direction: Vectors, nearest: number): { distance: Tensor; side: Tensor; slot: Tensor } {
    const objects = this.objects(origin, direction, nearest);
    const planes = this.ofPlanes(origin, direction);
    const distances = ops.cat([objects.distance, planes], 1); // (N, K + 3, P)
    const [distance, slot] = distances.minDim(1);
    // The ground is flat across its y, the walls across their z.
    const flat = tensor([2, 3, 3]).view([1, 3, 1]).expand(planes.shape);
    const side = ops.cat([objects.side, flat], 1).gather(1, slot.unsqueeze(1)).squeeze(1);
    return { distance, side, slot };
  }

  /** Distance and side of every slot's object on each ray, (N, K, P). */
  objects(origin: Vectors, direction: Vectors, nearest: number): { distance: Tensor; side: Tensor } {
    const of = (scenes: Tensor, vectors: Vectors) => vectors.map((v) => v.indexSelect(0, scenes)) as unknown as Vectors;
    const rounds = hitRounds(this.rounds, of(this.roundScenes, origin), of(this.roundScenes, direction), nearest);
    const boxes = hitBoxes(this.boxes, of(this.boxScenes, origin), of(this.boxScenes, direction), nearest);
    const pixels = rounds.distance.size(1);
    const none = ops.full([1, pixels], Number.POSITIVE_INFINITY);
    const arrange = (...parts: Tensor[]) =>
      ops.cat(parts).indexSelect(0, this.rowOfSlot).view([this.layouts.length, this.slots, pixels]);
    return {
      distance: arrange(rounds.distance, boxes.distance, none),
      side: arrange(rounds.side, boxes.side, none),
    };
  }

  /** Distance of the ground and the walls on each ray, (N, 3, P). */
  private ofPlanes(origin: Vectors, direction: Vectors): Tensor {
    const repeated = (vectors: Vectors) => vectors.map((v) => v.repeatInterleave(3, 0)) as unknown as Vectors;
    const { center, cos, sin } = this.planes;
    const from = turned(minus(repeated(origin), center), cos, sin);
    const along = turned(repeated(direction), cos, sin);
    const pick = ([, y, z]: Vectors): Tensor => {
      const [scenes, pixels] = [this.layouts.length, z.size(1)];
      const ofGround = y.expand(z.shape).view([scenes, 3, pixels]).narrow(1, 0, 1);
      return ops.cat([ofGround, z.view([scenes, 3, pixels]).narrow(1, 1, 2)], 1);
    };
    const distance = pick(from).div(pick(along)).neg();
    return ops.where(distance.gt(0), distance, ops.fullLike(distance, Number.POSITIVE_INFINITY));
  }
}

/** Outlines x^2 + z^2 = a + b y + c y^2 by label: (a box,) sphere, cylinder, cone. */
const OUTLINES = [
  [0, 0, 0],
  [1, 0, -1],
  [1, 0, 0],
  [0.25, -0.5, 0.25],
] as const;

const BODY_NUMBERS = 11;

function bodyRow(body: Body | SceneObject): number[] {
  const [x, y, z] = body.half;
  const outline = OUTLINES['label' in body ? body.label : 0]!;
  return [...body.center, 1 / x, 1 / y, 1 / z, Math.cos(body.yaw), Math.sin(body.yaw), ...outline];
}

/** The numbers of `bodyRow` as tensors of one shape. */
function toBodies(numbers: readonly Tensor[]): Bodies {
  const [cx, cy, cz, ix, iy, iz, cos, sin, a, b, c] = numbers as [
    ...[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor],
  ];
  return { center: [cx, cy, cz], inverse: [ix, iy, iz], cos, sin, outline: [a, b, c] };
}

/** Bodies as columns (M, 1). */
function bodyColumns(bodies: readonly Body[]): Bodies {
  const rows = Float32Array.from(bodies.flatMap(bodyRow));
  return toBodies(tensor(rows, { shape: [bodies.length, BODY_NUMBERS] }).split(1, 1));
}

/** The numbers of the body in this slot, for every pixel: (N, P) each. */
export function bodiesAt(
  layouts: readonly SceneLayout[],
  slots: number,
  slot: Tensor,
): { body: Bodies; texture: readonly Tensor[] } {
  const numbers = BODY_NUMBERS + TEXTURE_NUMBERS;
  const table = new Float32Array(layouts.length * (slots + 3) * numbers);
  for (const [scene, { objects, planes }] of layouts.entries()) {
    const write = (body: Body, place: number) =>
      table.set([...bodyRow(body), ...textureRow(body.texture)], (scene * (slots + 3) + place) * numbers);
    for (const [i, object] of objects.entries()) write(object, i);
    for (const [i, plane] of planes.entries()) write(plane, slots + i);
  }
  const [scenes, pixels] = slot.shape as [number, number];
  const found = tensor(table, { shape: [scenes, slots + 3, numbers] })
    .transpose(1, 2)
    .contiguous()
    .gather(2, slot.unsqueeze(1).expand([scenes, numbers, pixels]))
    .unbind(1);
  return { body: toBodies(found), texture: found.slice(BODY_NUMBERS) };
}
