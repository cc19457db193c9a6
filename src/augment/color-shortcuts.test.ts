import { describe, expect, it } from 'vitest';
import { Generator, ops, type Tensor, tensor } from '../engine/index.js';
import { greenMagentaProjection, keepOneChannel, projectColors, toUnitPower } from './color-shortcuts.js';

const largest = (x: Tensor): number => x.abs().amax().item();

describe('color handling', () => {
  it('projects green against magenta to nothing and leaves gray alone', () => {
    const matrix = greenMagentaProjection();
    const published = [0.8333, 0.3333, -0.1667, 0.3333, 0.3333, 0.3333, -0.1667, 0.3333, 0.8333];
    for (const [i, value] of matrix.toNumbers().entries()) expect(value).toBeCloseTo(published[i]!, 4);
    expect(largest(matrix.matmul(tensor([-1, 2, -1])))).toBeLessThan(1e-6);
    expect(largest(matrix.matmul(tensor([1, 1, 1])).sub(1))).toBeLessThan(1e-6);
    const gray = ops.rand([2, 1, 4, 4]).expand([2, 3, 4, 4]);
    expect(largest(projectColors(gray).sub(gray))).toBeLessThan(1e-6);
    const fringe = tensor([-1, 2, -1]).view([1, 3, 1, 1]).expand([1, 3, 4, 4]);
    expect(largest(projectColors(fringe))).toBeLessThan(1e-6);
  });

  it('keeps one channel bit for bit and puts noise of a hundredth into the others', () => {
    const patches = ops.randn([300, 3, 16, 16], { generator: new Generator(1) });
    const done = keepOneChannel(patches, new Generator(2));
    const std = done.std([2, 3]).toList() as number[][];
    const counts = [0, 0, 0];
    for (const [i, channels] of std.entries()) {
      const kept = channels.indexOf(Math.max(...channels));
      counts[kept]!++;
      expect(done.select(0, i).select(0, kept).equal(patches.select(0, i).select(0, kept))).toBe(true);
      for (const [c, value] of channels.entries()) if (c !== kept) expect(value / channels[kept]!).toBeCloseTo(0.01, 2);
    }
    for (const count of counts) expect(count).toBeGreaterThan(70);
    const others = std.flatMap((channels) =>
      channels.filter((value) => value < 0.5).map((value) => value / Math.max(...channels)),
    );
    expect(others.reduce((sum, value) => sum + value, 0) / others.length).toBeCloseTo(0.01, 4);
  });

  it('leaves flat patches flat', () => {
    const flat = ops.zeros([2, 3, 4, 4]);
    expect(largest(toUnitPower(keepOneChannel(flat, new Generator(1))))).toBe(0);
  });
});
