import { describe, expect, it } from 'vitest';
import { Generator, noGrad, ops, type Tensor, tensor } from '../../../engine/index.js';
import { imageSpec, makeMethod } from '../../make.test-util.js';
import {
  cutFrames,
  drawJourney,
  type FrameRule,
  frameRule,
  motionAt,
  moved,
  type Pose,
  type StillPairs,
} from './camera-motion.js';
import { type Egomotion, egomotion } from './egomotion.js';

const SIDE = 32;

function make(options: Record<string, unknown> = {}): Egomotion {
  const spec = imageSpec(SIDE, 3, { mean: [0, 0, 0], std: [1, 1, 1] });
  return makeMethod(egomotion, { topWidth: 8, hiddenSize: 8, ...options }, { spec, batchSize: 4 });
}

/** The frames of a method of still images. */
const ruleOf = ({ frames }: Egomotion): FrameRule => (frames as StillPairs).rule;

const ALL = ['x', 'y', 'rotation', 'zoom'] as const;
const indices = (count: number) => [...Array(count).keys()];

/** Images whose pixels hold their own place, x and y in pixels from the middle, and a 1. */
function maps(count: number, side = SIDE): Tensor {
  const line = ops.arange(0, side, 1, { dtype: 'float32' }).sub((side - 1) / 2);
  const [x, y] = [line.view([1, side]).expand([side, side]), line.view([side, 1]).expand([side, side])];
  return ops
    .stack([x, y, ops.ones([side, side])])
    .unsqueeze(0)
    .expand([count, 3, side, side])
    .contiguous();
}

/** Where a frame (3, c, c) of such an image lies, read from its pixels: the middle, and the step from a pixel to the next in its row. */
function placeOf(frame: Tensor): { x: number; y: number; right: [number, number] } {
  const [x, y] = frame.mean([1, 2]).toNumbers();
  const at = (column: number): number[] => frame.select(2, column).select(1, 0).toNumbers();
  const [from, to] = [at(0), at(1)];
  return { x: x!, y: y!, right: [to[0]! - from[0]!, to[1]! - from[1]!] };
}

describe('frames', () => {
  const rule: FrameRule = { ...frameRule(make().options, SIDE), side: 10 };
  const random = ops.rand([1, 3, SIDE, SIDE], { generator: new Generator(1) });
  const cut = (pose: Partial<Pose>) => cutFrames(random, [{ x: 0, y: 0, angle: 0, scale: 1, ...pose }], rule);
  const middle = (top: number, left: number) => random.narrow(2, top, 10).narrow(3, left, 10);
  const difference = (one: Tensor, other: Tensor) => one.sub(other).abs().amax().item();

  it('are moved by whole pixels without interpolation', () => {
    expect(difference(cut({}), middle(11, 11))).toBeLessThan(1e-5);
    expect(difference(cut({ x: 3, y: -2 }), middle(9, 14))).toBeLessThan(1e-5);
  });

  it('are turned clockwise: what they see turns counter-clockwise', () => {
    expect(difference(cut({ angle: Math.PI / 2 }), middle(11, 11).rot90(1, [2, 3]))).toBeLessThan(1e-5);
  });

  it('see less of the image at a smaller scale', () => {
    expect(placeOf(cutFrames(maps(1), [{ x: 1, y: 2, angle: 0, scale: 0.5 }], rule).select(0, 0))).toEqual({
      x: expect.closeTo(1, 4),
      y: expect.closeTo(2, 4),
      right: [expect.closeTo(0.5, 4), expect.closeTo(0, 4)],
    });
  });

  it('are black beyond the image', () => {
    const ones = cutFrames(ops.ones([1, 1, SIDE, SIDE]), [{ x: SIDE / 2, y: 0, angle: 0, scale: 1 }], rule);
    expect(ones.select(3, 9).amax().item()).toBe(0);
    expect(ones.select(3, 0).amin().item()).toBeCloseTo(1, 5);
  });
});

it('moves along the axes of the frame', () => {
  const pose = moved({ x: 1, y: 1, angle: Math.PI / 2, scale: 2 }, { x: 3, y: 1, rotation: 0.1, zoom: 2 });
  expect(pose.x).toBeCloseTo(0, 9);
  expect(pose.y).toBeCloseTo(4, 9);
  expect([pose.angle, pose.scale]).toEqual([Math.PI / 2 + 0.1, 1]);
});

it('takes 0 to 1 for the ranges of the motions that there are', () => {
  const rule = frameRule({ ...make().options, motions: ['y', 'zoom'] }, SIDE);
  expect(motionAt([0, 1], rule)).toEqual({ x: 0, y: -rule.shift, rotation: 0, zoom: 1.25 });
  expect(motionAt([0.5, 0.5], rule)).toEqual({ x: 0, y: 0, rotation: 0, zoom: 1 });
});

describe('views', () => {
  const COUNT = 300;
  const method = make({ motions: ALL, zoom: 1.5 });
  const { first, second, labels } = method.views({ samples: maps(COUNT), indices: indices(COUNT) }, new Generator(2));
  const classes = labels.toList() as number[][];

  it('are labeled with the motion that their pixels show', () => {
    const { shift, angle, bins } = ruleOf(method);
    for (let i = 0; i < COUNT; i++) {
      const [from, to] = [placeOf(first.select(0, i)), placeOf(second.select(0, i))];
      const scale = Math.hypot(...from.right);
      const [cos, sin] = [from.right[0] / scale, from.right[1] / scale];
      const [right, down] = [to.x - from.x, to.y - from.y];
      const turn = Math.atan2(cos * to.right[1] - sin * to.right[0], cos * to.right[0] + sin * to.right[1]);
      const shares = [
        (cos * right + sin * down) / shift,
        (cos * down - sin * right) / shift,
        turn / angle,
        Math.log(scale / Math.hypot(...to.right)) / Math.log(1.5),
      ];
      for (const [d, share] of shares.entries()) {
        const place = ((share + 1) / 2) * bins;
        expect(Math.abs(place - (classes[i]![d]! + 0.5)), `${ALL[d]} of image ${i}`).toBeLessThan(0.5 + 1e-3);
      }
    }
  });

  it('show nothing beyond the image', () => {
    for (const frames of [first, second]) expect(frames.select(1, 2).amin().item()).toBeCloseTo(1, 5);
  });

  it('lie at any angle and not only in the middle', () => {
    const places = indices(COUNT).map((i) => placeOf(first.select(0, i)));
    for (const sign of [-1, 1])
      for (const axis of [0, 1]) expect(places.some(({ right }) => sign * right[axis]! > 0.9)).toBe(true);
    const away = places.map(({ x }, i) => (x + placeOf(second.select(0, i)).x) / 2);
    const jitter = method.options.jitter * method.frames.side;
    expect(Math.max(...away)).toBeGreaterThan(0.9 * jitter);
    expect(Math.max(...away)).toBeLessThan(jitter + 1e-3);
  });

  it('have every class equally often', () => {
    const expected = COUNT / method.frames.bins;
    for (const d of ALL.keys())
      for (let bin = 0; bin < method.frames.bins; bin++) {
        const count = classes.filter((row) => row[d] === bin).length;
        expect(Math.abs(count - expected)).toBeLessThan(4 * Math.sqrt(expected));
      }
  });

  it('begin with the whole image where borders are black, and show them', () => {
    const samples = maps(8);
    const views = make({ borders: 'black' }).views({ samples, indices: indices(8) }, new Generator(2));
    expect(views.first.sub(samples).abs().amax().item()).toBeLessThan(1e-4);
    expect(views.second.select(1, 2).amin().item()).toBe(0);
  });
});

describe('loss', () => {
  const samples = ops.randint(0, 256, [6, 3, SIDE, SIDE], { dtype: 'uint8', generator: new Generator(1) });
  const batch = { samples, indices: indices(6) };

  it('is ln bins for each degree of freedom while the answers are blind', () => {
    const method = make({ bins: 7 });
    method.answers.weight.detach().zero_();
    const { loss } = method.loss(method.views(batch, new Generator(1)));
    expect(loss!.item()).toBeCloseTo(3 * Math.log(7), 5);
  });

  it('is the sum of the cross-entropies, each over its own classes', () => {
    const method = make({ motions: ['x', 'zoom'], bins: 3 });
    method.eval();
    const views = method.views(batch, new Generator(1));
    // The answers are the bias alone.
    method.answers.weight.detach().zero_();
    const logits = [0.1, 0.7, -0.4, 1.5, 0, -1];
    method.answers.bias!.detach().copy_(tensor(logits));
    const { loss, metrics } = noGrad(() => method.loss(views));
    const classes = views.labels.toList() as number[][];
    const entropy = (scores: number[], label: number) =>
      Math.log(scores.reduce((sum, score) => sum + Math.exp(score), 0)) - scores[label]!;
    const each = classes.map(([x, zoom]) => entropy(logits.slice(0, 3), x!) + entropy(logits.slice(3), zoom!));
    expect(loss!.item()).toBeCloseTo(each.reduce((sum, one) => sum + one) / 6, 5);
    const share = (d: number, answer: number) => classes.filter((row) => row[d] === answer).length / 6;
    expect((metrics!.x as Tensor).item()).toBeCloseTo(share(0, 1), 6);
    expect((metrics!.zoom as Tensor).item()).toBeCloseTo(share(1, 0), 6);
    expect((metrics!.accuracy as Tensor).item()).toBeCloseTo((share(0, 1) + share(1, 0)) / 2, 6);
  });

  it('compares the frames in their order', () => {
    const method = make({ hiddenSize: 32 });
    method.eval();
    // Answers begin too faint to be told apart.
    method.answers.weight.detach().mul_(1000);
    const { first, second, labels } = method.views(batch, new Generator(1));
    const loss = (one: Tensor, other: Tensor) =>
      noGrad(() => method.loss({ first: one, second: other, labels }).loss!.item());
    expect(loss(first, second)).not.toBe(loss(second, first));
    expect(loss(first, second)).not.toBe(loss(first, first));
  });
});

it('shows beside the second frame what an answer would have made of it', () => {
  const method = make({ bins: 101 });
  method.eval();
  const samples = maps(3).div(SIDE);
  const { labels } = drawJourney(3, ruleOf(method), new Generator(5));
  method.guesses = () => labels.map((label, i) => (i === 0 ? 100 - label : label));
  const [preview] = method.preview({ samples, indices: indices(3) }, new Generator(5));
  const [wrong, right] = preview!.rows;
  expect(wrong![2]!.isCorrect).toBe(false);
  expect(right![2]!.isCorrect).toBe(true);
  const difference = right![1]!.image!.sub(right![2]!.image!).abs().amax().item();
  expect(difference).toBeLessThan(0.02);
  expect(right![2]!.caption).toBe(
    `says ${right![1]!.caption}`.replace(/-?\d+°/, right![2]!.caption!.match(/-?\d+°/)![0]),
  );
});

it.each([
  ['shift', { shift: 1 }],
  ['jitter', { jitter: 0.6 }],
])('refuses motions that leave too little of an image: %s', (_, options) => {
  expect(() => make(options)).toThrow(
    /^Expected motions that leave frames of at least 12 pixels a side for `imageSize`, received 32. The frames would have \d+\. /,
  );
});
