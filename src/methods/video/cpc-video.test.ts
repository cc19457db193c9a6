import { describe, expect, it } from 'vitest';
import type { ClipSpec, EpisodeSpec } from '../../data/index.js';
import { Generator, noGrad, ops, scope, type Tensor } from '../../engine/index.js';
import { rowAccuracy } from '../losses/grid-nce.js';
import { makeMethod } from '../make.test-util.js';
import { type CPCVideo, cpcVideo } from './cpc-video.js';

const FORM = { frames: 6, channels: 3, height: 16, width: 16, mean: [0.5, 0.4, 0.3], std: [0.25, 0.2, 0.3] };
const CLIPS: ClipSpec = { modality: 'clip', fps: 6, ...FORM };
const EPISODES: EpisodeSpec = { modality: 'episode', actions: 3, ...FORM };
const SMALL = { blocks: 6, predictedBlocks: 2, contextSize: 8 };
const PLAIN = { minimumScale: 1, useFlip: false, channelProbability: 0, colorStrength: 0 };
const COUNT = 4;

const make = (given = {}, spec: ClipSpec | EpisodeSpec = CLIPS): CPCVideo =>
  makeMethod(cpcVideo, { ...SMALL, ...given }, { spec, width: 4, seed: 1 });

const random = (seed: number) => new Generator(seed);
const frames: Tensor = ops.randint(0, 256, [COUNT, 6, 3, 16, 16], { dtype: 'uint8', generator: random(3) });
const actions: Tensor = ops.randint(0, 3, [COUNT, 6], { dtype: 'int64', generator: random(4) });
noGrad(() => actions.select(1, 0).fill_(-1));
const indices = [...Array(COUNT).keys()];
const clips = { samples: frames, indices };
const episodes = { samples: { frames, actions }, indices };

/** Gives the predictor weights, so that not all answers are equally likely. */
function stir(method: CPCVideo): CPCVideo {
  const last = method.predictor.layers.at(-1) as unknown as { weight: Tensor };
  noGrad(() => last.weight.normal_(0, 1, { generator: random(5) }));
  return method;
}

describe('CPC of frames', () => {
  it('starts at ln(clips x predicted blocks x places), whatever predicts', () => {
    scope(() =>
      noGrad(() => {
        for (const given of [{}, { predictFrom: 'last' }, { predictedBlocks: 4 }, { layout: 'vector' }]) {
          const method = make(given);
          const places = 'layout' in given ? 1 : 4;
          const steps = method.options.predictedBlocks;
          const { loss } = method.loss(method.views(clips, random(1)));
          expect(loss!.item()).toBeCloseTo(Math.log(COUNT * steps * places), 5);
        }
      }),
    );
  });

  it('asks each context for the blocks that follow it, one after the other, among those of all clips and places', () => {
    scope(() =>
      noGrad(() => {
        const method = stir(make()).eval();
        const { clips: prepared } = method.views(clips, random(1));
        const { backbone } = method;
        const [vectors, contexts] = backbone.pyramid(prepared, ['blocks', 'context']) as [Tensor, Tensor];
        const none = ops.zeros([COUNT * 4, 0]);
        const rows = (map: Tensor, block: number): Tensor =>
          map.select(2, block).permute([0, 2, 3, 1]).reshape([-1, 8]);
        const predict = (state: Tensor): Tensor => method.predictor.forward(state.unsqueeze(2).unsqueeze(3)).flatten(1);
        const losses: number[] = [];
        const right: number[] = [];
        for (let t = 0; t <= 3; t++) {
          let state = rows(contexts, t);
          const all = ops.cat([rows(vectors, t + 1), rows(vectors, t + 2)], 0);
          for (const k of [1, 2]) {
            const made = predict(state);
            state = backbone.step(made, none, state);
            const logits = made.matmul(all.t()).logSoftmax(1);
            for (let row = 0; row < COUNT * 4; row++) {
              const target = (k - 1) * COUNT * 4 + row;
              losses.push(-logits.select(0, row).select(0, target).item());
              right.push(logits.select(0, row).argmax(0).item() === target ? 1 : 0);
            }
          }
        }
        const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value) / values.length;
        const { loss, metrics } = method.loss({ clips: prepared });
        expect(loss!.item()).toBeCloseTo(mean(losses), 4);
        expect((metrics!.accuracy as Tensor).item()).toBeCloseTo(mean(right), 5);
        expect(Math.abs(mean(losses) - Math.log(32))).toBeGreaterThan(0.05);
        const last = stir(make({ predictFrom: 'last' }))
          .eval()
          .loss({ clips: prepared }).loss!;
        expect(last.item()).toBeCloseTo(mean(losses.slice(3 * 32)), 4);
      }),
    );
  });

  it('lets a context know nothing of later blocks but through their actions, in training too without batch norm', () => {
    scope(() => {
      for (const [norm, training] of [
        ['layer', true],
        ['batch', false],
      ] as const) {
        const method = make({ norm }).train(training);
        const { clips: prepared } = noGrad(() => method.views(clips, random(1)));
        const x = prepared.clone();
        x.requiresGrad = true;
        method.backbone.maps(x, 'context').select(2, 2).sum().backward();
        const byFrame = x.grad!.abs().sum([0, 2, 3, 4]).toNumbers();
        expect(byFrame.map((sum) => sum > 0)).toEqual([true, true, true, false, false, false]);
      }
      // The statistics of batch norm are those of all blocks.
      const method = make().train();
      const x = noGrad(() => method.views(clips, random(1))).clips.clone();
      x.requiresGrad = true;
      method.backbone.maps(x, 'context').select(2, 2).square().sum().backward();
      expect(x.grad!.select(1, 5).abs().sum().item()).toBeGreaterThan(0);
    });
  });

  it('tells the agent of the actions up to each block, and the prediction of the one that leads to it', () => {
    scope(() =>
      noGrad(() => {
        const method = stir(make(PLAIN, EPISODES)).eval();
        const { clips: prepared } = method.views(episodes, random(1));
        expect(prepared.shape).toEqual([COUNT, 6, 6, 16, 16]);
        const planes = prepared.narrow(2, 3, 3).amax([3, 4]);
        expect(planes.equal(prepared.narrow(2, 3, 3).amin([3, 4]))).toBe(true);
        const expected = actions.toNumbers().flatMap((action) => [0, 1, 2].map((kind) => (kind === action ? 1 : 0)));
        expect(planes.flatten().toNumbers()).toEqual(expected);
        const predictions = (x: Tensor): Tensor[] => {
          const [vectors, contexts] = method.backbone.pyramid(x, ['blocks', 'context']) as [Tensor, Tensor];
          const made = (method as unknown as { predict(...parts: Tensor[]): { predictions: Tensor }[] }).predict(
            vectors,
            contexts,
            method.backbone.actionsOf(x),
          );
          return made.map((part) => part.predictions);
        };
        // Another action before block 4: of what starts at block 2, the second prediction changes alone.
        const other = prepared.clone();
        other
          .select(1, 4)
          .narrow(1, 3, 3)
          .copy_(other.select(1, 4).narrow(1, 3, 3).roll([1], [1]));
        const [before, after] = [predictions(prepared), predictions(other)];
        const differs = (start: number, step: number): boolean =>
          !before[start]!.select(2, step).equal(after[start]!.select(2, step));
        expect([differs(1, 0), differs(1, 1), differs(2, 0), differs(2, 1), differs(3, 0)]).toEqual([
          ...[false, false, false, true, true],
        ]);
      }),
    );
  });

  it('cuts and mirrors all frames of a clip alike, and changes the colors of each by themselves', () => {
    scope(() => {
      const still = frames.narrow(1, 0, 1).expand(frames.shape).contiguous();
      const views = (
        given: object,
        spec: ClipSpec | EpisodeSpec = CLIPS,
        samples: typeof still | typeof episodes.samples = still,
      ) => make({ ...PLAIN, ...given }, spec).views({ samples, indices }, random(2)).clips;
      const plain = views({});
      const isStill = (made: Tensor): boolean => made.narrow(1, 1, 5).equal(made.narrow(1, 0, 5));
      expect(plain.equal(make().encoder.prepare(still))).toBe(true);
      for (const given of [{ minimumScale: 0.5 }, { useFlip: true }]) {
        expect(isStill(views(given))).toBe(true);
        expect(views(given).equal(plain)).toBe(false);
      }
      for (const given of [{ channelProbability: 0.5 }, { colorStrength: 1 }])
        expect(isStill(views(given))).toBe(false);
      // Mirrored episodes would turn left where they say right.
      const mirrored = views({ useFlip: true }, EPISODES, { frames: still, actions });
      expect(mirrored.narrow(2, 0, 3).equal(plain)).toBe(true);
    });
  });

  it('takes the frames of its blocks, and says when there are too few', () => {
    expect(make({ blocks: 3, blockFrames: 2 }).views(clips, random(1)).clips.shape).toEqual([COUNT, 6, 3, 16, 16]);
    expect(make({ blocks: 2, blockFrames: 2, predictedBlocks: 1 }).views(clips, random(1)).clips.size(1)).toBe(4);
    expect(() => make({ blocks: 4, blockFrames: 2 })).toThrow(/needs clips of at least 8 frames, received 6/);
    expect(() => make({ predictedBlocks: 6 })).toThrow(
      'Expected fewer predicted blocks than the 6 of a clip, received 6. Lower --predicted-blocks, or raise --blocks.',
    );
    const needs = cpcVideo.needs!(cpcVideo.options.parse({}));
    expect(needs).toEqual({ frames: 40, fps: 6, leastFrames: 40 });
  });

  it('previews the last of the next blocks among those of all clips', () => {
    for (const [batch, spec] of [
      [clips, CLIPS],
      [episodes, EPISODES],
    ] as const) {
      const [preview] = noGrad(() => stir(make({}, spec)).eval().preview(batch));
      expect(preview!.chance).toBe(1 / (COUNT * 2));
      expect(preview!.rows).toHaveLength(COUNT);
      expect(preview!.explanation.includes('agent')).toBe(spec === EPISODES);
      for (const [i, [seen, next, answer]] of preview!.rows.entries()) {
        expect(seen!.image!.shape).toEqual([3, 16, 4 * 16 + 3]);
        expect(next!.image!.shape).toEqual([3, 16, 2 * 16 + 1]);
        expect(answer!.isCorrect).toBe(answer!.caption === 'says: the second of this one');
        if (answer!.isCorrect)
          expect(answer!.image!.sub(frames.select(0, i).select(0, 5).div(255)).abs().max().item()).toBe(0);
      }
    }
  });
});

describe('accuracy among the blocks of the same clip', () => {
  it('asks for the own row at the same place, and gives equal rows the first', () => {
    scope(() => {
      const targets = ops.randn([3, 50, 4, 2], { generator: random(6) });
      expect(rowAccuracy(targets, targets).item()).toBe(1);
      expect(rowAccuracy(targets.roll([1], [2]), targets).item()).toBe(0);
      // Other clips and places are not asked.
      const still = targets.narrow(2, 0, 1).expand([3, 50, 4, 2]);
      expect(rowAccuracy(targets, still).item()).toBe(1 / 4);
      const half = ops.cat([targets.narrow(2, 0, 2), targets.narrow(2, 2, 2).roll([1], [2])], 2);
      expect(rowAccuracy(half, targets).item()).toBe(1 / 2);
    });
  });
});
