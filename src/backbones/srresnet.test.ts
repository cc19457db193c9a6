import { describe, expect, it } from 'vitest';
import { fill } from '../../tests/golden/backbones.js';
import { noGrad, ops, scope, type Tensor } from '../engine/index.js';
import { SRResNet } from './srresnet.js';

const SMALL = { inputChannels: 3, imageSize: 12, width: 4, blocks: 2 };

describe('SRResNet', () => {
  it("has the paper's parameters", () => {
    // Stem 3*81*64 + 64 and 64 slopes; a block 2 * 9*64*64 weights, 4*64 of batch norm, 64 slopes; the end 9*64*64 + 2*64.
    const blocks = 16 * (2 * 36_864 + 5 * 64);
    expect(new SRResNet({ inputChannels: 3, imageSize: 24 }).parameterCount()).toBe(
      15_552 + 128 + blocks + 36_864 + 128,
    );
  });

  it('has the skip connections of the figure in the paper', () => {
    scope(() =>
      noGrad(() => {
        const network = new SRResNet(SMALL);
        fill(network).eval();
        const state = network.stateDict();
        const at = (key: string): Tensor => state.get(key)!;
        const norm = (x: Tensor, key: string): Tensor => {
          const column = (name: string): Tensor => at(`${key}.${name}`).view([1, 4, 1, 1]);
          const scaled = x.sub(column('running_mean')).div(column('running_var').add(1e-5).sqrt());
          return scaled.mul(column('weight')).add(column('bias'));
        };
        const prelu = (x: Tensor, key: string): Tensor =>
          ops.where(x.gt(0), x, x.mul(at(`${key}.weight`).view([1, 4, 1, 1])));
        const conv = (x: Tensor, key: string): Tensor => ops.conv2d(x, at(`${key}.weight`), null, 1, 1);

        const x = ops.randn([2, 3, 12, 10]);
        const expected: Record<string, Tensor> = {};
        const first = prelu(ops.conv2d(x, at('stem.0.weight'), at('stem.0.bias'), 1, 4), 'stem.1');
        expected.stem = first;
        let map = first;
        for (const i of [0, 1]) {
          const inner = prelu(norm(conv(map, `blocks.${i}.conv1`), `blocks.${i}.bn1`), `blocks.${i}.prelu`);
          map = map.add(norm(conv(inner, `blocks.${i}.conv2`), `blocks.${i}.bn2`));
          expected[`block${i + 1}`] = map;
        }
        expected.trunk = norm(conv(map, 'end.0'), 'end.1').add(first);

        expect(network.layers).toEqual(Object.keys(expected));
        for (const [layer, value] of Object.entries(expected)) {
          const error = network.maps(x, layer).sub(value).abs().max().item();
          expect(error / value.abs().max().item(), layer).toBeLessThan(1e-5);
        }
      }),
    );
  });

  it('keeps the resolution, and refuses zero blocks', () => {
    const network = new SRResNet(SMALL).eval();
    for (const shape of [
      [1, 3, 1, 1],
      [2, 3, 7, 30],
    ])
      expect(network.maps(ops.randn(shape)).shape).toEqual([shape[0], 4, shape[2], shape[3]]);
    expect(() => new SRResNet({ ...SMALL, blocks: 0 })).toThrow('a whole number of at least 1 for `blocks`');
  });
});
