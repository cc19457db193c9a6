import { describe, expect, it } from 'vitest';
import { createBackbone } from '../../../backbones/registry.js';
import { Generator, noGrad, scope, type Tensor } from '../../../engine/index.js';
import { clippedNce, positionsAt } from '../../losses/clipped-nce.js';
import { imageBatch, imageSpec, type MakeOptions, makeMethod } from '../../make.test-util.js';
import type { Preview } from '../../method.js';
import { type AMDIM, amdim } from './amdim.js';
import { type YADIM, yadim } from './yadim.js';

const SPEC = imageSpec(32);
const batch = imageBatch(4, SPEC, 0);

const makeAmdim = (given = {}, changes: Partial<MakeOptions> = {}): AMDIM =>
  makeMethod(amdim, given, { spec: SPEC, architecture: 'amdim', seed: 1, ...changes });
const makeYadim = (given = {}, changes: Partial<MakeOptions> = {}): YADIM =>
  makeMethod(yadim, given, { spec: SPEC, seed: 1, ...changes });

describe('AMDIM', () => {
  const method = makeAmdim();

  it('predicts the maps of 5x5 and 7x7 of its own encoder, and the last two maps of others', () => {
    expect(method.layers).toEqual(['local5', 'local7']);
    expect(makeAmdim({}, { architecture: 'resnet18' }).layers).toEqual(['layer3', 'layer2']);
  });

  it('adds the three kinds of prediction, each averaged over both directions, and the penalty of all', () => {
    scope(() => {
      const views = method.views(batch, new Generator(2));
      const [first, second] = views.images;
      const embed = (images: Tensor) => {
        const [coarse, fine, last] = method.backbone.pyramid(images, ['local5', 'local7', 'global']) as Tensor[];
        return {
          global: last!.mean([2, 3]),
          coarse: method.coarseNetwork.forward(coarse!),
          fine: method.fineNetwork.forward(fine!),
        };
      };
      const [one, two] = [embed(first), embed(second)];
      const [draws1, draws2] = views.draws.unbind(0) as [Tensor, Tensor];
      const terms = [
        clippedNce(one.global, two.coarse.flatten(2), 20),
        clippedNce(two.global, one.coarse.flatten(2), 20),
        clippedNce(one.global, two.fine.flatten(2), 20),
        clippedNce(two.global, one.fine.flatten(2), 20),
        clippedNce(positionsAt(one.coarse, draws1), two.coarse.flatten(2), 20),
        clippedNce(positionsAt(two.coarse, draws2), one.coarse.flatten(2), 20),
      ];
      const expected = terms.reduce((sum, { loss, penalty }) => sum + 0.5 * (loss.item() + penalty.item()), 0);
      expect(method.loss(views).loss!.item()).toBeCloseTo(expected, 3);
    });
  });

  it('flips both views of an image alike', () => {
    const still = makeAmdim({ colorStrength: 0, grayProbability: 0, views: 'translate' });
    // Moves are the same where they are none: with the same flip, two such views are equal.
    let equal = 0;
    const random = new Generator(4);
    for (let i = 0; i < 20; i++) {
      const [first, second] = still.views(batch, random).images;
      for (let k = 0; k < 4; k++) if (first.select(0, k).equal(second.select(0, k))) equal += 1;
    }
    // Of 80 pairs 1 in 25 moves in neither view; with flips of their own half of these would differ.
    expect(equal).toBeGreaterThan(0);
  });

  it('refuses a backbone without two local maps in one sentence', () => {
    const backbone = createBackbone('resnet18', { inputChannels: 3, imageSize: 32, width: 4 });
    Object.defineProperty(backbone, 'layers', { value: ['layer4'] });
    expect(() => makeAmdim({}, { backbone })).toThrow(/two maps of several places/);
  });
});

describe('YADIM', () => {
  it('has the same loss when the views are swapped, in both directions', () => {
    scope(() => {
      const method = makeYadim().eval();
      const { images, draws } = method.views(batch, new Generator(2));
      const swapped = { images: [images[1], images[0]] as const, draws: draws.flip([0]) };
      expect(method.loss(swapped).loss!.item()).toBeCloseTo(method.loss({ images, draws }).loss!.item(), 5);
      const oneWay = makeYadim({ isBidirectional: false }, { backbone: method.backbone }).eval();
      expect(oneWay.loss(swapped).loss!.item()).not.toBeCloseTo(oneWay.loss({ images, draws }).loss!.item(), 5);
    });
  });

  it.each(['resnet18', 'alexnet', 'nin', 'amdim'])('takes %s without any change', (architecture) => {
    scope(() => {
      const method = makeYadim({}, { architecture });
      expect(Number.isFinite(method.loss(method.views(batch, new Generator(2))).loss!.item())).toBe(true);
    });
  });
});

describe('the preview', () => {
  it.each([
    ['AMDIM', () => makeAmdim(), 6],
    ['YADIM', () => makeYadim(), 5],
  ] as const)('of %s shows the views, where the second agrees with the first, and an answer', (_, make, tiles) => {
    const [{ rows, chance }] = noGrad(() => make().eval().preview(batch, new Generator(3))) as [Preview];
    expect(chance).toBe(1 / 4);
    expect(rows.map((row) => row.length)).toEqual([tiles, tiles, tiles, tiles]);
    for (const row of rows) {
      expect(row.map(({ isCorrect }) => isCorrect !== undefined)).toEqual(row.map((_, i) => i === tiles - 1));
      expect(row.map(({ image }) => image!.size(1))).toEqual(row.map(() => 32));
    }
  });
});
