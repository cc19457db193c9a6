import { Generator, noGrad, ops, scope, type Tensor } from '../../engine/index.js';
import { expected } from '../../errors.js';
import { column, columns, minus, normalsAt, times, turned, type Vectors } from './ray-casting.js';
import { bodiesAt, Caster } from './scene-caster.js';
import { layOut, MOST_OBJECTS, type SceneLayout, type SceneLook } from './scene-layout.js';
import { exposed, lit, textured } from './scene-shading.js';

export { SCENE_CLASSES, type SceneLook } from './scene-layout.js';

export interface SceneOptions {
  /** Side in pixels. */
  size: number;
  /** Every scene has 1 to this many objects, each number as often; at most 12. Default 5. */
  objects?: number;
  /** Default `synthetic`. */
  look?: SceneLook;
}

/** A scene: number `index`, from 0, of the endless series `seed`. */
export interface SceneId {
  seed: number;
  index: number;
}

/** A pinhole camera without roll, whose principal point is the center of the image. */
export interface SceneCamera {
  /** Focal length in pixels. */
  focal: number;
  /** Meters above the ground. */
  height: number;
  /** How far it looks down, in radians. */
  pitch: number;
}

/** A rectangle of whole pixels. */
export interface PixelBox {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** An object of which at least one pixel is seen. */
export interface VisibleObject {
  /** Its value in the instance mask. */
  id: number;
  /** Index into `SCENE_CLASSES`. */
  label: number;
  /** The smallest rectangle around its visible pixels. */
  box: PixelBox;
  /** Number of its visible pixels. */
  area: number;
}

/** Scenes as a camera sees them, with what is known of every pixel. Camera coordinates: x right, y down, z ahead. */
export interface SceneBatch {
  /** Color, uint8 (N, 3, S, S). */
  images: Tensor;
  /** Meters along the camera's axis, float32 (N, 1, S, S), finite everywhere. */
  depth: Tensor;
  /** Unit normals in camera coordinates, float32 (N, 3, S, S); they face the camera. */
  normals: Tensor;
  /** 1 on the visible edge of an object, uint8 (N, 1, S, S): its pixels with another instance above, below, left or right. */
  contours: Tensor;
  /** uint8 (N, 1, S, S): 0 is the background, i the object `id` i. */
  instances: Tensor;
  /** The visible objects of each scene, in the order of their ids. */
  objects: VisibleObject[][];
  cameras: SceneCamera[];
}

/** Scenes that are cast together: their tensors stay in the cache. */
const CHUNK = 8;
/** Rays from a surface to the lamp start so many meters on. */
const SHADOW_START = 2e-3;

/**
 * Renders scenes: boxes, spheres, cylinders and cones on the ground before two walls, by casting one ray through the middle of
 * every pixel, lit by a lamp that throws shadows. A scene depends on its id and the options alone, whatever is rendered with it.
 *
 * @throws AutodidactError `USAGE` for options out of range, or no scene at all
 */
export function renderScenes(ids: readonly SceneId[], options: SceneOptions): SceneBatch {
  const { size, objects = 5, look = 'synthetic' } = options;
  if (!(Number.isInteger(size) && size >= 8 && size <= 1024))
    throw expected('a whole number from 8 to 1024', 'size', size);
  if (!(Number.isInteger(objects) && objects >= 1 && objects <= MOST_OBJECTS))
    throw expected(`a whole number from 1 to ${MOST_OBJECTS}`, 'objects', objects);
  if (ids.length === 0) throw expected('at least one scene', 'ids', ids);
  const layouts = ids.map(({ seed, index }) => layOut(seed, index, objects, look));
  return noGrad(() =>
    scope(() => {
      const chunks: SceneBatch[] = [];
      for (let i = 0; i < layouts.length; i += CHUNK)
        chunks.push(scope(() => renderLayouts(layouts.slice(i, i + CHUNK), size)));
      const all = (name: 'images' | 'depth' | 'normals' | 'contours' | 'instances') =>
        ops.cat(chunks.map((chunk) => chunk[name]));
      return {
        images: all('images'),
        depth: all('depth'),
        normals: all('normals'),
        contours: all('contours'),
        instances: all('instances'),
        objects: chunks.flatMap((chunk) => chunk.objects),
        cameras: chunks.flatMap((chunk) => chunk.cameras),
      };
    }),
  );
}

/** Renders scenes that are laid out by hand; what `renderScenes` does with those it draws. */
export function renderLayouts(layouts: readonly SceneLayout[], size: number): SceneBatch {
  const scenes = layouts.length;
  const slots = Math.max(1, ...layouts.map(({ objects }) => objects.length));
  const caster = new Caster(layouts, slots);
  const { origin, direction, pitch } = cameraRays(layouts, size);

  const first = caster.cast(origin, direction, 0);
  const depth = first.distance; // the rays' component along the camera's axis is 1
  const point: Vectors = [
    origin[0].add(direction[0].mul(depth)),
    origin[1].add(direction[1].mul(depth)),
    origin[2].add(direction[2].mul(depth)),
  ];
  const { body, texture } = bodiesAt(layouts, slots, first.slot);
  const own = turned(minus(point, body.center), body.cos, body.sin); // meters along the body's axes
  const normal = normalsAt(body, first.side, times(own, body.inverse), direction);

  const towards = columns(layouts.map(({ light }) => light.towards));
  const isShadowed = caster.objects(point, towards, SHADOW_START).distance.amin(1).isfinite();
  const color = lit(textured(texture, own), normal, towards, isShadowed, layouts); // (N, 3, P)
  const images = exposed(color.view([scenes, 3, size, size]), layouts, new Generator(0));

  const instances = ops
    .where(first.slot.lt(slots), first.slot.add(1), ops.zerosLike(first.slot))
    .to('uint8')
    .view([scenes, 1, size, size]);
  return {
    images: images.mul(255).round().clamp(0, 255).to('uint8'),
    depth: depth.view([scenes, 1, size, size]),
    normals: ops.stack(inCamera(normal, pitch), 1).view([scenes, 3, size, size]),
    contours: contoursOf(instances),
    instances,
    objects: visibleObjects(instances, layouts, slots),
    cameras: layouts.map(({ camera: { focal, height, pitch } }) => ({ focal: focal * size, height, pitch })),
  };
}

/** One ray through the middle of every pixel: world origins (N, 1) and directions (N, P), 1 long along the camera's axis. */
function cameraRays(layouts: readonly SceneLayout[], size: number) {
  const cameras = layouts.map(({ camera }) => camera);
  const axis = ops.arange(0, size, 1, { dtype: 'float32' }).add(0.5).div(size).sub(0.5);
  const perFocal = column(cameras.map(({ focal }) => 1 / focal));
  const x = axis.view([1, size]).expand([size, size]).reshape([1, -1]).mul(perFocal);
  const y = axis.view([size, 1]).expand([size, size]).reshape([1, -1]).mul(perFocal);
  const pitch = {
    cos: column(cameras.map(({ pitch }) => Math.cos(pitch))),
    sin: column(cameras.map(({ pitch }) => Math.sin(pitch))),
  };
  const origin = columns(cameras.map(({ height }) => [0, height, 0]));
  const direction: Vectors = [x, y.mul(pitch.cos).add(pitch.sin).neg(), pitch.cos.sub(y.mul(pitch.sin))];
  return { origin, direction, pitch };
}

/** World directions as the camera sees them: x right, y down, z ahead. */
function inCamera([x, y, z]: Vectors, { cos, sin }: { cos: Tensor; sin: Tensor }): Tensor[] {
  return [x, y.mul(cos).add(z.mul(sin)).neg(), z.mul(cos).sub(y.mul(sin))];
}

/** 1 at the pixels of objects that have another instance above, below, left or right: uint8 (N, 1, S, S) of the same. */
function contoursOf(instances: Tensor): Tensor {
  return scope(() => {
    const size = instances.size(2);
    const differs = (dim: 2 | 3): Tensor =>
      instances
        .narrow(dim, 0, size - 1)
        .ne(instances.narrow(dim, 1, size - 1))
        .to('uint8');
    const [down, right] = [differs(2), differs(3)];
    const isEdge = ops
      .pad(right, [0, 1])
      .maximum(ops.pad(right, [1, 0]))
      .maximum(ops.pad(down, [0, 0, 0, 1]))
      .maximum(ops.pad(down, [0, 0, 1, 0]));
    return isEdge.mul(instances.gt(0).to('uint8'));
  });
}

/** The objects with at least one pixel, and the rectangles around their pixels. */
function visibleObjects(instances: Tensor, layouts: readonly SceneLayout[], slots: number): VisibleObject[][] {
  const size = instances.size(2);
  const ids = ops.arange(1, slots + 1, 1).view([1, slots, 1, 1]);
  const isSeen = instances.eq(ids); // (N, K, S, S)
  const areas = isSeen.sum([2, 3]).toNumbers();
  const span = (dim: 2 | 3): [first: number[], last: number[]] => {
    const isLine = isSeen.anyDim(dim).to('uint8'); // (N, K, S)
    return [
      isLine.argmax(-1).toNumbers(),
      isLine
        .flip([-1])
        .argmax(-1)
        .neg()
        .add(size - 1)
        .toNumbers(),
    ];
  };
  const [left, right] = span(2);
  const [top, bottom] = span(3);
  return layouts.map(({ objects }, scene) =>
    objects.flatMap(({ label }, slot) => {
      const i = scene * slots + slot;
      if (areas[i] === 0) return [];
      const box = { left: left[i]!, top: top[i]!, width: right[i]! - left[i]! + 1, height: bottom[i]! - top[i]! + 1 };
      return [{ id: slot + 1, label, box, area: areas[i]! }];
    }),
  );
}

/** The class of a scene as a whole: that of the object of which most is seen, -1 where none is. */
export function largestLabel(objects: readonly VisibleObject[]): number {
  const largest = Math.max(...objects.map(({ area }) => area));
  return objects.find(({ area }) => area === largest)?.label ?? -1;
}
