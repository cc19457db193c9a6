import { describe, expect, it } from 'vitest';
import { motionQuantiles } from '../../../data/egomotion.js';
import { type CameraSpec, DEGREES, type Motion, quantileAt, reversed } from '../../../data/index.js';
import { Generator, ops, type Tensor, tensor } from '../../../engine/index.js';
import { makeMethod } from '../../make.test-util.js';
import { cutFrames, moved } from './camera-motion.js';
import { type Egomotion, egomotion } from './egomotion.js';
import { RecordedPairs } from './recorded-pairs.js';

const SIDE = 32;
const COUNT = 400;
const BINS = 5;

/** Motions that differ in every degree of freedom, most of them small. */
const draws = ops.rand([COUNT, 4], { generator: new Generator(1) }).toList() as number[][];
const motions: Motion[] = draws.map(([x, y, rotation, zoom]) => ({
  x: 9 * x! ** 2 - 1,
  y: 4 * y! - 2,
  rotation: 0.4 * rotation! - 0.1,
  zoom: 1.2 ** (2 * zoom! - 0.5),
}));

const specOf = (of: readonly Motion[]): CameraSpec => ({
  ...{ modality: 'camera', channels: 3, height: SIDE, width: SIDE, mean: [0, 0, 0], std: [1, 1, 1] },
  quantiles: motionQuantiles(of),
});
const spec = specOf(motions);
const pairs = new RecordedPairs({ motions: [...DEGREES], bins: BINS }, spec);

/** First frames that are black and second ones that are white. */
const frames = ops.cat([ops.zeros([COUNT, 1, 3, SIDE, SIDE]), ops.full([COUNT, 1, 3, SIDE, SIDE], 255)], 1).to('uint8');
const values = (of: readonly Motion[]): Tensor =>
  tensor(Float32Array.from(of.flatMap((motion) => DEGREES.map((degree) => motion[degree]))), { shape: [of.length, 4] });

describe('pairs of frames of videos', () => {
  const drawn = pairs.draw({ frames, motion: values(motions) }, new Generator(2));
  const isBack = drawn.first
    .mean([1, 2, 3])
    .toNumbers()
    .map((value) => value > 0.5);
  const rows = motions.map((_, i) => drawn.labels.slice(4 * i, 4 * i + 4));

  it('are shown in either order, with the motion there or back', () => {
    const share = isBack.filter((flag) => flag).length / COUNT;
    expect(share).toBeGreaterThan(0.4);
    expect(share).toBeLessThan(0.6);
    const second = drawn.second.mean([1, 2, 3]).toNumbers();
    for (const [i, motion] of motions.entries()) {
      expect(second[i]).toBe(isBack[i] ? 0 : 1);
      const expected = isBack[i] ? reversed(motion) : motion;
      for (const degree of DEGREES) expect(drawn.motions[i]![degree]).toBeCloseTo(expected[degree], 5);
    }
  });

  it('have every class equally often, in the order of the motions', () => {
    for (const [d, degree] of DEGREES.entries()) {
      for (let bin = 0; bin < BINS; bin++) {
        const count = rows.filter((row) => row[d] === bin).length;
        expect(Math.abs(count - COUNT / BINS), degree).toBeLessThan(0.3 * (COUNT / BINS));
      }
      const order = [...rows.keys()].sort((a, b) => drawn.motions[a]![degree] - drawn.motions[b]![degree]);
      const classes = order.map((i) => rows[i]![d]!);
      expect(classes).toEqual([...classes].sort((a, b) => a - b));
    }
  });

  it('have the motion in the middle of a class as its answer', () => {
    for (let bin = 0; bin < BINS; bin++) {
      const answer = pairs.motionOf([bin, bin, bin, bin]);
      for (const degree of DEGREES)
        expect(answer[degree]).toBeCloseTo(quantileAt(spec.quantiles[degree], (bin + 0.5) / BINS), 9);
      const still = ops.zeros([1, 2, 3, SIDE, SIDE], { dtype: 'uint8' });
      const forth = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) =>
        pairs.draw({ frames: still, motion: values([answer]) }, new Generator(seed)),
      );
      const there = forth.find((one) => Math.abs(one.motions[0]!.x - answer.x) < 1e-5);
      expect(there!.labels).toEqual([bin, bin, bin, bin]);
    }
    const some = new RecordedPairs({ motions: ['zoom', 'y'], bins: 3 }, spec);
    expect(some.degrees).toEqual(['y', 'zoom']);
    expect(some.motionOf([0, 2])).toMatchObject({ x: 0, rotation: 0 });
  });

  it('show what the camera would have seen after an answer', () => {
    // A bright spot on smooth ground, seen before and after each motion.
    const axis = ops.arange(0, 2 * SIDE, 1, { dtype: 'float32' }).sub(SIDE - 0.5);
    const row = axis.div(9).sin().view([1, -1]);
    const ground = row
      .add(axis.div(7).cos().view([-1, 1]))
      .div(4)
      .add(0.5)
      .expand([8, 3, 2 * SIDE, 2 * SIDE]);
    const some = motions.slice(0, 8);
    const rule = { side: SIDE, imageSize: 2 * SIDE };
    const rest = { x: 0, y: 0, angle: 0, scale: 1 };
    const before = cutFrames(
      ground,
      some.map(() => rest),
      rule,
    );
    const after = cutFrames(
      ground,
      some.map((motion) => moved(rest, motion)),
      rule,
    );
    const both = ops.stack([before, after], 1).mul(255).round().to('uint8');
    const {
      second,
      seenAfter,
      motions: drawnMotions,
    } = pairs.draw({ frames: both, motion: values(some) }, new Generator(3));
    const seen = seenAfter(drawnMotions);
    // Beyond the first frame it is black; where it is not, both agree.
    const isSeen = seen.amin([1], true).gt(0.02).to('float32');
    expect(isSeen.mean().item()).toBeGreaterThan(0.5);
    const off = (one: Tensor) => one.sub(second).abs().mul(isSeen).sum().div(isSeen.sum().mul(3)).item();
    expect(off(seen)).toBeLessThan(0.02);
    expect(off(seenAfter(drawnMotions.map(reversed)))).toBeGreaterThan(0.05);
  });

  it('are refused where the camera does not move in what is asked for', () => {
    const level = specOf(motions.map(({ x, y }) => ({ x, y, rotation: 0, zoom: 1 })));
    const make = (asked: (typeof DEGREES)[number][], given = level) =>
      new RecordedPairs({ motions: asked, bins: BINS }, given);
    expect(() => make(['x', 'rotation'])).toThrow(
      /^Between the frames of these pairs rotation of the camera differs by less than 0.5 pixels, too little for classes. Ask for what differs: --motions x,y\. /,
    );
    expect(() => make(['rotation', 'zoom'])).toThrow(/rotation and zoom of the camera differ by/);
    expect(() => make(['x', 'y'])).not.toThrow();
    const resting = specOf(motions.map(() => ({ x: 0, y: 0, rotation: 0, zoom: 1 })));
    expect(() => make(['y'], resting)).toThrow(/Take videos by a camera that moves more/);
    // A tenth of a radian is 1.6 pixels at the edge; so is a factor of 1.1.
    const small = specOf([{ x: 0, y: 0, rotation: 0.1, zoom: 1.1 }]);
    expect(() => make(['rotation', 'zoom'], small)).not.toThrow();
    expect(() => make(['x'], small)).toThrow(/--motions rotation,zoom/);
  });
});

describe('egomotion of videos', () => {
  const method = makeMethod<Egomotion>(egomotion, { topWidth: 8, hiddenSize: 8, bins: BINS }, { spec, batchSize: 4 });
  const batch = { samples: { frames, motion: values(motions) }, indices: [...motions.keys()] };

  it('learns an encoder of images of whole frames', () => {
    expect(method.encoder.spec).toEqual({
      ...{ modality: 'image', channels: 3, height: SIDE, width: SIDE, mean: [0, 0, 0], std: [1, 1, 1] },
    });
    expect(method.pipelines()).toEqual({
      frames: { name: 'recordedMotion', side: SIDE, degrees: ['x', 'y', 'rotation'], bins: BINS },
    });
    const { first, labels } = method.views(batch as never, new Generator(2));
    expect(first.shape).toEqual([COUNT, 3, SIDE, SIDE]);
    expect(labels.shape).toEqual([COUNT, 3]);
  });

  it('shows a pair with its motion and the answer', () => {
    method.eval();
    const rule = new RecordedPairs({ motions: ['x', 'y', 'rotation'], bins: BINS }, spec);
    const some = { samples: { frames: frames.narrow(0, 0, 6), motion: values(motions.slice(0, 6)) }, indices: [] };
    const again = rule.draw(some.samples, new Generator(5));
    method.guesses = () => again.labels.map((label, i) => (i === 0 ? (label + 1) % BINS : label));
    const [preview] = method.preview(some as never, new Generator(5));
    expect(preview!.rows.map((row) => row[2]!.isCorrect)).toEqual([false, true, true, true, true, true]);
    for (const row of preview!.rows) {
      expect(row[1]!.caption).toMatch(/^(left|right) \d+\.\d\d, (up|down) \d+\.\d\d, -?\d+(\.\d)?°$/);
      expect(row[2]!.caption).toMatch(/^says (left|right) /);
    }
    expect(preview!.chance).toBeCloseTo(BINS ** -3, 12);
  });
});
