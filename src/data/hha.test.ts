import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../tests/data-files.js';
import { Generator, ops, type Tensor, tensor } from '../engine/index.js';
import { type DepthCamera, encodeHha, gravityOfPitch } from './hha.js';
import { openImages } from './open.js';
import { openScenes } from './open-scenes.js';
import { renderScenes } from './synthetic/scenes.js';

const at = temporaryFolder();

type Vector = [number, number, number];
const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
const degrees = (angle: number): number => (angle * Math.PI) / 180;

/** The ray through the middle of a pixel, 1 long along the axis. */
const rayOf = (row: number, column: number, focal: number, size: number): Vector => [
  (column + 0.5 - size / 2) / focal,
  (row + 0.5 - size / 2) / focal,
  1,
];

const depthMap = (size: number, depthAt: (row: number, column: number) => number): Tensor =>
  tensor(
    Float64Array.from({ length: size * size }, (_, i) => depthAt(Math.floor(i / size), i % size)),
    { shape: [1, 1, size, size] },
  );

/** The depth of the plane `normal . p = distance`. */
const planeMap = (size: number, focal: number, normal: readonly number[], distance: number): Tensor =>
  depthMap(size, (row, column) => distance / dot(normal, rayOf(row, column, focal, size)));

const channel = (hha: Tensor, index: number): number[] => hha.select(1, index).toNumbers();
const all = (value: number, size: number): number[] => Array(size * size).fill(value);

describe('a flat floor seen from a tilted camera', () => {
  const [size, focal, height] = [24, 40, 1.5];
  for (const pitch of [25, 35, 42].map(degrees)) {
    const floor = planeMap(size, focal, gravityOfPitch(pitch), height);
    it(`has the height 0 and the angle 0 everywhere at a pitch of ${((pitch * 180) / Math.PI).toFixed(0)} degrees`, () => {
      for (const camera of [{ focal }, { focal, gravity: gravityOfPitch(pitch) }, { focal, height }]) {
        const hha = encodeHha(floor, camera);
        expect(channel(hha, 1)).toEqual(all(0, size));
        expect(channel(hha, 2)).toEqual(all(38, size));
      }
    });
  }

  it('is 310 over the depth in meters', () => {
    const floor = planeMap(size, focal, gravityOfPitch(degrees(35)), height);
    const expected = floor.toNumbers().map((z) => Math.min(255, Math.round(31000 / Math.max(100, 100 * z))));
    expect(channel(encodeHha(floor, { focal }), 0)).toEqual(expected);
  });
});

describe('a wall before a level camera', () => {
  const [size, focal, z] = [16, 30, 2];
  const wall = depthMap(size, () => z);

  it('has the angle 90, one disparity and heights that fall from row to row', () => {
    const hha = encodeHha(wall, { focal, gravity: [0, 1, 0], height: 1.2 });
    expect(channel(hha, 2)).toEqual(all(128, size));
    expect(channel(hha, 0)).toEqual(all(155, size));
    const heights = Array.from({ length: size }, (_, row) => 120 - 100 * z * rayOf(row, 0, focal, size)[1]);
    expect(channel(hha, 1).filter((_, i) => i % size === 0)).toEqual(heights.map((h) => Math.round(Math.max(0, h))));
  });

  it('keeps what is down in the image as down, since the wall tells nothing', () => {
    expect(channel(encodeHha(wall, { focal }), 2)).toEqual(all(128, size));
  });

  it('takes the ground to be 1.3 m below a camera that sees nothing 0.9 m below it', () => {
    const hha = encodeHha(wall, { focal, gravity: [0, 1, 0] });
    const lowest = 100 * z * rayOf(size - 1, 0, focal, size)[1];
    expect(lowest).toBeLessThan(90);
    expect(channel(hha, 1).at(-1)).toBe(Math.round(130 - lowest));
  });

  it('has one disparity for all that is nearer than a meter, cut to a byte', () => {
    for (const near of [0.4, 1, 1.2])
      expect(
        channel(
          encodeHha(
            depthMap(4, () => near),
            { focal },
          ),
          0,
        ),
      ).toEqual(all(255, 4));
    expect(
      channel(
        encodeHha(
          depthMap(4, () => 1.25),
          { focal },
        ),
        0,
      ),
    ).toEqual(all(248, 4));
  });
});

it('gives a ceiling the angle 180', () => {
  const gravity = gravityOfPitch(degrees(-35));
  const ceiling = planeMap(
    16,
    40,
    gravity.map((value) => -value),
    1,
  );
  expect(channel(encodeHha(ceiling, { focal: 40, gravity }), 2)).toEqual(all(218, 16));
});

/** The encoding of one map, pixel by pixel from its definition; the normals by solving each least-squares problem. */
function slowHha(depth: number[][], focal: number, gravity: Vector, radius: number): number[][][] {
  const size = depth.length;
  const points = depth.map((row, i) => row.map((z, j) => rayOf(i, j, focal, size).map((value) => value * z * 100)));
  const ground = Math.max(...points.flat().map((p) => dot(p, gravity)));
  return depth.map((row, i) =>
    row.map((z, j) => {
      // Minimize the sum of (n . ray - 1 / z)^2 by the normal equations.
      const matrix = [0, 1, 2].map(() => [0, 0, 0, 0]);
      for (let di = -radius; di <= radius; di++)
        for (let dj = -radius; dj <= radius; dj++) {
          const other = depth[i + di]?.[j + dj];
          if (other === undefined) continue;
          const ray = rayOf(i + di, j + dj, focal, size);
          for (let a = 0; a < 3; a++) {
            for (let b = 0; b < 3; b++) matrix[a]![b]! += ray[a]! * ray[b]!;
            matrix[a]![3]! += ray[a]! / other;
          }
        }
      const solved = solve(matrix);
      const towards = Math.sign(dot(solved, points[i]![j]!));
      const cosine = (towards * dot(solved, gravity)) / Math.hypot(...solved);
      const angle = (Math.acos(cosine) * 180) / Math.PI;
      const height = (ground < 90 ? 130 : ground) - dot(points[i]![j]!, gravity);
      return [31000 / Math.max(100, 100 * z), height, angle + 38].map((value) =>
        Math.max(0, Math.min(255, Math.round(value))),
      );
    }),
  );
}

/** Gauss and Jordan with pivots. */
function solve(matrix: number[][]): Vector {
  for (let column = 0; column < 3; column++) {
    const pivot = [column, column + 1, column + 2]
      .filter((row) => row < 3)
      .reduce((best, row) => (Math.abs(matrix[row]![column]!) > Math.abs(matrix[best]![column]!) ? row : best));
    [matrix[column], matrix[pivot]] = [matrix[pivot]!, matrix[column]!];
    for (let row = 0; row < 3; row++) {
      if (row === column) continue;
      const factor = matrix[row]![column]! / matrix[column]![column]!;
      for (let k = column; k < 4; k++) matrix[row]![k]! -= factor * matrix[column]![k]!;
    }
  }
  return [0, 1, 2].map((row) => matrix[row]![3]! / matrix[row]![row]!) as Vector;
}

it('equals the definition, pixel by pixel, on uneven ground', () => {
  const size = 12;
  const rough = ops
    .rand([1, 1, size, size], { generator: new Generator(3) })
    .mul(0.4)
    .add(1.6);
  const gravity = gravityOfPitch(degrees(20)) as Vector;
  const hha = encodeHha(rough, { focal: 20, gravity }).select(0, 0).permute([1, 2, 0]).toList();
  expect(hha).toEqual(slowHha(rough.select(0, 0).select(0, 0).toList() as number[][], 20, gravity, 1));
});

describe('holes', () => {
  const [size, focal] = [20, 40];
  const gravity = gravityOfPitch(degrees(35));
  const withHoles = (map: Tensor, value: number): Tensor => {
    const holed = map.clone();
    holed.narrow(2, 6, 4).narrow(3, 9, 5).fill_(value);
    holed.narrow(2, 0, 1).narrow(3, 0, 1).fill_(value);
    return holed;
  };

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('of value %d are filled from around them', (value) => {
    const wall = depthMap(size, () => 2);
    const camera = { focal, gravity };
    expect(encodeHha(withHoles(wall, value), camera).equal(encodeHha(wall, camera))).toBeTruthy();
    const floor = planeMap(size, focal, gravity, 1.5);
    const filled = encodeHha(withHoles(floor, value), camera);
    expect(channel(filled, 2)).toEqual(all(38, size));
    // The floor inside a hole of 4 x 5 pixels is at most so many centimeters off.
    expect(Math.max(...channel(filled, 1))).toBeLessThan(30);
  });

  it('may leave a single pixel, or one of a row', () => {
    const lone = depthMap(8, (row, column) => (row === 3 && column === 5 ? 2 : 0));
    expect(channel(encodeHha(lone, { focal }), 0)).toEqual(all(155, 8));
    expect(channel(encodeHha(lone, { focal }), 2)).toEqual(all(128, 8));
    const row = depthMap(8, (at) => (at === 3 ? 2 : 0));
    expect(channel(encodeHha(row, { focal }), 0)).toEqual(all(155, 8));
  });

  it('cannot be all there is', () => {
    const maps = ops.cat([depthMap(4, () => 2), depthMap(4, () => Number.NaN)]);
    expect(() => encodeHha(maps, { focal })).toThrow(
      'Depth map 1 has no valid pixel: all are 0, negative, infinite or NaN',
    );
  });
});

it('refuses other shapes and cameras that cannot be in one sentence', () => {
  const map = depthMap(4, () => 2);
  const camera = (changes: Partial<DepthCamera>): DepthCamera => ({ focal: 10, ...changes });
  expect(() => encodeHha(map.select(0, 0), camera({}))).toThrow('depth maps of shape (N, 1, H, W)');
  expect(() => encodeHha(map, [camera({}), camera({})])).toThrow('Expected 1 cameras');
  expect(() => encodeHha(map, camera({ focal: 0 }))).toThrow('a focal length above 0 pixels');
  expect(() => encodeHha(map, camera({ focal: [10, Number.NaN] }))).toThrow('`focal`, received NaN');
  expect(() => encodeHha(map, camera({ gravity: [0, 0, 0] }))).toThrow('a direction for `gravity`');
  expect(() => encodeHha(map, camera({ height: Number.NaN }))).toThrow('a height in meters');
});

it('takes an own principal point, focal lengths of both axes and a camera for each map', () => {
  const size = 10;
  const shifted = depthMap(
    size,
    (row, column) => 1.5 / dot(gravityOfPitch(0.6), [(column - 2) / 30, (row - 1) / 20, 1]),
  );
  const camera: DepthCamera = { focal: [30, 20], center: [2.5, 1.5] };
  const hha = encodeHha(ops.cat([shifted, depthMap(size, () => 2)]), [camera, { focal: 30, gravity: [0, 1, 0] }]);
  expect(channel(hha, 1).slice(0, 100)).toEqual(all(0, size));
  expect(channel(hha, 2)).toEqual([...all(38, size), ...all(128, size)]);
});

it('agrees with the exact normals of rendered scenes, away from edges, with gravity estimated', () => {
  const ids = [0, 1, 2, 3].map((index) => ({ seed: 5, index }));
  const { depth, normals, cameras, instances } = renderScenes(ids, { size: 64, objects: 2 });
  for (const [i, { focal, pitch }] of cameras.entries()) {
    const hha = encodeHha(depth.narrow(0, i, 1), { focal });
    const [x, y, z] = gravityOfPitch(pitch);
    const own = normals
      .select(0, i)
      .mul(tensor([x, y, z]).view([3, 1, 1]))
      .sum(0)
      .neg(); // They face the camera.
    const exact = own
      .clamp(-1, 1)
      .acos()
      .mul(180 / Math.PI)
      .add(38);
    const isBackground = instances.select(0, i).select(0, 0).eq(0);
    const error = hha.select(0, 0).select(0, 2).to('float32').sub(exact).abs().maskedSelect(isBackground);
    expect(error.median().item()).toBeLessThan(2);
  }
});

it('is the second half of scenes with depth, whose first half is their colors', async () => {
  const options = { cacheFolder: at('cache') };
  const both = await openImages('synthetic:scenes?count=6&test=0&size=24&form=rgb-hha', options);
  const colors = await openImages('synthetic:scenes?count=6&test=0&size=24', options);
  expect([both.channels, both.count]).toEqual([6, 6]);
  expect(both.pixels().narrow(1, 0, 3).equal(colors.pixels())).toBeTruthy();
  const { depth, cameras } = openScenes('synthetic:scenes?count=6&test=0&size=24').annotate(both.ids);
  const known = cameras.map(({ focal, height, pitch }) => ({ focal, height, gravity: gravityOfPitch(pitch) }));
  expect(both.pixels().narrow(1, 3, 3).equal(encodeHha(depth, known))).toBeTruthy();
});
