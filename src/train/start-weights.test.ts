import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { createBackbone } from '../backbones/registry.js';
import type { ImageSpec } from '../data/index.js';
import { manualSeed, noGrad, ops, type Tensor } from '../engine/index.js';
import { writeSafetensors } from '../engine/safetensors.js';
import type { Encoder } from '../methods/method.js';
import { saveEncoder } from './encoder-file.js';
import { applyWeights, describeMatch, inOwnNames, matchWeights, readStartWeights } from './start-weights.js';

const folder = mkdtempSync(join(tmpdir(), 'autodidact-weights-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function make(seed: number, architecture = 'resnet18', inputChannels = 3) {
  manualSeed(seed);
  return createBackbone(architecture, {
    inputChannels,
    imageSize: 64,
    width: architecture.endsWith('resnet18') ? 4 : 16,
  });
}

const renamed = (weights: ReadonlyMap<string, Tensor>, change: (key: string) => string) =>
  new Map([...weights].map(([key, value]) => [change(key), value]));

const isSame = (a: ReadonlyMap<string, Tensor>, b: ReadonlyMap<string, Tensor>) =>
  [...a].every(([key, value]) => value.equal(b.get(key)!));

describe('weights to start from', () => {
  it.each(['', 'backbone.', 'module.encoder_q.', 'method.backbone.', 'model.backbone.', 'online.', 'a.b.c.'])(
    'fit with the prefix "%s", heads left out',
    (prefix) => {
      const [from, to] = [make(1), make(2)];
      const weights = renamed(from.stateDict(), (key) => prefix + key);
      weights.set(`${prefix}fc.weight`, ops.zeros([10, 32])).set(`${prefix}fc.bias`, ops.zeros([10]));
      expect(isSame(to.stateDict(), from.stateDict())).toBe(false);
      const match = matchWeights(to, weights);
      applyWeights(to, weights, match);
      expect(isSame(to.stateDict(), from.stateDict())).toBe(true);
      expect(describeMatch(match, 'x.safetensors')).toBe(
        `${match.pairs.size} tensors of the backbone start from x.safetensors${prefix && `, with the prefix "${prefix}"`}; 2 of the file are not used (${prefix}fc.weight, ${prefix}fc.bias)`,
      );
    },
  );

  it('of several networks are those under which most tensors fit, the trained network before its copies', () => {
    const [trained, copy, to] = [make(1), make(2), make(3)];
    const both = (first: string, second: string) =>
      new Map([
        ...renamed(copy.stateDict(), (key) => second + key),
        ...renamed(trained.stateDict(), (key) => first + key),
      ]);
    for (const [first, second] of [
      ['student.backbone.', 'teacher.backbone.'],
      ['online.', 'target.'],
      ['model.backbone.', 'model.backbone_momentum.'],
      ['', 'ema.'],
    ] as const) {
      const match = matchWeights(to, both(first, second));
      expect([match.prefix, match.others]).toEqual([first, [second]]);
      expect(describeMatch(match, 'x')).toContain(`"${second}" fits as well`);
    }
    const part = both('backbone.', 'teacher.net.');
    part.delete('backbone.conv1.weight');
    expect(matchWeights(to, part)).toMatchObject({ prefix: 'teacher.net.', others: [], missing: [] });
  });

  it('of another width are named behind any prefix', () => {
    const wide = createBackbone('resnet18', { inputChannels: 3, imageSize: 64, width: 8 });
    const weights = renamed(wide.stateDict(), (key) => `model.backbone.${key}`);
    expect(() => matchWeights(make(1), weights)).toThrow(
      /conv1\.weight is 8 x 3 x 3 x 3 in the file and 4 x 3 x 3 x 3 here.* Choose the same architecture and width/,
    );
  });

  it('fit in their order where every layer has another name', () => {
    const [from, to] = [make(1, 'alexnet'), make(2, 'alexnet')];
    let number = 0;
    const weights = renamed(from.stateDict(), (key) => `features.${number++}.${key.split('.').at(-1)}`);
    weights.set('classifier.1.weight', ops.zeros([7, 7]));
    applyWeights(to, weights, matchWeights(to, weights));
    const floats = (of: ReadonlyMap<string, Tensor>) => new Map([...of].filter(([key]) => !key.endsWith('tracked')));
    expect(isSame(floats(to.stateDict()), floats(from.stateDict()))).toBe(true);
  });

  it('may have another first layer, which stays as initialized', () => {
    const [from, to] = [make(1, 'resnet18', 1), make(2)];
    const match = matchWeights(to, from.stateDict());
    expect(match.missing).toEqual(['conv1.weight']);
    expect(match.misfits).toEqual([expect.stringMatching(/^conv1\.weight is 4 x 1 x .* in the file and 4 x 3 x /)]);
  });

  it('of a transformer for images of another size fit, their positions resampled', () => {
    const vit = (architecture: string, imageSize: number) =>
      createBackbone(architecture, { inputChannels: 3, imageSize, width: 16, patchSize: 8 });
    const from = vit('vit-micro', 64);
    for (const [architecture, start] of [
      ['vit-micro', ''],
      ['frames-vit-micro', 'inner.'],
    ] as const) {
      const to = vit(architecture, 32);
      const match = matchWeights(to, from.stateDict());
      expect([match.missing, match.misfits]).toEqual([[], []]);
      expect(describeMatch(match, 'x')).toContain(`${start}pos_embed is resampled from 8 x 8 to 4 x 4 patches`);
      applyWeights(to, from.stateDict(), match);
      const positions = to.stateDict().get(`${start}pos_embed`)!;
      expect(positions.narrow(1, 0, 1).equal(from.stateDict().get('pos_embed')!.narrow(1, 0, 1))).toBe(true);
      expect(positions.shape).toEqual([1, 17, 16]);
    }
  });

  it('of images fit a network that is applied to each frame of a clip', () => {
    const [from, to] = [make(1), make(2, 'frames-resnet18')];
    expect(matchWeights(to, to.stateDict()).missing).toEqual([]);
    const small = createBackbone('frames-resnet18', { inputChannels: 3, imageSize: 224, width: 4 });
    const match = matchWeights(small, from.stateDict());
    expect(match.missing).toEqual(['inner.conv1.weight']);
    expect(match.misfits).toEqual(['inner.conv1.weight is 4 x 3 x 3 x 3 in the file and 4 x 3 x 7 x 7 here']);
    applyWeights(to, from.stateDict(), matchWeights(to, from.stateDict()));
    expect(
      to.stateDict().get('inner.layer4.1.conv2.weight')!.equal(from.stateDict().get('layer4.1.conv2.weight')!),
    ).toBe(true);
  });

  it('of R3D-18 under the names of torchvision fit, its classifier left out', () => {
    const make3d = () => createBackbone('r3d18', { inputChannels: 3, imageSize: 112, width: 4 });
    const [from, to] = [make3d(), make3d()];
    const weights = new Map(from.stateDict()).set('fc.weight', ops.zeros([400, 32]));
    const match = matchWeights(to, weights);
    expect([match.missing, match.left]).toEqual([[], ['fc.weight']]);
    applyWeights(to, weights, match);
    expect(isSame(to.stateDict(), from.stateDict())).toBe(true);
  });

  it('of GPT-2 under the names of transformers fit, another vocabulary is named', () => {
    const file = fileURLToPath(new URL('../../tests/golden/text-models/gpt2.safetensors', import.meta.url));
    const weights = readStartWeights(file);
    const gpt = (vocabulary: number) =>
      createBackbone('gpt2-micro', { inputChannels: 1, imageSize: 9, length: 9, vocabulary, width: 16, blocks: 2 });
    const fitting = gpt(40);
    const match = matchWeights(fitting, inOwnNames(fitting, weights));
    expect([match.missing, match.left, match.misfits]).toEqual([[], [], []]);
    const other = matchWeights(gpt(32), inOwnNames(gpt(32), weights));
    expect(other.misfits).toEqual(['embeddings.tokens.weight is 40 x 16 in the file and 32 x 16 here']);
    const images = make(1);
    expect(inOwnNames(images, weights)).toBe(weights);
  });

  it('of another network are refused, with what was found and expected', () => {
    expect(() => matchWeights(make(1), make(2, 'alexnet').stateDict())).toThrow(
      /The weights do not fit resnet18: 0 of its \d+ tensors are in the file, which has conv1\.0\.weight, .* where conv1\.weight, .* are expected\. Choose the same architecture with --backbone, or give/,
    );
    expect(() => matchWeights(make(1), new Map())).toThrow(/0 of its/);
  });

  it('that are no numbers are refused by their name, where they are used', () => {
    const changed = (name: string, value: number) => {
      const weights = renamed(make(1).stateDict(), (key) => `model.${key}`);
      noGrad(() => weights.get(name)!.select(0, 1).fill_(value));
      return weights;
    };
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => matchWeights(make(2), changed('model.layer2.0.conv1.weight', value))).toThrow(
        'The tensor `model.layer2.0.conv1.weight` of the weights has numbers that are not finite. The training that wrote',
      );
    expect(() => matchWeights(make(2), changed('model.bn1.running_var', -1e-3))).toThrow(
      'The tensor `model.bn1.running_var` of the weights has variances below 0',
    );
    expect(matchWeights(make(2), changed('model.bn1.running_mean', -1)).missing).toEqual([]);
    const masked = changed('model.bn1.running_var', 0).set('model.mask', ops.full([2], Number.NEGATIVE_INFINITY));
    expect(matchWeights(make(2), masked).left).toEqual(['model.mask']);
  });

  it('that were changed since they were written are refused', () => {
    const path = join(folder, 'sealed.safetensors');
    const spec = { modality: 'image', channels: 3, height: 64, width: 64, mean: [], std: [] } as ImageSpec;
    saveEncoder(path, { backbone: make(1), spec, preparation: {} } as unknown as Encoder);
    expect(isSame(readStartWeights(path), make(1).stateDict())).toBe(true);
    const bytes = readFileSync(path);
    bytes[bytes.length - 3]! ^= 1;
    writeFileSync(path, bytes);
    expect(() => readStartWeights(path)).toThrow(/sealed\.safetensors is damaged/);
  });

  it('come from a safetensors file; anything else is refused with the way to convert it', () => {
    const path = join(folder, 'weights.safetensors');
    writeSafetensors(path, make(1).stateDict());
    expect([...readStartWeights(path).keys()]).toContain('layer1.0.conv1.weight');
    expect(() => readStartWeights(join(folder, 'none'))).toThrow(/There is no run and no file of weights at/);
    writeFileSync(join(folder, 'x.pt'), 'x');
    expect(() => readStartWeights(join(folder, 'x.pt'))).toThrow(/a run folder or a \.safetensors file .*save_file/);
    expect(() => readStartWeights(folder)).toThrow(/Expected a checkpoint, encoder\.safetensors or model\.safetensors/);
  });
});
