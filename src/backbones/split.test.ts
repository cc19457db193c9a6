import { describe, expect, it } from 'vitest';
import { manualSeed, noGrad, ops, scope } from '../engine/index.js';
import { backbones, createBackbone } from './registry.js';
import type { SplitBackbone } from './split.js';

const SMALL = { inputChannels: 3, imageSize: 32, width: 24, splitAt: 1 };

const names = Object.keys(backbones).filter((name) => backbones[name]!.reads === undefined);

it.each(['split-', 'patched-'])('%s is for networks of images', (prefix) => {
  const options = prefix === 'split-' ? SMALL : { inputChannels: 3, imageSize: 32, patches: { side: 16, stride: 16 } };
  for (const name of ['c3d', 'gpt2-micro', 'sound'])
    expect(() => createBackbone(`${prefix}${name}`, options as never)).toThrow(
      new RegExp(`a network of images to divide.*"${name}"`),
    );
});

describe.each(names)('split-%s', (name) => {
  it('can be rebuilt from its name and options, and is as wide as the whole network at every layer', () => {
    scope(() =>
      noGrad(() => {
        const split = createBackbone(`split-${name}`, SMALL);
        expect(split.architecture).toBe(`split-${name}`);
        const again = createBackbone(split.architecture, JSON.parse(JSON.stringify(split.options)));
        expect(again.options).toEqual(split.options);
        expect(again.loadStateDict(split.stateDict())).toEqual({ missing: [], unexpected: [] });
        const { splitAt: _, ...whole } = SMALL;
        const full = createBackbone(name, whole);
        const x = ops.randn([2, 3, 32, 32]);
        expect(split.layers).toEqual(full.layers);
        expect(split.eval().features(x).shape).toEqual(full.eval().features(x).shape);
        for (const layer of full.layers) expect(split.layerSize(layer)).toBe(full.layerSize(layer));
      }),
    );
  });
});

describe('SplitBackbone', () => {
  const make = (options: Partial<typeof SMALL> = {}): SplitBackbone =>
    createBackbone('split-alexnet', { ...SMALL, ...options }) as SplitBackbone;

  it('gives each half its channels, and concatenates maps and features', () => {
    scope(() =>
      noGrad(() => {
        const split = make({ inputChannels: 6, splitAt: 2 }).eval() as SplitBackbone;
        const x = ops.randn([2, 6, 32, 32]);
        const first = split.first.features(x.narrow(1, 0, 2));
        const second = split.second.features(x.narrow(1, 2, 4));
        expect(split.features(x).equal(ops.cat([first, second], 1))).toBeTruthy();
        expect(split.maps(x, 'conv2').narrow(1, 0, split.first.layerSize('conv2'))).toMatchObject({
          shape: split.first.maps(x.narrow(1, 0, 2), 'conv2').shape,
        });
      }),
    );
  });

  it('gives both halves all channels without splitAt', () => {
    const split = createBackbone('split-alexnet', { inputChannels: 3, imageSize: 32, width: 8 }) as SplitBackbone;
    expect([split.first.options.inputChannels, split.second.options.inputChannels]).toEqual([3, 3]);
  });

  it('divides odd and default widths', () => {
    expect([make({ width: 5 }).first.options.width, make({ width: 5 }).second.options.width]).toEqual([3, 2]);
    const { width: _, ...published } = SMALL;
    expect(createBackbone('split-alexnet', published).options.width).toBe(64);
    expect(createBackbone('split-caffenet', published).options.width).toBe(96);
  });

  it('starts with the same weights, whether the published width is left out or given', () => {
    const weights = (width?: number) => {
      manualSeed(3);
      return createBackbone('split-alexnet', { ...published, ...(width === undefined ? {} : { width }) }).stateDict();
    };
    const { width: _, ...published } = SMALL;
    const [open, given] = [weights(), weights(64)];
    for (const [key, value] of open) expect(value.equal(given.get(key)!), key).toBe(true);
  });

  it('refuses invalid splits in one sentence', () => {
    expect(() => make({ splitAt: 3 })).toThrow('Expected a whole number from 1 to 2 for `splitAt`, received 3');
    expect(() => make({ splitAt: 0 })).toThrow('`splitAt`');
    expect(() => make({ width: 1 })).toThrow('Expected a whole number of at least 2 for `width`, received 1');
    expect(() => createBackbone('split-split-alexnet', SMALL)).toThrow('received "split-alexnet"');
    expect(() => createBackbone('split-alexnit', SMALL)).toThrow('Did you mean `alexnet`?');
    expect(() => createBackbone('alexnet', SMALL)).toThrow('has no option `splitAt`');
  });
});
