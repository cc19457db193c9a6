import { describe, expect, it } from 'vitest';
import { toPatches } from '../../../augment/index.js';
import type { Backbone } from '../../../backbones/backbone.js';
import { createBackbone } from '../../../backbones/registry.js';
import { Generator, noGrad, ops, scope, type Tensor } from '../../../engine/index.js';
import { imageBatch, imageSpec, makeMethod } from '../../make.test-util.js';
import { type MAE, mae } from './mae.js';

const spec = imageSpec(16);
const batch = imageBatch(4, spec, 0);
const make = (given = {}, backbone?: Backbone): MAE =>
  makeMethod(mae, given, { spec, width: 8, seed: 1, ...(backbone ? { backbone } : {}) });

describe('MAE', () => {
  it('hides three quarters of the patches, other ones of every image, each as often', () => {
    const method = make();
    const random = new Generator(3);
    const counts = new Float64Array(16);
    for (let i = 0; i < 100; i++) {
      const { seen, hidden } = method.views(batch, random);
      expect([seen.shape, hidden.shape]).toEqual([
        [4, 4],
        [4, 12],
      ]);
      const all = ops.cat([seen, hidden], 1).sort(1)[0].toList();
      expect(all).toEqual(Array(4).fill([...Array(16).keys()]));
      for (const patch of hidden.flatten().toNumbers()) counts[patch]! += 1;
    }
    // 400 draws with probability 0.75 each: five standard deviations are 43.
    for (const count of counts) expect(Math.abs(count - 300)).toBeLessThan(43);
  });

  it('begins as the code: Xavier in linear layers and the embedding of patches, 0.02 in the tokens, zero biases', () => {
    const method = make({ decoderWidth: 32 });
    const xavier = ({ shape }: Tensor) => {
      const [fanOut = 0, ...rest] = shape;
      return Math.sqrt(6 / (fanOut + rest.reduce((product, size) => product * size, 1)));
    };
    const { patch_embed, blocks, cls_token } = method.backbone;
    const linears = [...blocks, ...method.decoder.blocks].flatMap(({ attn, mlp }) => [
      attn.qkv,
      attn.proj,
      mlp.fc1,
      mlp.fc2,
    ]);
    const weights = [patch_embed.proj, method.decoder.embed, method.decoder.head, ...linears];
    for (const { weight, bias } of weights) {
      const largest = weight.detach().abs().max().item();
      expect(largest).toBeLessThanOrEqual(xavier(weight));
      expect(largest).toBeGreaterThan(0.9 * xavier(weight));
      if (weight !== patch_embed.proj.weight) expect(bias!.detach().abs().max().item()).toBe(0);
    }
    for (const token of [cls_token, method.decoder.mask_token]) {
      expect(token.detach().abs().max().item()).toBeGreaterThan(0.005);
      expect(token.detach().abs().max().item()).toBeLessThan(0.1);
    }
  });

  it('does not look at hidden patches: changing them changes no token', () => {
    scope(() =>
      noGrad(() => {
        const method = make();
        const { images, seen, hidden } = method.views(batch, new Generator(3));
        const vit = method.backbone;
        const places = hidden.unsqueeze(2).expand([-1, -1, 48]);
        const noise = toPatches(images, 4).scatter(1, places, ops.randn([4, 12, 48]));
        const changed = noise.view([4, 4, 4, 4, 4, 3]).permute([0, 5, 1, 3, 2, 4]).reshape([4, 3, 16, 16]);
        expect(vit.visibleTokens(changed, seen).equal(vit.visibleTokens(images, seen))).toBe(true);
        expect(vit.visibleTokens(changed, hidden).equal(vit.visibleTokens(images, hidden))).toBe(false);
      }),
    );
  });

  it.each([true, false])(
    'is the squared error on hidden patches alone, targets normalized: %s',
    (useNormalizedTargets) => {
      scope(() =>
        noGrad(() => {
          const method = make({ useNormalizedTargets });
          const views = method.views(batch, new Generator(3));
          const tokens = method.backbone.visibleTokens(views.images, views.seen);
          const painted = method.decoder.forward(tokens, views.seen, views.hidden).toList() as number[][][];
          const patches = toPatches(views.images, 4).toList() as number[][][];
          const hidden = views.hidden.toList() as number[][];
          let [sum, count] = [0, 0];
          for (let n = 0; n < 4; n++)
            hidden[n]!.forEach((place, m) => {
              const patch = patches[n]![place]!;
              const mean = patch.reduce((total, x) => total + x, 0) / patch.length;
              const variance = patch.reduce((total, x) => total + (x - mean) ** 2, 0) / (patch.length - 1);
              patch.forEach((x, i) => {
                const target = useNormalizedTargets ? (x - mean) / Math.sqrt(variance + 1e-6) : x;
                sum += (painted[n]![m]![i]! - target) ** 2;
                count++;
              });
            });
          expect(method.loss(views).loss!.item()).toBeCloseTo(sum / count, 4);
        }),
      );
    },
  );

  it('sees with all patches in sight what the transformer sees', () => {
    scope(() =>
      noGrad(() => {
        const { backbone } = make();
        const x = ops.randn([2, 3, 16, 16]);
        const all = ops.arange(0, 16, 1).unsqueeze(0).expand([2, 16]);
        expect(backbone.visibleTokens(x, all).sub(backbone.tokens(x)).abs().amax().item()).toBeLessThan(1e-5);
      }),
    );
  });

  it('shows the patches that are seen as they are, and the hidden ones in the mean color', () => {
    const method = make().eval();
    const [preview] = noGrad(() => method.preview(batch, new Generator(3)));
    const images = batch.samples.to('float32').div(255);
    expect(preview!.rows).toHaveLength(4);
    for (const [i, row] of preview!.rows.entries()) {
      const [seen, painted, truth] = row.map(({ image }) => toPatches(image!.unsqueeze(0), 4).select(0, 0)); // (16, 48)
      expect(truth!.equal(toPatches(images, 4).select(0, i))).toBe(true);
      const distance = (a: Tensor, b: Tensor | number): Tensor => a.sub(b).abs().amax([1]);
      const isSeen = distance(seen!, truth!).lt(1e-5);
      expect(isSeen.sum().item()).toBe(4);
      expect(isSeen.equal(distance(painted!, truth!).lt(1e-5))).toBe(true);
      expect(isSeen.logicalNot().equal(distance(seen!, 0.5).lt(1e-5))).toBe(true);
    }
  });

  it('refuses shares that hide nothing or everything, and backbones that are no transformers', () => {
    expect(() => make({ maskRatio: 0.01 })).toThrow(/hides some of the 16 patches and not all/);
    const backbone = createBackbone('resnet18', { inputChannels: 3, imageSize: 16, width: 4 });
    expect(() => make({}, backbone)).toThrow(/a vision transformer/);
  });
});
