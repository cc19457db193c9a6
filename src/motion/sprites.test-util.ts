import type { Box } from '../data/box.js';
import { SpriteVideo } from '../data/index.js';
import { type SpriteOptions, spriteOptions } from '../data/synthetic/sprite-options.js';
import { makeVideo } from '../data/video/videos.test-util.js';
import { scope, type Tensor, tensor } from '../engine/index.js';

export interface Sprites {
  video: SpriteVideo;
  /** uint8 (T, 3, S, S). */
  frames: Tensor;
  /** Seconds. */
  times: Float64Array;
  /** Of what is seen of the first sprite. */
  boxAt(t: number): Box;
}

/** A generated video with all its frames. */
export function sprites(options: Partial<SpriteOptions>, seed = 0, index = 0): Sprites {
  const parsed = spriteOptions.parse({ frames: 31, ...options });
  const video = new SpriteVideo(parsed, seed, index);
  const { size, frames: count, fps } = parsed;
  const bytes = new Uint8Array(count * size * size * 3);
  for (let t = 0; t < count; t++) bytes.set(video.frame(t), t * size * size * 3);
  return {
    video,
    frames: scope(() => tensor(bytes, { shape: [count, size, size, 3] }).permute([0, 3, 1, 2])),
    times: Float64Array.from({ length: count }, (_, t) => t / fps),
    boxAt(t) {
      const [left, top, right, bottom] = video.boxes(t) as unknown as [number, number, number, number];
      return { left, top, width: right - left, height: bottom - top };
    },
  };
}

/** Writes a video of generated sprites, in gray, 12 frames in 1.2 seconds. Returns the path. */
export async function makeSpriteVideo(path: string, seed: number): Promise<string> {
  const size = 48;
  const { video } = sprites({ size, frames: 12, speed: 0.8, scale: 0.4 }, seed);
  const frames = Array.from({ length: 12 }, (_, t) => video.frame(t));
  return makeVideo(path, {
    frames: 12,
    width: size,
    height: size,
    paint: (t, x, y) => frames[t]![3 * (y * size + x)]!,
  });
}
