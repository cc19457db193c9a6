import { z } from 'zod';
import { ops, scope, type Tensor, tensor } from '../../engine/index.js';
import { expected } from '../../errors.js';
import { FRAME_TARGETS, type FrameTargetKind } from '../frame-targets.js';
import { grayBytes } from '../luma.js';
import { type SpriteOptions, spriteClasses, spriteLabel, spriteOptions } from '../synthetic/sprite-options.js';
import { SpriteVideo } from '../synthetic/sprites.js';
import { parseQuery } from './query.js';
import type { Split } from './source.js';
import type { VideoSource } from './video-source.js';

export const SYNTHETIC_SPRITES = 'synthetic:sprites';

/** Whether a data spec names generated videos. */
export function isSyntheticSprites(spec: string): boolean {
  return spec === SYNTHETIC_SPRITES || spec.startsWith(`${SYNTHETIC_SPRITES}?`);
}

const options = spriteOptions.extend({
  count: z.coerce.number().int().min(1).max(10_000_000).default(1000).describe('Videos to learn from'),
  test: z.coerce.number().int().min(0).max(10_000_000).default(300).describe('Further videos, to test on'),
  seed: z.coerce.number().int().min(0).default(0).describe('Random seed'),
});

/** Part of the pack's key: changes when the same seed gives other frames. */
const PAINTER = 'sprites-2';
/** Sprites must not meet themselves around a torus. */
const MOST_SCALE_ON_TORUS = 0.35;

/**
 * Generated videos: `synthetic:sprites?count=1000&size=64&frames=32`.
 *
 * @param asked size in pixels in place of the default, and the largest that is taken where none is asked for
 */
export function spriteSource(spec: string, asked: { size?: number; mostSize?: number } = {}): VideoSource {
  const query = spec.slice(SYNTHETIC_SPRITES.length).replace(/^\?/, '');
  const { count, test, seed, ...own } = parseQuery(options, query, spec);
  const size = asked.size ?? Math.min(own.size, asked.mostSize ?? own.size);
  const sprites: SpriteOptions = { ...own, size };
  checkTorus(sprites, spec);
  const { frames, fps } = sprites;
  const shape = { height: size, width: size, channels: 3 };
  const classes = [...spriteClasses(sprites)];
  const sides = [
    { split: 'train' as Split, count, seed: 2 * seed },
    { split: 'test' as Split, count: test, seed: 2 * seed + 1 },
  ];
  const places = sides.flatMap((side) => Array.from({ length: side.count }, (_, index) => ({ ...side, index })));
  const made = (row: number): SpriteVideo => new SpriteVideo(sprites, places[row]!.seed, places[row]!.index);
  const times = Float64Array.from({ length: frames }, (_, t) => t / fps);
  return {
    name: 'synthetic sprites',
    kind: 'sprites',
    classes,
    entries: places.map(({ split, index }) => {
      const id = `${split}/${index}`;
      return { id, parts: [{ id, split, label: spriteLabel(sprites, index) }] };
    }),
    skipped: [],
    identity: async () => JSON.stringify([PAINTER, seed, sprites]),
    shape,
    usualShape: async () => shape,
    frames: places.length * frames,
    async read(entry, { shape: { channels }, signal }, onFrame) {
      const video = made(entry);
      for (let t = 0; t < frames && !signal?.aborted; t++)
        await onFrame(channels === 1 ? grayBytes(video.frame(t)) : video.frame(t));
      return { times, flaw: null };
    },
    targets: FRAME_TARGETS.map((kind) => ({ kind, read: (entry, wanted) => describe(made(entry), kind, wanted) })),
  };
}

function checkTorus({ edges, camera, scale }: SpriteOptions, spec: string): void {
  if (edges !== 'torus') return;
  if (camera !== 'static')
    throw expected('a static camera with edges=torus', spec, `camera=${camera}`, {
      remedy: 'Take edges=inside, or motion=static for the motion of the camera alone.',
    });
  if (scale > MOST_SCALE_ON_TORUS)
    throw expected(`a scale of at most ${MOST_SCALE_ON_TORUS} with edges=torus`, spec, `scale=${scale}`);
}

/** See `FRAME_TARGETS`. */
function describe(video: SpriteVideo, kind: FrameTargetKind, frames: Int32Array): Tensor {
  const { size } = video.options;
  const stacked = (of: (t: number) => Float32Array | Uint8Array, columns: number): Tensor =>
    scope(() => {
      const rows = Array.from(frames, of);
      return ops.stack(
        rows.map((row) => tensor(row, { shape: [row.length / columns, columns] })),
        0,
      );
    });
  if (kind === 'frame-masks') return stacked((t) => video.masks(t), size);
  if (kind === 'tracks') return stacked((t) => video.tracks(t), 3);
  if (kind === 'joints') return stacked((t) => video.joints(t), 3);
  if (kind === 'boxes') return stacked((t) => video.boxes(t), 4);
  const pairs = Array.from(frames.subarray(1), (to, i) => [frames[i]!, to] as const);
  if (pairs.length === 0) return ops.zeros([0, 2, size, size]);
  return scope(() =>
    ops.stack(
      pairs.map(([from, to]) => tensor(video.flow(from, to), { shape: [2, size, size] })),
      0,
    ),
  );
}
