import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../engine/index.js';
import { AutodidactError } from '../../errors.js';
import { layOut, type SceneLayout, type SceneObject, type Triple } from './scene-layout.js';
import { largestLabel, renderLayouts, renderScenes, type SceneBatch } from './scenes.js';

const series = (count: number, seed = 3) => Array.from({ length: count }, (_, index) => ({ seed, index }));

/** One pixel of a scene, found slowly: what the ray through its middle meets first, in double precision. */
interface Seen {
  depth: number;
  normal: Triple;
  instance: number;
  isLit: boolean;
}

const add = (a: Triple, b: Triple, t: number): Triple => [a[0] + b[0] * t, a[1] + b[1] * t, a[2] + b[2] * t];
const dot = (a: Triple, b: Triple): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const unit = (a: Triple): Triple => [a[0] / Math.hypot(...a), a[1] / Math.hypot(...a), a[2] / Math.hypot(...a)];

/** Every crossing of a ray with an object's surface: distance and outward normal, in the textbook's form of each solid. */
function crossings({ label, center, half, yaw }: SceneObject, from: Triple, along: Triple): [number, Triple][] {
  const inside = ([x, y, z]: Triple): Triple => [
    x * Math.cos(yaw) - z * Math.sin(yaw),
    y,
    x * Math.sin(yaw) + z * Math.cos(yaw),
  ];
  const outside = ([x, y, z]: Triple): Triple => [
    x * Math.cos(yaw) + z * Math.sin(yaw),
    y,
    -x * Math.sin(yaw) + z * Math.cos(yaw),
  ];
  const o = inside(add(from, center, -1));
  const d = inside(along);
  const [rx, ry] = half;
  const found: [number, Triple][] = [];
  const quadratic = (a: number, b: number, c: number): number[] => {
    const root = Math.sqrt(b * b - 4 * a * c);
    return [(-b - root) / (2 * a), (-b + root) / (2 * a)].filter(Number.isFinite);
  };
  const end = (y: number, normal: Triple, isWithin: (p: Triple) => boolean) => {
    const t = (y - o[1]) / d[1];
    if (isWithin(add(o, d, t))) found.push([t, normal]);
  };
  if (label === 0) {
    for (const axis of [0, 1, 2] as const)
      for (const sign of [-1, 1]) {
        const t = (sign * half[axis] - o[axis]) / d[axis];
        const p = add(o, d, t);
        const isWithin = [0, 1, 2].every((other) => other === axis || Math.abs(p[other]!) <= half[other]!);
        if (isWithin) found.push([t, [axis === 0 ? sign : 0, axis === 1 ? sign : 0, axis === 2 ? sign : 0]]);
      }
  } else if (label === 1) {
    for (const t of quadratic(dot(d, d), 2 * dot(o, d), dot(o, o) - rx * rx)) found.push([t, unit(add(o, d, t))]);
  } else if (label === 2) {
    for (const t of quadratic(
      d[0] ** 2 + d[2] ** 2,
      2 * (o[0] * d[0] + o[2] * d[2]),
      o[0] ** 2 + o[2] ** 2 - rx * rx,
    )) {
      const p = add(o, d, t);
      if (Math.abs(p[1]) <= ry) found.push([t, unit([p[0], 0, p[2]])]);
    }
    for (const sign of [-1, 1]) end(sign * ry, [0, sign, 0], (p) => Math.hypot(p[0], p[2]) <= rx);
  } else {
    // The radius shrinks from rx at the foot to nothing at the tip: x^2 + z^2 = (k (ry - y))^2.
    const k = rx / (2 * ry);
    const h = ry - o[1];
    const a = d[0] ** 2 + d[2] ** 2 - (k * d[1]) ** 2;
    const b = 2 * (o[0] * d[0] + o[2] * d[2] + k * k * h * d[1]);
    for (const t of quadratic(a, b, o[0] ** 2 + o[2] ** 2 - (k * h) ** 2)) {
      const p = add(o, d, t);
      if (Math.abs(p[1]) <= ry) found.push([t, unit([p[0], k * Math.hypot(p[0], p[2]), p[2]])]);
    }
    end(-ry, [0, -1, 0], (p) => Math.hypot(p[0], p[2]) <= rx);
  }
  return found.map(([t, normal]) => [t, outside(normal)]);
}

function look(layout: SceneLayout, size: number, row: number, column: number): Seen {
  const { camera, objects, planes, light } = layout;
  const x = (column + 0.5 - size / 2) / (camera.focal * size);
  const y = (row + 0.5 - size / 2) / (camera.focal * size);
  const [c, s] = [Math.cos(camera.pitch), Math.sin(camera.pitch)];
  const along: Triple = [x, -s - y * c, c - y * s];
  const from: Triple = [0, camera.height, 0];
  let nearest: { t: number; normal: Triple; instance: number } = { t: Infinity, normal: [0, 0, 0], instance: 0 };
  for (const [i, { center, yaw }] of planes.entries()) {
    const normal: Triple = i === 0 ? [0, 1, 0] : [-Math.sin(yaw), 0, -Math.cos(yaw)];
    const t = dot(normal, add(center, from, -1)) / dot(normal, along);
    if (t > 0 && t < nearest.t) nearest = { t, normal, instance: 0 };
  }
  for (const [i, object] of objects.entries())
    for (const [t, normal] of crossings(object, from, along))
      if (t > 0 && t < nearest.t) nearest = { t, normal, instance: i + 1 };
  const point = add(from, along, nearest.t);
  const isDark = objects.some((object) => crossings(object, point, light.towards).some(([t]) => t > 2e-3));
  const [nx, ny, nz] = nearest.normal;
  return {
    depth: nearest.t,
    normal: [nx, -ny * c - nz * s, nz * c - ny * s],
    instance: nearest.instance,
    isLit: !isDark && dot(nearest.normal, light.towards) > 0,
  };
}

const SIZE = 24;
const at = (tensor: Tensor, size = SIZE) => {
  const [, channels] = tensor.shape as [number, number];
  const values = tensor.toNumbers();
  return (scene: number, channel: number, row: number, column: number): number =>
    values[((scene * channels + channel) * size + row) * size + column]!;
};

describe('scenes beside a slow caster of single rays', () => {
  const white: Triple = [1, 1, 1];
  const layouts = Array.from({ length: 24 }, (_, index) => layOut(11, index, 6, 'synthetic')).map((layout) => {
    const plain = <B extends { texture: object }>(body: B): B => ({
      ...body,
      texture: { ...body.texture, colors: [white, white] },
    });
    return { ...layout, planes: layout.planes.map(plain), objects: layout.objects.map(plain) };
  });
  const batch = renderLayouts(layouts, SIZE);
  const [depth, normals, instances, images] = [batch.depth, batch.normals, batch.instances, batch.images].map((t) =>
    at(t),
  ) as [...[ReturnType<typeof at>, ReturnType<typeof at>, ReturnType<typeof at>, ReturnType<typeof at>]];
  const pixels = layouts.flatMap((layout, scene) =>
    Array.from({ length: SIZE * SIZE }, (_, i) => {
      const [row, column] = [Math.floor(i / SIZE), i % SIZE];
      return { scene, row, column, light: layout.light, seen: look(layout, SIZE, row, column) };
    }),
  );
  const agreeing = pixels.filter(({ scene, row, column, seen }) => instances(scene, 0, row, column) === seen.instance);

  it('meets the same instance, but for rays that graze an edge', () => {
    expect(agreeing.length).toBeGreaterThan(0.999 * pixels.length);
    expect(new Set(layouts.flatMap(({ objects }) => objects.map(({ label }) => label)))).toEqual(new Set([0, 1, 2, 3]));
  });

  it('measures the same depth', () => {
    const errors = agreeing.map(({ scene, row, column, seen }) =>
      Math.abs(depth(scene, 0, row, column) / seen.depth - 1),
    );
    expect(Math.max(...errors)).toBeLessThan(1e-3);
  });

  it('finds the same normals', () => {
    const cosines = agreeing.map(({ scene, row, column, seen }) =>
      dot(seen.normal, [0, 1, 2].map((c) => normals(scene, c, row, column)) as unknown as Triple),
    );
    expect(cosines.filter((cosine) => cosine < 0.9999).length).toBeLessThan(0.001 * cosines.length);
  });

  it('lights by the cosine to the lamp where nothing is in between', () => {
    const wrong = agreeing.filter(({ scene, row, column, light, seen }) => {
      const c = Math.cos(layouts[scene]!.camera.pitch);
      const s = Math.sin(layouts[scene]!.camera.pitch);
      const [nx, ny, nz] = seen.normal;
      const world: Triple = [nx, -ny * c - nz * s, nz * c - ny * s];
      const expected = light.ambient + (seen.isLit ? light.strength * dot(world, light.towards) : 0);
      return Math.abs(images(scene, 0, row, column) - Math.round(255 * Math.min(1, expected))) > 1;
    });
    expect(wrong.length).toBeLessThan(0.005 * agreeing.length);
  });
});

describe('the annotations of scenes', () => {
  const size = 64;
  const batch = renderScenes(series(40), { size });
  const [depth, normals, instances, contours] = [batch.depth, batch.normals, batch.instances, batch.contours].map((t) =>
    at(t, size),
  ) as [...[ReturnType<typeof at>, ReturnType<typeof at>, ReturnType<typeof at>, ReturnType<typeof at>]];

  it('has unit normals that face the camera', () => {
    expect(batch.normals.square().sum([1]).sub(1).abs().max().item()).toBeLessThan(1e-5);
    for (let scene = 0; scene < 40; scene++)
      for (let i = 0; i < size * size; i += 7) {
        const [row, column] = [Math.floor(i / size), i % size];
        const { focal } = batch.cameras[scene]!;
        const ray: Triple = [(column + 0.5 - size / 2) / focal, (row + 0.5 - size / 2) / focal, 1];
        const normal = [0, 1, 2].map((c) => normals(scene, c, row, column)) as unknown as Triple;
        expect(dot(normal, ray)).toBeLessThan(1e-4);
      }
  });

  it('has normals across the surface that the depth describes', () => {
    // Between neighbors on one flat surface the step from point to point lies in the surface.
    const point = (scene: number, row: number, column: number): Triple => {
      const { focal } = batch.cameras[scene]!;
      const z = depth(scene, 0, row, column);
      return [((column + 0.5 - size / 2) / focal) * z, ((row + 0.5 - size / 2) / focal) * z, z];
    };
    let compared = 0;
    let worst = 0;
    for (let scene = 0; scene < 40; scene++)
      for (let row = 1; row < size; row++)
        for (let column = 1; column < size; column++) {
          const here = [0, 1, 2].map((c) => normals(scene, c, row, column)) as unknown as Triple;
          for (const [r, c] of [
            [row - 1, column],
            [row, column - 1],
          ] as const) {
            const there = [0, 1, 2].map((channel) => normals(scene, channel, r, c)) as unknown as Triple;
            const isSameSurface =
              instances(scene, 0, row, column) === instances(scene, 0, r, c) && dot(here, there) > 0.99999;
            if (!isSameSurface) continue;
            const step = add(point(scene, row, column), point(scene, r, c), -1);
            // Two parallel flats of one instance would be apart by more than a pixel's step.
            worst = Math.max(worst, Math.abs(dot(unit(step), here)));
            compared++;
          }
        }
    expect(compared).toBeGreaterThan(0.8 * 2 * 40 * size * size);
    expect(worst).toBeLessThan(0.02);
  });

  it('has depth and heights that fit the ground', () => {
    for (const [scene, { focal, height, pitch }] of batch.cameras.entries())
      for (let column = 0; column < size; column += 9) {
        const y = (size - 0.5 - size / 2) / focal;
        if (instances(scene, 0, size - 1, column) !== 0) continue;
        const drop = depth(scene, 0, size - 1, column) * (y * Math.cos(pitch) + Math.sin(pitch));
        expect(height - drop).toBeCloseTo(0, 4);
      }
  });

  it('draws contours around the masks, on the inside', () => {
    let count = 0;
    for (let scene = 0; scene < 40; scene++)
      for (let row = 0; row < size; row++)
        for (let column = 0; column < size; column++) {
          const own = instances(scene, 0, row, column);
          const neighbors = [
            [row - 1, column],
            [row + 1, column],
            [row, column - 1],
            [row, column + 1],
          ].filter(([r, c]) => r! >= 0 && c! >= 0 && r! < size && c! < size);
          const isEdge = own > 0 && neighbors.some(([r, c]) => instances(scene, 0, r!, c!) !== own);
          expect(contours(scene, 0, row, column)).toBe(isEdge ? 1 : 0);
          if (isEdge) count++;
        }
    expect(count).toBeGreaterThan(1000);
  });

  it('has a jump of depth at most contours, where an object stands before what is farther', () => {
    let nearer = 0;
    let edges = 0;
    for (let scene = 0; scene < 40; scene++)
      for (let row = 1; row < size - 1; row++)
        for (let column = 1; column < size; column++) {
          const [own, other] = [instances(scene, 0, row, column), instances(scene, 0, row, column - 1)];
          if (own === 0 || other !== 0) continue;
          edges++;
          if (depth(scene, 0, row, column) < depth(scene, 0, row, column - 1)) nearer++;
        }
    expect(nearer / edges).toBeGreaterThan(0.9);
  });

  it('has the boxes and areas of the masks', () => {
    for (const [scene, objects] of batch.objects.entries()) {
      const found = new Map<number, [number, number][]>();
      for (let row = 0; row < size; row++)
        for (let column = 0; column < size; column++) {
          const id = instances(scene, 0, row, column);
          if (id > 0) found.set(id, [...(found.get(id) ?? []), [row, column]]);
        }
      expect(objects.map(({ id }) => id)).toEqual([...found.keys()].sort());
      for (const { id, area, box, label } of objects) {
        const pixels = found.get(id)!;
        const rows = pixels.map(([row]) => row);
        const columns = pixels.map(([, column]) => column);
        const [top, left] = [Math.min(...rows), Math.min(...columns)];
        expect(area).toBe(pixels.length);
        expect(box).toEqual({
          ...{ left, top },
          width: Math.max(...columns) - left + 1,
          height: Math.max(...rows) - top + 1,
        });
        expect(label).toBe(layOut(3, scene, 5, 'synthetic').objects[id - 1]!.label);
      }
    }
  });
});

describe('the series of scenes', () => {
  const bytes = (batch: SceneBatch) =>
    [batch.images, batch.depth, batch.normals, batch.contours, batch.instances].map((t) =>
      Buffer.from(t.toBytes()).toString('base64'),
    );

  it.each(['synthetic', 'real-like'] as const)('is the same however it is divided: %s', (look) => {
    for (const size of [33, 64]) {
      const whole = renderScenes(series(19), { size, look });
      for (const index of [0, 7, 11, 18]) {
        const alone = renderScenes([{ seed: 3, index }], { size, look });
        const picked = (t: Tensor) => t.narrow(0, index, 1);
        const there = {
          ...whole,
          ...{ images: picked(whole.images), depth: picked(whole.depth), normals: picked(whole.normals) },
          ...{ contours: picked(whole.contours), instances: picked(whole.instances) },
        };
        expect(bytes(alone)).toEqual(bytes(there));
        expect(alone.objects[0]).toEqual(whole.objects[index]);
      }
    }
  });

  it('differs between seeds, scenes and looks', () => {
    const images = [
      renderScenes([{ seed: 3, index: 0 }], { size: 32 }),
      renderScenes([{ seed: 4, index: 0 }], { size: 32 }),
      renderScenes([{ seed: 3, index: 1 }], { size: 32 }),
      renderScenes([{ seed: 3, index: 0 }], { size: 32, look: 'real-like' }),
    ].map(({ images }) => Buffer.from(images.toBytes()).toString('base64'));
    expect(new Set(images).size).toBe(4);
  });

  it('has as many objects as asked at most, at least one of them in sight, and every class', () => {
    const { objects, depth, images } = renderScenes(series(400, 9), { size: 32, objects: 4 });
    const counts = objects.map(({ length }) => length);
    expect([Math.min(...counts), Math.max(...counts)]).toEqual([1, 4]);
    expect(new Set(objects.flat().map(({ label }) => label))).toEqual(new Set([0, 1, 2, 3]));
    expect(depth.isfinite().all().item()).toBe(1);
    expect(images.to('float32').std().item()).toBeGreaterThan(30);
  });

  it('always shows an object, even where there is but one', () => {
    const { objects } = renderScenes(series(600, 21), { size: 32, objects: 1 });
    expect(objects.every(({ length }) => length === 1)).toBe(true);
  });

  it('renders a scene without any object', () => {
    const layout = layOut(1, 2, 3, 'synthetic');
    const { instances, contours, objects, depth } = renderLayouts([{ ...layout, objects: [] }], 16);
    expect(instances.amax().item() + contours.amax().item()).toBe(0);
    expect(depth.isfinite().all().item()).toBe(1);
    expect(objects).toEqual([[]]);
    expect(largestLabel([])).toBe(-1);
  });

  it.each([
    [{ size: 4 }, 'size'],
    [{ size: 32.5 }, 'size'],
    [{ size: 32, objects: 0 }, 'objects'],
    [{ size: 32, objects: 13 }, 'objects'],
  ])('refuses %j', (options, name) => {
    expect(() => renderScenes(series(1), options)).toThrow(AutodidactError);
    expect(() => renderScenes(series(1), options)).toThrow(name);
  });

  it('refuses to render nothing', () => {
    expect(() => renderScenes([], { size: 32 })).toThrow('at least one scene');
  });
});
