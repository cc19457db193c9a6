/** The recurrent networks for text: of skip-thoughts, ELMo and CPC of text. */
import { describe, expect, it } from 'vitest';
import { manualSeed, noGrad, ops, scope, type Tensor, tensor } from '../engine/index.js';
import { LSTM } from '../engine/nn/index.js';
import type { BackboneOptions } from './backbone.js';
import { BiLm } from './bi-lm.js';
import { CharacterCnn } from './character-cnn.js';
import { CombinedGruText } from './combined-gru-text.js';
import { GruText, reversed } from './gru-text.js';
import { createBackbone } from './registry.js';
import { SentenceGru } from './sentence-gru.js';

const OPTIONS: BackboneOptions = { inputChannels: 1, imageSize: 12, length: 12, vocabulary: 30, width: 16 };
const rows = (values: readonly (readonly number[])[]): Tensor =>
  tensor(BigInt64Array.from(values.flat(), BigInt), { shape: [values.length, values[0]!.length] });
const TEXT = rows([
  [5, 6, 7, 8, 9, 10],
  [11, 12, 13, 14, -1, -1],
]);
const distance = (a: Tensor, b: Tensor): number => a.sub(b).abs().max().item();

describe.each(['gru-text', 'combined-gru-text', 'bi-lm'])('%s', (name) => {
  const make = (options: Partial<BackboneOptions> = {}) => createBackbone(name, { ...OPTIONS, ...options }).eval();

  it('makes a vector of each token and one of each text, at every layer', () => {
    scope(() =>
      noGrad(() => {
        const backbone = make();
        for (const layer of backbone.layers) {
          const size = backbone.layerSize(layer);
          expect(backbone.maps(TEXT, layer).shape).toEqual([2, size, 1, 6]);
          expect(backbone.features(TEXT, layer).shape).toEqual([2, size]);
        }
        expect(backbone.features(TEXT).shape).toEqual([2, backbone.featureSize]);
      }),
    );
  });

  it('sees nothing of the padding', () => {
    scope(() =>
      noGrad(() => {
        const backbone = make();
        const short = TEXT.narrow(0, 1, 1).narrow(1, 0, 4);
        expect(distance(backbone.features(TEXT).narrow(0, 1, 1), backbone.features(short))).toBeLessThan(1e-6);
      }),
    );
  });

  it('can be made again from its options', () => {
    const backbone = make({ width: 32 });
    const again = createBackbone(name, JSON.parse(JSON.stringify(backbone.options)));
    expect([...again.stateDict().keys()]).toEqual([...backbone.stateDict().keys()]);
    expect(again.parameterCount()).toBe(backbone.parameterCount());
  });
});

describe('the encoder of skip-thoughts', () => {
  it('reads from both ends with half of its units each', () => {
    scope(() =>
      noGrad(() => {
        manualSeed(1);
        const backbone = new GruText({ ...OPTIONS, bidirectional: true });
        const whole = backbone.features(TEXT);
        const changed = (place: number): Tensor => {
          const other = TEXT.clone();
          other.select(0, 0).select(0, place).fill_(20);
          return backbone.features(other).sub(whole).select(0, 0).abs();
        };
        expect([...changed(0).gt(0).toNumbers()]).toEqual(new Array(16).fill(1));
        // The forward half reads the last token last, the backward half first; both have seen it.
        expect(changed(5).gt(0).sum().item()).toBe(16);
        const states = backbone.read(TEXT);
        const first = TEXT.clone();
        first.select(0, 0).select(0, 0).fill_(20);
        const difference = backbone.read(first).sub(states).select(0, 0).abs().gt(0);
        // After the first token the backward states do not know it, the forward ones do.
        expect(difference.narrow(0, 1, 5).narrow(1, 8, 8).sum().item()).toBe(0);
        expect(difference.narrow(0, 1, 5).narrow(1, 0, 8).sum().item()).toBe(40);
      }),
    );
  });

  it('of combine-skip puts the vectors of two networks side by side, each of length 1', () => {
    scope(() =>
      noGrad(() => {
        manualSeed(1);
        const combined = new CombinedGruText(OPTIONS);
        const [uni, bi] = [false, true].map((bidirectional) => {
          const alone = new GruText({ ...OPTIONS, bidirectional });
          alone.loadStateDict((bidirectional ? combined.bi : combined.uni).stateDict());
          return alone.features(TEXT);
        });
        const features = combined.features(TEXT);
        expect(features.shape).toEqual([2, 32]);
        for (const [i, vectors] of [uni!, bi!].entries()) {
          const half = features.narrow(1, 16 * i, 16);
          const lengths = vectors.square().sum([1], true).sqrt();
          expect(distance(half, vectors.div(lengths))).toBeLessThan(1e-6);
          expect(Math.abs(lengths.sub(1).toNumbers()[0]!)).toBeGreaterThan(0.01);
          for (const length of half.square().sum([1]).toNumbers()) expect(length).toBeCloseTo(1, 5);
        }
        expect(combined.maps(TEXT).select(0, 0).select(2, 5).select(1, 0).square().sum([0]).item()).toBeCloseTo(2, 5);
      }),
    );
  });

  it('turns rows around up to their ends', () => {
    const x = ops.arange(0, 12, 1, { dtype: 'float32' }).view([2, 6, 1]);
    expect(reversed(x, rows([[6, 4]]).select(0, 0)).toNumbers()).toEqual([5, 4, 3, 2, 1, 0, 9, 8, 7, 6, 10, 11]);
  });
});

/** Which tokens the vector of the token at `place` depends on, in the half of one direction of a layer. */
function seen(backbone: BiLm, layer: number, half: 0 | 1, place: number): number[] {
  return noGrad(() => {
    const x = TEXT.narrow(0, 0, 1);
    const size = backbone.projection;
    const at = (ids: Tensor) =>
      backbone
        .read(ids)
        [layer]!.select(0, 0)
        .select(0, place)
        .narrow(0, half * size, size);
    const before = at(x);
    return Array.from({ length: 6 }, (_, t) => t).filter((t) => {
      const other = x.clone();
      other.select(0, 0).select(0, t).fill_(20);
      return distance(at(other), before) > 0;
    });
  });
}

describe('the language models of ELMo', () => {
  const make = () => new BiLm({ ...OPTIONS, width: 64 }).eval() as BiLm;

  it.each([1, 2])('see their own side only, at layer %i', (layer) => {
    scope(() => {
      const backbone = make();
      for (let place = 0; place < 6; place++) {
        expect(seen(backbone, layer, 0, place)).toEqual(Array.from({ length: place + 1 }, (_, t) => t));
        expect(seen(backbone, layer, 1, place)).toEqual(Array.from({ length: 6 - place }, (_, t) => place + t));
      }
    });
  });

  it('would see both sides if a layer read both directions of the one below: the control', () => {
    scope(() =>
      noGrad(() => {
        manualSeed(1);
        const stacked = new LSTM(4, 4, { layers: 2, bidirectional: true, batchFirst: true });
        const x = ops.randn([1, 6, 4]);
        const other = x.clone();
        other.select(1, 5).fill_(3);
        const forward = (input: Tensor) => stacked.forward(input).output.select(1, 0).narrow(1, 0, 4);
        expect(distance(forward(x), forward(other))).toBeGreaterThan(0);
      }),
    );
  });

  it('go on from the state of the stretch before', () => {
    scope(() =>
      noGrad(() => {
        const backbone = make();
        const x = TEXT.narrow(0, 0, 1);
        const whole = backbone.direction(x, 'forward').layers[2]!;
        const first = backbone.direction(x.narrow(1, 0, 3), 'forward');
        const second = backbone.direction(x.narrow(1, 3, 3), 'forward', first.states).layers[2]!;
        expect(distance(second, whole.narrow(1, 3, 3))).toBeLessThan(1e-6);
        const alone = backbone.direction(x.narrow(1, 3, 3), 'forward').layers[2]!;
        expect(distance(alone, second)).toBeGreaterThan(1e-4);
      }),
    );
  });

  it('have the vector of a token twice as the first layer, and their mean as the mixture', () => {
    scope(() =>
      noGrad(() => {
        const backbone = make();
        const [tokens, one, two, mixture] = backbone.read(TEXT) as [Tensor, Tensor, Tensor, Tensor];
        const [left, right] = tokens.chunk(2, 2) as [Tensor, Tensor];
        expect(left.equal(right)).toBe(true);
        expect(distance(mixture, tokens.add(one).add(two).div(3))).toBeLessThan(1e-6);
      }),
    );
  });
});

describe('vectors from characters', () => {
  it('are the same for the same spelling, and others for others', () => {
    scope(() =>
      noGrad(() => {
        manualSeed(1);
        const network = new CharacterCnn(5, 10, 6, 0.02);
        network.spell(['cat', 'cats', 'cat', 'averyverylongword', 'averyverylonger']);
        const x = network.forward(
          rows([
            [0, 1, 2],
            [3, 4, 4],
          ]),
        );
        expect(x.shape).toEqual([2, 3, 6]);
        const [cat, cats, again] = x.select(0, 0).unbind(0) as [Tensor, Tensor, Tensor];
        expect(distance(cat, again)).toBeLessThan(1e-6);
        expect(distance(cat, cats)).toBeGreaterThan(1e-5);
        // Cut to eight bytes both are `averyver`.
        expect(distance(x.select(0, 1).select(0, 0), x.select(0, 1).select(0, 1))).toBeLessThan(1e-6);
      }),
    );
  });

  it('are read by the language models on demand', () => {
    const backbone = createBackbone('bi-lm', { ...OPTIONS, width: 64, characters: 10 }) as BiLm;
    expect(backbone.tokens).toBeInstanceOf(CharacterCnn);
    expect([...backbone.stateDict().keys()]).toContain('tokens.spelling');
    expect(() => createBackbone('bi-lm', { ...OPTIONS, characters: 3 })).toThrow('at least 7 characters');
  });
});

describe('the encoder of CPC of text', () => {
  const sentences = tensor(
    BigInt64Array.from([5, 6, -1, 7, 8, 9, 10, -1, -1, 11, 12, 13, -1, -1, -1, -1, -1, -1], BigInt),
    {
      shape: [2, 3, 3],
    },
  );
  const make = () => new SentenceGru({ ...OPTIONS, embeddingSize: 6 });

  it('makes contexts that know nothing of later sentences', () => {
    scope(() =>
      noGrad(() => {
        const backbone = make();
        const other = sentences.clone();
        other.select(0, 0).select(0, 2).select(0, 0).fill_(20);
        const difference = backbone.read(other).sub(backbone.read(sentences)).abs().sum([2]).gt(0).toNumbers();
        expect(difference).toEqual([0, 0, 1, 0, 0, 0]);
      }),
    );
  });

  it('sees nothing of the padding', () => {
    scope(() =>
      noGrad(() => {
        const backbone = make();
        for (const layer of backbone.layers) {
          const alone = sentences.narrow(0, 1, 1).narrow(1, 0, 1);
          const inBatch = backbone.features(sentences, layer).narrow(0, 1, 1);
          expect(distance(backbone.features(alone, layer), inBatch)).toBeLessThan(1e-6);
        }
        const z = backbone.sentences(sentences);
        expect(z.select(0, 1).narrow(0, 1, 2).abs().sum().item()).toBe(0);
        const cut = sentences.narrow(0, 0, 1).narrow(1, 0, 1).narrow(2, 0, 2);
        expect(distance(backbone.sentences(cut), z.narrow(0, 0, 1).narrow(1, 0, 1))).toBeLessThan(1e-6);
      }),
    );
  });

  it('refuses anything but sentences of ids', () => {
    expect(() => make().maps(TEXT)).toThrow('int64 (N, S, L)');
    expect(() => new GruText(OPTIONS).maps(sentences)).toThrow('int64 (N, T)');
  });
});
