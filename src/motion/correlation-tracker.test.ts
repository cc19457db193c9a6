import { describe, expect, it } from 'vitest';
import { type Box, overlap } from '../data/box.js';
import { memory, ops, scope, type Tensor, tensor } from '../engine/index.js';
import { CorrelationTracker, trackBox } from './correlation-tracker.js';
import { draw, pattern } from './pictures.test-util.js';
import { sprites } from './sprites.test-util.js';

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** What of the sprite's box after the last frame is covered, and what would be without moving. */
function covered(options: Parameters<typeof sprites>[0], index: number): { tracked: number; still: number } {
  const { frames, boxAt } = sprites(options, 0, index);
  const last = frames.size(0) - 1;
  const track = trackBox(frames, boxAt(0));
  expect(track).toHaveLength(last + 1);
  expect(track[0]!.box).toEqual(boxAt(0));
  frames.dispose();
  return { tracked: overlap(track[last]!.box, boxAt(last)), still: overlap(boxAt(0), boxAt(last)) };
}

describe('the tracker', () => {
  // First, before other tests leave tensors to the garbage collector.
  it('frees what it makes, also when a frame does not fit', () => {
    const frame = gray(draw(pattern(1), 48, 48).data, 48, 48);
    const box: Box = { left: 10, top: 10, width: 16, height: 16 };
    const before = memory().tensors;
    trackBox([frame, frame, frame], box);
    expect(memory().tensors).toBe(before);
    const wrong = ops.zeros([48, 48], { dtype: 'uint8' });
    expect(() => trackBox([frame, wrong], box)).toThrow('Expected uint8 (C, H, W) with 1 or 3 channels for `frame`');
    wrong.dispose();
    expect(memory().tensors).toBe(before);
    // A scope around single steps does not take its memory away.
    const tracker = scope(() => new CorrelationTracker(frame, box));
    expect(scope(() => tracker.update(frame)).peak).toBeGreaterThan(0.9);
    expect(tracker.update(frame).peak).toBeGreaterThan(0.9);
    tracker.dispose();
    expect(memory().tensors).toBe(before);
  });

  it.each([
    ['over a still background', { size: 64 }],
    ['that bounce', { size: 64, motion: 'elastic', speed: 0.5 }],
    ['in large frames', { size: 160 }],
  ] as const)('follows sprites %s for 30 frames', (_, options) => {
    const results = Array.from({ length: 6 }, (_, i) => covered(options, i));
    for (const { tracked } of results) expect(tracked).toBeGreaterThan(0.6);
    expect(mean(results.map(({ still }) => still))).toBeLessThan(0.3);
  });

  it('finds a motion by a part of a pixel', () => {
    const value = pattern(3);
    const at = (dx: number, dy: number) => gray(draw((x, y) => value(x - dx, y - dy), 90, 80).data, 90, 80);
    const tracker = new CorrelationTracker(at(0, 0), { left: 20.25, top: 22.5, width: 30, height: 24 });
    const { box, peak } = tracker.update(at(2.4, -1.3));
    expect(Math.abs(box.left - 22.65)).toBeLessThan(0.25);
    expect(Math.abs(box.top - 21.2)).toBeLessThan(0.25);
    expect([box.width, box.height]).toEqual([30, 24]);
    expect(peak).toBeGreaterThan(0.8);
    tracker.dispose();
  });

  it('follows a color that brightness does not show', () => {
    // Red and green of one luma, in squares that move by 3 pixels.
    const frame = (shift: number): Tensor => {
      const bytes = new Uint8Array(3 * 64 * 64);
      for (let i = 0; i < 64 * 64; i++) {
        const [x, y] = [(i % 64) - shift, Math.floor(i / 64)];
        const isObject = x >= 20 && x < 36 && y >= 24 && y < 40;
        bytes[i] = isObject ? 150 : 60;
        bytes[4096 + i] = isObject ? 60 : 150;
        bytes[8192 + i] = 90;
      }
      return tensor(bytes, { shape: [3, 64, 64] });
    };
    const track = trackBox([0, 3, 6, 9].map(frame), { left: 20, top: 24, width: 16, height: 16 });
    expect(Math.abs(track.at(-1)!.box.left - 29)).toBeLessThan(1.5);
    expect(Math.abs(track.at(-1)!.box.top - 24)).toBeLessThan(0.5);
  });

  it('stays where it is when nothing moves, and in a flat picture', () => {
    const box: Box = { left: 10, top: 12, width: 20, height: 16 };
    const flat = gray(new Uint8Array(64 * 64).fill(80), 64, 64);
    const still = gray(draw(pattern(2), 64, 64).data, 64, 64);
    for (const frame of [flat, still]) {
      const { box: found } = trackBox([frame, frame, frame, frame], box).at(-1)!;
      expect(found.left).toBeCloseTo(box.left, 2);
      expect(found.top).toBeCloseTo(box.top, 2);
    }
  });

  it('tells by its peak that the object is gone', () => {
    const [here, there] = [pattern(5), pattern(6)].map((value) => gray(draw(value, 64, 64).data, 64, 64));
    const box: Box = { left: 16, top: 16, width: 24, height: 24 };
    const [, same, gone] = trackBox([here!, here!, there!], box);
    expect(same!.peak).toBeGreaterThan(0.95);
    expect(gone!.peak).toBeLessThan(0.5);
  });

  it('adapts to what changes its look', () => {
    const [before, after] = [pattern(12), pattern(13)];
    const frames = Array.from({ length: 16 }, (_, t) => {
      const share = t / 15;
      const value = (x: number, y: number) => (1 - share) * before(x - t, y) + share * after(x - t, y);
      return gray(draw(value, 80, 64).data, 80, 64);
    });
    const box: Box = { left: 12, top: 20, width: 24, height: 24 };
    const [adapted, frozen] = [0.2, 0].map((rate) => trackBox(frames, box, { rate }).at(-1)!);
    expect(Math.abs(adapted!.box.left - 27)).toBeLessThan(2);
    expect(adapted!.peak).toBeGreaterThan(frozen!.peak + 0.1);
  });

  it('keeps its middle in the picture at the edges', () => {
    const value = pattern(9);
    const frames = Array.from({ length: 12 }, (_, t) => gray(draw((x, y) => value(x + 3 * t, y), 48, 48).data, 48, 48));
    for (const { box } of trackBox(frames, { left: 0, top: 16, width: 12, height: 12 })) {
      expect(box.left + 6).toBeGreaterThanOrEqual(0);
      expect(box.left + 6).toBeLessThanOrEqual(48);
    }
  });

  it('has the window of a large box sampled without leaving pixels out', () => {
    // Lines one pixel wide, 12 pixels apart: samples 4 pixels apart would miss most of them.
    const value = (x: number, y: number) => (Math.floor(x) % 12 === 0 || Math.floor(y) % 12 === 0 ? 2 : -1);
    const object = pattern(4);
    const frame = (shift: number) => {
      const isObject = (x: number, y: number) => Math.abs(x - 200) < 60 && Math.abs(y - 200) < 60;
      const at = (x: number, y: number) => (isObject(x, y) ? object(x / 2, y / 2) + value(x, y) : 0);
      return gray(draw((x, y) => at(x - shift, y), 400, 400).data, 400, 400);
    };
    const track = trackBox([0, 5, 10].map(frame), { left: 140, top: 140, width: 120, height: 120 });
    expect(track.at(-1)!.box.left).toBeCloseTo(150, 0);
  });

  it('refuses boxes and options that make no sense', () => {
    const frame = gray(new Uint8Array(48 * 48), 48, 48);
    for (const box of [
      { left: 60, top: 0, width: 10, height: 10 },
      { left: 0, top: 0, width: 1, height: 10 },
      { left: 0, top: Number.NaN, width: 10, height: 10 },
    ])
      expect(() => new CorrelationTracker(frame, box)).toThrow(
        'Expected a box of at least 2 x 2 pixels with its middle in the picture of 48 x 48 for `box`',
      );
    const box: Box = { left: 0, top: 0, width: 10, height: 10 };
    expect(() => new CorrelationTracker(frame, box, { rate: 2 })).toThrow('Expected a value of at most 1 for `rate`');
  });
});

describe('the overlap of boxes', () => {
  const box: Box = { left: 0, top: 0, width: 4, height: 2 };
  it.each([
    [box, 1],
    [{ ...box, left: 2 }, 1 / 3],
    [{ ...box, left: 4 }, 0],
    [{ left: 1, top: 0, width: 2, height: 1 }, 1 / 4],
    [{ left: 9, top: 9, width: 0, height: 0 }, 0],
  ])('with %o is %d', (other, share) => {
    expect(overlap(box, other)).toBeCloseTo(share, 12);
    expect(overlap(other, box)).toBeCloseTo(share, 12);
  });
});

function gray(data: Uint8Array, width: number, height: number): Tensor {
  return tensor(data, { shape: [1, height, width] });
}
