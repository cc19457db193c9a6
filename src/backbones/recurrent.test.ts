import { expect, it } from 'vitest';
import { manualSeed, noGrad, ops, scope, type Tensor } from '../engine/index.js';
import type { BackboneOptions } from './backbone.js';
import type { RecurrentBackbone } from './recurrent.js';
import { clipArchitecture, createBackbone } from './registry.js';

const RECURRENT = { blockFrames: 2, contextSize: 6, layout: 'map' as const, actions: 0 };
const TINY: BackboneOptions = { inputChannels: 3, imageSize: 16, width: 4 };

function make(
  name = 'recurrent-frames-resnet18',
  changes: Partial<typeof RECURRENT> | { layout: 'vector' } = {},
): RecurrentBackbone {
  manualSeed(3);
  return createBackbone(name, { ...TINY, recurrent: { ...RECURRENT, ...changes } }).eval() as RecurrentBackbone;
}

const clips = (frames: number, channels = 3): Tensor => ops.randn([2, frames, channels, 16, 16]);

it('reads a clip block by block: each of the inner layers, the vectors of the blocks, and the contexts', () => {
  scope(() =>
    noGrad(() => {
      for (const name of ['recurrent-frames-resnet18', 'recurrent-r3d18']) {
        const network = make(name);
        const x = clips(6);
        expect(network.layers.slice(-3)).toEqual(['layer4', 'blocks', 'context']);
        const [inner, vectors, contexts] = network.pyramid(x, ['layer4', 'blocks', 'context']) as [
          Tensor,
          Tensor,
          Tensor,
        ];
        expect([inner, vectors, contexts].map(({ shape }) => shape)).toEqual([
          [2, 32, 3, 2, 2],
          [2, 6, 3, 2, 2],
          [2, 6, 3, 2, 2],
        ]);
        const second = network.inner.maps(x.narrow(1, 2, 2), 'layer4').mean([2]);
        expect(inner.select(2, 1).sub(second).abs().max().item()).toBeLessThan(1e-5);
        expect(vectors.select(2, 1).sub(network.embed.forward(second)).abs().max().item()).toBeLessThan(1e-5);
        expect([network.layerSize('layer2'), network.layerSize('blocks'), network.featureSize]).toEqual([8, 6, 6]);
      }
    }),
  );
});

it('gathers the blocks so far at each place, as steps one after the other do', () => {
  scope(() =>
    noGrad(() => {
      const network = make('recurrent-frames-resnet18', { actions: 2 });
      const x = clips(6, 5);
      const [vectors, contexts] = network.pyramid(x, ['blocks', 'context']) as [Tensor, Tensor];
      const actions = network.actionsOf(x);
      for (const [row, column] of [
        [0, 1],
        [1, 0],
      ] as const) {
        let state = ops.zeros([2, 6]);
        for (let block = 0; block < 3; block++) {
          const vector = vectors.select(2, block).select(3, column).select(2, row);
          state = network.step(vector, actions.select(1, block), state);
          const context = contexts.select(2, block).select(3, column).select(2, row);
          expect(context.sub(state).abs().max().item()).toBeLessThan(1e-5);
        }
      }
      const last = contexts.select(2, 2).mean([2, 3]);
      expect(network.features(x).sub(last).abs().max().item()).toBeLessThan(1e-6);
      expect(
        network
          .features(x, 'blocks')
          .sub(vectors.mean([2, 3, 4]))
          .abs()
          .max()
          .item(),
      ).toBeLessThan(1e-6);
    }),
  );
});

it('knows nothing of later blocks, and all earlier ones', () => {
  scope(() => {
    const network = make();
    const x = clips(8);
    x.requiresGrad = true;
    network.maps(x, 'context').select(2, 1).sum().backward();
    const byBlock = x.grad!.abs().sum([0, 2, 3, 4]).view([4, 2]).sum([1]).toNumbers();
    expect(byBlock.map((sum) => sum > 0)).toEqual([true, true, false, false]);
  });
});

it('takes the planes behind the picture for actions, and the mean of them over a block', () => {
  scope(() =>
    noGrad(() => {
      const network = make('recurrent-frames-resnet18', { actions: 2 });
      const x = clips(4, 5);
      const planes = ops.rand([2, 4, 2]);
      x.narrow(2, 3, 2).copy_(planes.unsqueeze(3).unsqueeze(4));
      const means = planes.view([2, 2, 2, 2]).mean([2]);
      expect(network.actionsOf(x).sub(means).abs().max().item()).toBeLessThan(1e-6);
      const context = network.maps(x, 'context');
      const other = x.clone();
      other.narrow(1, 2, 2).narrow(2, 3, 2).add_(1);
      const changed = network.maps(other, 'context');
      expect(changed.select(2, 0).equal(context.select(2, 0))).toBe(true);
      expect(changed.select(2, 1).sub(context.select(2, 1)).abs().max().item()).toBeGreaterThan(1e-3);
      expect(network.maps(other, 'blocks').equal(network.maps(x, 'blocks'))).toBe(true);
      expect(() => network.maps(clips(4, 3))).toThrow(/clips of shape \(N, T, 5, H, W\)/);
    }),
  );
});

it('makes one vector of the whole map where that is asked for, which says where things are', () => {
  scope(() =>
    noGrad(() => {
      const network = make('recurrent-frames-resnet18', { layout: 'vector' });
      expect(network.embed.weight.shape).toEqual([6, 32, 2, 2]);
      expect(network.isTraining).toBe(false);
      expect(network.maps(clips(4)).shape).toEqual([2, 6, 2, 1, 1]);
    }),
  );
});

it('is built again from its name and options, and refuses what is no whole number of blocks', () => {
  const network = make();
  const again = createBackbone(network.architecture, JSON.parse(JSON.stringify(network.options)));
  expect(again.loadStateDict(network.stateDict())).toEqual({ missing: [], unexpected: [] });
  expect(() => network.features(clips(5))).toThrow(/clips of a multiple of 2 frames/);
  expect(() => createBackbone('recurrent-frames-resnet18', TINY)).toThrow(/`recurrent`/);
  const make3 = () => createBackbone('recurrent-r3d18', { ...TINY, recurrent: { ...RECURRENT, blockFrames: 0 } });
  expect(make3).toThrow(/whole number of at least 1 for `recurrent.blockFrames`/);
});

it('begins with orthogonal gates and no biases', () => {
  scope(() =>
    noGrad(() => {
      const { gru } = make();
      const state = new Map(gru.namedParameters());
      for (const gate of state.get('weight_hh_l0')!.chunk(3, 0)) {
        const product = gate.matmul(gate.t());
        expect(product.sub(ops.eye(6)).abs().max().item()).toBeLessThan(1e-5);
      }
      expect(state.get('bias_ih_l0')!.abs().max().item()).toBe(0);
    }),
  );
});

it('knows which networks read clips', () => {
  expect(['r3d18', 'resnet18', 'frames-resnet18', 'c3d'].map(clipArchitecture)).toEqual([
    ...['r3d18', 'frames-resnet18', 'frames-resnet18', 'c3d'],
  ]);
});
