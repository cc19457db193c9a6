import { describe, expect, it } from 'vitest';
import { colorize, labOf, splitLab } from '../../augment/index.js';
import type { ClipSpec } from '../../data/index.js';
import { Generator, noGrad, ops, scope, type Tensor, tensor } from '../../engine/index.js';
import { init } from '../../engine/nn/index.js';
import { copiedClasses, pointers } from '../losses/pointers.js';
import { makeMethod } from '../make.test-util.js';
import type { EpochContext } from '../method.js';
import { type VideoColorization, videoColorization } from './video-colorization.js';

const fill = (value: number) => [value, value, value];
const spec: ClipSpec = {
  ...{ modality: 'clip', frames: 4, fps: 6, channels: 3, height: 16, width: 16 },
  ...{ mean: fill(0.5), std: fill(0.25) },
};
const make = (given = {}): VideoColorization => makeMethod(videoColorization, given, { spec, width: 8, seed: 1 });

/** Clips (N, T, 3, 16, 16) of four by four blocks of random colors. */
function blocks(count: number, frames = 4, seed = 1): Tensor {
  const cells = ops.rand([count * frames, 3, 4, 4], { generator: new Generator(seed) });
  return ops.upsampleNearest2d(cells, [16, 16]).mul(255).to('uint8').view([count, frames, 3, 16, 16]);
}

const viewsOf = (method: VideoColorization, samples: Tensor) => noGrad(() => method.views({ samples, indices: [] }));

describe('pointers', () => {
  it('are probabilities, and point at the cell whose embedding is alike', () => {
    scope(() => {
      const random = ops.rand([2, 5, 6], { generator: new Generator(1) });
      const weights = pointers(random, ops.rand([2, 5, 9], { generator: new Generator(2) }), 1);
      expect(weights.shape).toEqual([2, 6, 9]);
      expect(weights.sum([2]).sub(1).abs().amax().item()).toBeLessThan(1e-6);
      // One-hot places, shifted by two: large dot products copy exactly.
      const places = ops.eye(8).mul(200).unsqueeze(0);
      const order = [2, 3, 4, 5, 6, 7, 0, 1];
      const shifted = places.index([null, null, tensor(BigInt64Array.from(order, BigInt))]);
      expect(pointers(shifted, places, 1).argmax(2).toNumbers()).toEqual(order);
      expect(pointers(shifted, places, 1).amax().item()).toBe(1);
    });
  });

  it('copy classes with the shares of a literal sum', () => {
    scope(() => {
      const weights = ops.rand([2, 3, 4], { generator: new Generator(3) }).softmax(-1);
      const int = (rows: number[][]) =>
        tensor(BigInt64Array.from(rows.flat(), BigInt), { shape: [rows.length, rows[0]!.length] });
      const known = [
        [0, 1, 1, 2],
        [2, 2, 0, 0],
      ];
      const truth = [
        [1, 2, 0],
        [0, 1, 2],
      ];
      const { losses, shares } = copiedClasses(weights, int(known), int(truth), 3);
      const given = weights.toList() as number[][][];
      for (let n = 0; n < 2; n++)
        for (let q = 0; q < 3; q++) {
          const copied = [0, 0, 0];
          for (let k = 0; k < 4; k++) copied[known[n]![k]!]! += given[n]![q]![k]!;
          const row = (shares.toList() as number[][][])[n]![q]!;
          for (const [i, share] of row.entries()) expect(share).toBeCloseTo(copied[i]!, 6);
          const loss = -Math.log(copied[truth[n]![q]!]! + 1e-8);
          expect((losses.toList() as number[][])[n]![q]).toBeCloseTo(loss, 4);
        }
    });
  });
});

describe('VideoColorization', () => {
  it('begins, with even pointers, at the cross-entropy of the colors under those of the references', () => {
    scope(() => {
      const method = make();
      init.constant_(method.head.output.weight, 0);
      const views = viewsOf(method, blocks(3));
      const { loss } = method.loss(views);
      const colors = views.colors.toList() as number[][][]; // [clip][frame][cell]
      const losses = colors.flatMap((frames) => {
        const known = frames.slice(0, 3).flat();
        return frames[3]!.map(
          (color) => -Math.log(known.filter((other) => other === color).length / known.length + 1e-8),
        );
      });
      expect(loss!.item()).toBeCloseTo(losses.reduce((sum, value) => sum + value) / losses.length, 4);
    });
  });

  it('points from the last frame at those before it, and copies their colors', () => {
    scope(() => {
      const method = make({ temperature: 0.02 }).eval() as VideoColorization;
      const samples = blocks(1);
      const views = viewsOf(method, samples);
      const cells = method.cells(samples.select(0, 0)).flatten(2).transpose(1, 2).toList() as number[][][]; // [frame][cell]
      const [colors] = views.colors.toList() as number[][][];
      const [references, names] = [cells.slice(0, 3).flat(), colors!.slice(0, 3).flat()];
      const losses = cells[3]!.map((target, q) => {
        const scores = references.map((other) => Math.exp(other.reduce((sum, x, i) => sum + x * target[i]!, 0) / 0.02));
        const total = scores.reduce((sum, score) => sum + score);
        const right = scores.reduce((sum, score, k) => sum + (names[k] === colors![3]![q] ? score : 0), 0);
        return -Math.log(right / total + 1e-8);
      });
      const { loss } = noGrad(() => method.loss(views));
      expect(loss!.item()).toBeCloseTo(losses.reduce((sum, value) => sum + value) / losses.length, 3);
    });
  });

  it('sees the lightness alone: without colors the pointers stay the same', () => {
    scope(() => {
      const method = make();
      const samples = blocks(2);
      const { lightness } = splitLab(labOf(samples.flatten(0, 1)));
      const gray = colorize(lightness, ops.zeros([8, 2, 16, 16]));
      const [one, other] = [samples.flatten(0, 1), gray].map((frames) => noGrad(() => method.prepare(frames)));
      expect(one!.sub(other!).abs().amax().item()).toBeLessThan(1e-4);
      expect(one!.shape).toEqual([8, 1, 16, 16]);
    });
  });

  it('names the nearest cluster of the mean color of each cell', () => {
    scope(() => {
      const method = make({ colors: 3 });
      const [red, green, blue] = [0, 1, 2].map((channel) => {
        const color = ops.zeros([1, 1, 3, 16, 16]);
        color.narrow(2, channel, 1).fill_(255);
        return color.to('uint8');
      }) as [Tensor, Tensor, Tensor];
      const { ab } = splitLab(labOf(ops.cat([blue, red, green]).flatten(0, 1)));
      noGrad(() => method.palette.copy_(ab.mean([2, 3])));
      const { colors } = viewsOf(method, ops.cat([red, green, blue, red], 1));
      expect(colors.shape).toEqual([1, 4, method.grid ** 2]);
      expect(colors.to('float32').mean([2]).toList()).toEqual([[1, 2, 0, 1]]);
    });
  });

  it('finds the clusters on the training clips before the first epoch, and leaves them from then on', () => {
    scope(() => {
      const method = make({ colors: 4 });
      const hues = tensor([200, 40, 40, 40, 200, 40, 40, 40, 200, 200, 200, 40], { shape: [4, 3, 1, 1] });
      const samples = (indices: readonly number[]) =>
        ops
          .stack(
            indices.map((i) => hues.select(0, i % 4).expand([3, 16, 16])),
            0,
          )
          .unsqueeze(1)
          .expand([-1, 4, -1, -1, -1])
          .to('uint8');
      const context = (epoch: number) =>
        ({
          progress: { step: 0, totalSteps: 10, epoch, totalEpochs: 2, stage: 0 },
          ...{ random: new Generator(1), count: 20, batchSize: 8, samples },
        }) as EpochContext<ClipSpec>;
      const before = method.palette.toList();
      method.onEpochStart(context(1));
      expect(method.palette.toList()).toEqual(before);
      method.onEpochStart(context(0));
      const { ab } = splitLab(labOf(hues.div(255)));
      const sorted = (rows: unknown) =>
        (rows as number[][]).map(([a, b]) => [Math.round(a!), Math.round(b!)].join()).sort();
      expect(sorted(method.palette.toList())).toEqual(sorted(ab.flatten(1).toList()));
    });
  });

  it('finds the clusters on clips of all kinds, also where the kinds take turns', () => {
    scope(() => {
      const method = make({ colors: 2 });
      const kinds = [blocks(1).select(0, 0), blocks(1, 4, 2).select(0, 0)];
      let [seen, odd] = [0, 0];
      method.onEpochStart({
        progress: { step: 0, totalSteps: 10, epoch: 0, totalEpochs: 2, stage: 0 },
        ...{ random: new Generator(1), count: 2 * Math.ceil(100_000 / (4 * method.grid ** 2)), batchSize: 64 },
        samples: (indices: readonly number[]) => {
          seen += indices.length;
          odd += indices.filter((i) => i % 2 === 1).length;
          return ops.stack(indices.map((i) => kinds[i % 2]!));
        },
      } as EpochContext<ClipSpec>);
      expect(odd / seen).toBeGreaterThan(0.4);
      expect(odd / seen).toBeLessThan(0.6);
    });
  });

  it('scores the cells whose color is another than in the frame before', () => {
    scope(() => {
      const method = make();
      const still = blocks(2, 1).expand([-1, 4, -1, -1, -1]).contiguous();
      const { changed, accuracy } = method.loss(viewsOf(method, still)).metrics as Record<string, Tensor>;
      expect(changed!.item()).toBe(0);
      expect(accuracy!.item()).toBeGreaterThan(0);
    });
  });

  it('mixes frames only where the head has convolutions over time', () => {
    scope(() => {
      const [clip, other] = [blocks(1).select(0, 0), blocks(1, 4, 2).select(0, 0)];
      const mixed = ops.cat([other.narrow(0, 0, 3), clip.narrow(0, 3, 1)]);
      for (const headBlocks of [0, 1]) {
        const method = make({ headBlocks, headWidth: 8 }).eval() as VideoColorization;
        const [one, two] = [clip, mixed].map((frames) => method.cells(frames).select(0, 3));
        expect(one!.shape).toEqual([32, method.grid, method.grid]);
        expect(one!.equal(two!)).toBe(headBlocks === 0);
      }
    });
  });

  it('colors a clip from its first frame, whatever the colors of the others', () => {
    scope(() => {
      const method = make().eval() as VideoColorization;
      const clips = blocks(1);
      const { lightness } = splitLab(labOf(clips.flatten(0, 1)));
      const gray = colorize(lightness, ops.zeros([4, 2, 16, 16]))
        .mul(255)
        .round()
        .to('uint8')
        .unsqueeze(0);
      const colored = method.generate(ops.cat([clips.narrow(1, 0, 1), gray.narrow(1, 1, 3)], 1));
      expect(colored.shape).toEqual([1, 4, 3, 16, 16]);
      expect(colored.select(1, 0).mul(255).round().to('uint8').equal(clips.select(1, 0))).toBe(true);
      const chroma = (frames: Tensor) => splitLab(labOf(frames)).ab.abs().mean().item();
      expect(chroma(colored.select(1, 3))).toBeGreaterThan(1);
      expect(chroma(method.generate(gray).select(1, 3))).toBeLessThan(0.1);
      expect(method.generate(clips).sub(colored).abs().amax().item()).toBeLessThan(0.03);
    });
  });

  it('refuses gray videos and single frames in one sentence', () => {
    const gray = { ...spec, channels: 1, mean: [0.5], std: [0.25] };
    expect(() => makeMethod(videoColorization, {}, { spec: gray })).toThrow(/learns from videos in color/);
    const single: ClipSpec = { ...spec, frames: 1 };
    expect(() => makeMethod(videoColorization, {}, { spec: single })).toThrow(/at least 2 frames/);
  });
});
