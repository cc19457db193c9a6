import { expect, it } from 'vitest';
import { Generator, ops, scope, type Tensor } from '../engine/index.js';
import {
  type ClipTransform,
  colorJitter,
  compose,
  composeClips,
  describeTransform,
  type FrameFold,
  gaussianBlur,
  horizontalFlip,
  overFrames,
  padAndCrop,
  randomResizedCrop,
  type Transform,
} from './index.js';

/** Clips whose frames are all the same. */
function still(count = 6): Tensor {
  const frames = ops.rand([count, 1, 3, 12, 12], { generator: new Generator(1) });
  return frames.expand([count, 5, 3, 12, 12]).contiguous();
}

const framesAgree = (clips: Tensor): boolean =>
  clips
    .sub(clips.narrow(1, 0, 1))
    .abs()
    .max()
    .item() < 1e-6;

const crop = randomResizedCrop({ size: 12, scale: [0.3, 0.6], flip: 0.5 });
const jitter = colorJitter({ brightness: 0.8, contrast: 0.8, saturation: 0.8, hue: 0.2 });

it.each<[string, Transform, FrameFold]>([
  ['crops', crop, 'channels'],
  ['shifts', padAndCrop({ padding: 3 }), 'channels'],
  ['blur', gaussianBlur(), 'channels'],
  ['colors', jitter, 'rows'],
])('changes all frames of a clip alike, and each clip in its own way: %s', (_name, transform, fold) => {
  scope(() => {
    const clips = still();
    const changed = overFrames(transform, fold)(clips, new Generator(2));
    expect(changed.shape).toEqual([6, 5, 3, 12, 12]);
    expect(framesAgree(changed)).toBe(true);
    // As the transform changes images, one per clip.
    const images = transform(clips.select(1, 0).contiguous(), new Generator(2));
    expect(changed.select(1, 3).sub(images).abs().max().item()).toBeLessThan(1e-5);
    expect(images.sub(clips.select(1, 0)).abs().max().item()).toBeGreaterThan(0.05);
    // The control: parameters for each frame.
    expect(framesAgree(overFrames(transform, 'apart')(clips, new Generator(2)))).toBe(false);
  });
});

it('takes means over the whole clip for colors', () => {
  scope(() => {
    const clips = ops.rand([1, 4, 3, 8, 8], { generator: new Generator(3) });
    const changed = overFrames(colorJitter({ contrast: [0.5, 0.5] }), 'rows')(clips, new Generator(4));
    const gray = clips.select(2, 0).mul(0.299).add(clips.select(2, 1).mul(0.587)).add(clips.select(2, 2).mul(0.114));
    const wanted = clips.mul(0.5).add(gray.mean().mul(0.5));
    expect(changed.sub(wanted).abs().max().item()).toBeLessThan(1e-5);
  });
});

it('keeps frames in their order', () => {
  scope(() => {
    const clips = ops.arange(0, 2 * 3 * 3 * 4 * 4, 1, { dtype: 'float32' }).view([2, 3, 3, 4, 4]);
    for (const fold of ['channels', 'rows', 'apart'] as const) {
      expect(overFrames(compose(), fold)(clips, new Generator(1)).equal(clips)).toBe(true);
      const flipped = overFrames(horizontalFlip(1), fold)(clips, new Generator(1));
      expect(flipped.equal(clips.flip([4]))).toBe(true);
    }
  });
});

it('changes the size of frames, and takes clips of bytes', () => {
  scope(() => {
    const clips = ops.randint(0, 256, [2, 3, 3, 12, 12], { dtype: 'uint8', generator: new Generator(1) });
    const steps: ClipTransform = composeClips(
      overFrames(randomResizedCrop({ size: 8 }), 'channels'),
      overFrames(jitter, 'rows'),
    );
    const changed = steps(clips, new Generator(5));
    expect([changed.shape, changed.dtype]).toEqual([[2, 3, 3, 8, 8], 'float32']);
  });
});

it('says what it does', () => {
  const steps = composeClips(overFrames(horizontalFlip(0.5), 'channels'), overFrames(jitter, 'rows'));
  expect(steps.description).toEqual({
    name: 'compose',
    steps: [
      { name: 'overFrames', fold: 'channels', steps: [{ name: 'horizontalFlip', p: 0.5 }] },
      { name: 'overFrames', fold: 'rows', steps: [jitter.description] },
    ],
  });
  expect(describeTransform(steps.description!)).toContain('fold: channels');
});

it('refuses images', () => {
  scope(() => {
    expect(() => overFrames(jitter, 'rows')(ops.zeros([2, 3, 8, 8]), new Generator(1))).toThrow(
      /clips \[N, T, C, H, W\]/,
    );
  });
});
