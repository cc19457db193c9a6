import { describe, expect, it } from 'vitest';
import { createBackbone } from '../../../backbones/registry.js';
import { Generator, manualSeed, ops, scope, type Tensor } from '../../../engine/index.js';
import { clippedNce, positionsAt } from '../../losses/clipped-nce.js';
import { parseMethodOptions } from '../../registry.js';
import { AMDIM, amdim } from './amdim.js';
import { YADIM, yadim } from './yadim.js';

const DATA = { count: 8, channels: 3, imageSize: 32, mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] };
const samples = ops.randint(0, 256, [4, 3, 32, 32], { dtype: 'uint8', generator: new Generator(0) });
const batch = { samples, indices: [0, 1, 2, 3] };

const backbone = (name: string, imageSize = 32) => {
  manualSeed(1);
  return createBackbone(name, { inputChannels: 3, imageSize, width: 4 });
};

describe('AMDIM', () => {
  const method = new AMDIM(parseMethodOptions(amdim, {}, true), backbone('amdim'), DATA);

  it('predicts the maps of 5x5 and 7x7 of its own encoder, and the last two maps of others', () => {
    expect(method.layers).toEqual(['local5', 'local7']);
    const other = new AMDIM(parseMethodOptions(amdim, {}, true), backbone('resnet18'), DATA);
    expect(other.layers).toEqual(['layer3', 'layer2']);
  });

  it('adds the three kinds of prediction, each averaged over both directions, and the penalty of all', () => {
    scope(() => {
      const views = method.views(batch, new Generator(2));
      const [first, second] = views.images as readonly [Tensor, Tensor];
      const embed = (images: Tensor) => {
        const [coarse, fine, last] = method.backbone.pyramid(images, ['local5', 'local7', 'global']) as Tensor[];
        return {
          global: last!.mean([2, 3]),
          coarse: method.coarseNetwork.forward(coarse!),
          fine: method.fineNetwork.forward(fine!),
        };
      };
      const [one, two] = [embed(first), embed(second)];
      const [draws1, draws2] = (views.draws as Tensor).unbind(0) as [Tensor, Tensor];
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
    const still = new AMDIM(
      parseMethodOptions(amdim, { colorStrength: 0, grayProbability: 0, views: 'translate' }, true),
      backbone('amdim'),
      DATA,
    );
    // Moves are the same where they are none: with the same flip, two such views are equal.
    let equal = 0;
    const random = new Generator(4);
    for (let i = 0; i < 20; i++) {
      const [first, second] = still.views(batch, random).images as readonly [Tensor, Tensor];
      for (let k = 0; k < 4; k++) if (first.select(0, k).equal(second.select(0, k))) equal += 1;
    }
    // Of 80 pairs 1 in 25 moves in neither view; with flips of their own half of these would differ.
    expect(equal).toBeGreaterThan(0);
  });

  it('refuses a backbone without two local maps in one sentence', () => {
    const single = backbone('resnet18');
    Object.defineProperty(single, 'layers', { value: ['layer4'] });
    expect(() => new AMDIM(parseMethodOptions(amdim, {}, true), single, DATA)).toThrow(/two maps of several places/);
  });
});

describe('YADIM', () => {
  it('has the same loss when the views are swapped, in both directions', () => {
    scope(() => {
      const method = new YADIM(parseMethodOptions(yadim, {}, true), backbone('resnet18'), DATA).eval();
      const { images, draws } = method.views(batch, new Generator(2)) as { images: Tensor[]; draws: Tensor };
      const swapped = { images: [images[1]!, images[0]!], draws: draws.flip([0]) };
      expect(method.loss(swapped).loss!.item()).toBeCloseTo(method.loss({ images, draws }).loss!.item(), 5);
      const oneWay = new YADIM(
        parseMethodOptions(yadim, { isBidirectional: false }, true),
        method.backbone,
        DATA,
      ).eval();
      expect(oneWay.loss(swapped).loss!.item()).not.toBeCloseTo(oneWay.loss({ images, draws }).loss!.item(), 5);
    });
  });

  it.each(['resnet18', 'alexnet', 'nin', 'amdim'])('takes %s without any change', (name) => {
    scope(() => {
      const method = new YADIM(parseMethodOptions(yadim, {}, true), backbone(name), DATA);
      expect(Number.isFinite(method.loss(method.views(batch, new Generator(2))).loss!.item())).toBe(true);
    });
  });
});
