import { cpSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../tests/data-files.js';
import type { BackboneOptions } from '../backbones/backbone.js';
import { createBackbone } from '../backbones/registry.js';
import type { VisionTransformer } from '../backbones/vit.js';
import { Generator, manualSeed, noGrad, ops, scope, type Tensor } from '../engine/index.js';
import { writeSafetensors } from '../engine/safetensors.js';
import { standardizedBy } from '../methods/encoders.js';
import { imageSpec } from '../methods/make.test-util.js';
import type { Encoder } from '../methods/method.js';
import { findMethod, parseMethodOptions } from '../methods/registry.js';
import { buildEncoder } from './build.js';
import { saveEncoder } from './encoder-file.js';
import { loadEncoder } from './load-encoder.js';
import { readStartWeights } from './start-weights.js';

const at = temporaryFolder();
const device = 'cpu';

function network(architecture: string, options: Partial<BackboneOptions> = {}, seed = 1) {
  manualSeed(seed);
  return createBackbone(architecture, { inputChannels: 3, imageSize: 32, ...options });
}

function encoderOf(architecture: string, options: Partial<BackboneOptions>): Encoder {
  const spec = imageSpec(32);
  return standardizedBy(network(architecture, options), spec, { mean: [0.3, 0.4, 0.5], std: [0.2, 0.2, 0.3] });
}

const pixels: Tensor = ops.randint(0, 256, [2, 3, 32, 32], { dtype: 'uint8', generator: new Generator(1) });

const featuresOf = (encoder: Encoder, samples: Tensor = pixels) => {
  encoder.backbone.eval();
  return scope(() => noGrad(() => encoder.backbone.features(encoder.prepare(samples as never)).toNumbers()));
};

/** The weights of a file of another program. */
function foreign(path: string, weights: ReadonlyMap<string, Tensor>, config?: object, processor?: object): string {
  mkdirSync(dirname(at(path)), { recursive: true });
  writeSafetensors(at(path), weights, { format: 'pt' });
  const beside = (name: string) => at(path.replace(/[^/]*$/, name));
  if (config !== undefined) writeFileSync(beside('config.json'), JSON.stringify(config));
  if (processor !== undefined) writeFileSync(beside('preprocessor_config.json'), JSON.stringify(processor));
  return at(path);
}

describe('an encoder of ours', () => {
  it('comes back with its preparation, alone and in a folder', () => {
    const encoder = encoderOf('resnet18', { width: 4 });
    mkdirSync(at('own'));
    saveEncoder(at('own', 'model.safetensors'), encoder);
    for (const path of [at('own'), at('own', 'model.safetensors')]) {
      const { encoder: loaded, notes } = loadEncoder(path, { device });
      expect(featuresOf(loaded)).toEqual(featuresOf(encoder));
      expect(loaded.spec).toEqual(encoder.spec);
      expect(notes[0]).toMatch(/^120 tensors of the backbone are from .*model\.safetensors$/);
    }
  });

  it('is made again by its method where its preparation is more than two numbers', () => {
    const definition = findMethod('colorization');
    const options = parseMethodOptions(definition, {}, true);
    const samples = imageSpec(32);
    const training = { backbone: 'alexnet', width: 4 };
    const encoder = buildEncoder(definition, options, training, samples, { seed: 4, device });
    saveEncoder(at('lightness.safetensors'), encoder, { method: 'colorization', options, ...training, samples });
    const loaded = loadEncoder(at('lightness.safetensors'), { device });
    expect(featuresOf(loaded.encoder)).toEqual(featuresOf(encoder));
    expect(featuresOf(loaded.makeFresh(4))).toEqual(featuresOf(encoder));
    saveEncoder(at('words.safetensors'), encoder);
    expect(() => loadEncoder(at('words.safetensors'), { device })).toThrow('in words: The lightness L');
    // Numbers beside the words are not the whole of it.
    const numbered = { ...encoder, preparation: { ...encoder.preparation, mean: [0.5, 0.5, 0.5], std: [1, 1, 1] } };
    saveEncoder(at('both.safetensors'), numbered as Encoder);
    expect(() => loadEncoder(at('both.safetensors'), { device })).toThrow('in words: The lightness L');
  });

  it('opens data in the form that it was trained on', async () => {
    saveEncoder(at('opens.safetensors'), encoderOf('resnet18', { width: 4 }));
    const loaded = loadEncoder(at('opens.safetensors'), { device });
    const data = await loaded.open({ spec: 'synthetic:objects?count=8&test=0&size=20', cacheFolder: at('cache') });
    expect(data.collate([0])).toMatchObject({ shape: [1, 3, 32, 32] });
  });

  it('is refused when it is damaged or another one', () => {
    saveEncoder(at('whole.safetensors'), encoderOf('resnet18', { width: 4 }));
    cpSync(at('whole.safetensors'), at('cut.safetensors'));
    truncateSync(at('cut.safetensors'), 5000);
    expect(() => loadEncoder(at('cut.safetensors'), { device })).toThrow(
      expect.objectContaining({ code: 'CHECKPOINT' }),
    );
    expect(() => loadEncoder(at('whole.safetensors'), { device, imageSize: 64 })).toThrow('says its own imageSize');
    expect(() => loadEncoder(at('whole.safetensors'), { device, mean: [0] })).toThrow('says its own mean');
    expect(() => loadEncoder(at('nowhere'), { device })).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
    mkdirSync(at('empty'));
    expect(() => loadEncoder(at('empty'), { device })).toThrow('model.safetensors in');
    writeFileSync(at('weights.pt'), 'x');
    expect(() => loadEncoder(at('weights.pt'), { device })).toThrow('safetensors.torch.save_file');
  });
});

describe('weights of other programs', () => {
  it('of torchvision are known by their names and shapes', () => {
    for (const [architecture, rest] of [
      ['resnet18', { stem: 'imagenet' }],
      ['vgg16', { stem: 'imagenet' }],
      ['vit-tiny', { patchSize: 16 }],
    ] as const) {
      const own = network(architecture, rest);
      const weights = new Map([...own.stateDict(), ['head.weight', ops.zeros([3, 3])]]);
      const path = foreign(`${architecture}.safetensors`, weights);
      const { encoder, notes } = loadEncoder(path, { device, imageSize: 32 });
      expect(encoder.backbone.architecture).toBe(architecture);
      expect(encoder.preparation.mean).toEqual([0.485, 0.456, 0.406]);
      const x = ops.rand([1, 3, 32, 32], { generator: new Generator(1) });
      expect(encoder.backbone.features(x).toNumbers()).toEqual(own.eval().features(x).toNumbers());
      expect(notes[0]).toContain('1 of the file are not used (head.weight)');
    }
  });

  it('of timm say in their folder what they are', () => {
    const own = network('vit-tiny', { patchSize: 8, pooling: 'average' });
    const path = foreign('timm/model.safetensors', own.stateDict(), {
      ...{ architecture: 'vit_tiny_patch8_224', num_classes: 0, global_pool: 'avg' },
      pretrained_cfg: { input_size: [3, 32, 32], mean: [0.5, 0.5, 0.5], std: [0.1, 0.2, 0.3] },
    });
    const { encoder } = loadEncoder(dirname(path), { device });
    expect(encoder.backbone.options).toEqual(own.options);
    expect(encoder.preparation).toEqual({ mean: [0.5, 0.5, 0.5], std: [0.1, 0.2, 0.3] });
    expect(encoder.spec).toMatchObject({ height: 32, width: 32, channels: 3 });
  });

  it('of DINOv2 and timm have their LayerScale in the layers before', () => {
    const own = network('vit-tiny', { patchSize: 16 }) as VisionTransformer;
    const random = new Generator(3);
    const weights = new Map(own.stateDict());
    for (const [i, { attn, mlp }] of own.blocks.entries())
      for (const [name, layer] of [
        ['ls1', attn.proj],
        ['ls2', mlp.fc2],
      ] as const) {
        noGrad(() => layer.bias!.copy_(ops.rand(layer.bias!.shape, { generator: random })));
        const gamma = ops.rand([192], { generator: random }).add(0.5);
        weights.set(`blocks.${i}.${name}.gamma`, gamma);
        const { forward } = layer;
        layer.forward = (x: Tensor) => forward.call(layer, x).mul(gamma);
      }
    const path = foreign('layer-scale.safetensors', weights);
    const { encoder, notes } = loadEncoder(path, { device, imageSize: 32 });
    const x = ops.rand([1, 3, 32, 32], { generator: random });
    const [found, wanted] = [encoder.backbone, own.eval()].map((backbone) => backbone.features(x));
    expect(found!.sub(wanted!).abs().max().item()).toBeLessThan(1e-4);
    expect(notes[0]).not.toContain('not used');
    const started = readStartWeights(path);
    expect(
      started.get('blocks.3.mlp.fc2.bias')!.equal(encoder.backbone.stateDict().get('blocks.3.mlp.fc2.bias')!),
    ).toBe(true);
  });

  it.each([
    ['vit-tiny', 'blocks.0.attn.q_norm.weight'],
    ['vit-tiny', 'blocks.0.ls3.gamma'],
    ['vit-tiny', 'patch_embed.norm.weight'],
    ['vit-tiny', 'norm_pre.weight'],
    ['vit-tiny', 'fc_norm.bias'],
    ['vit-tiny', 'reg_token'],
    ['resnet18', 'layer1.0.se.conv_reduce.weight'],
  ])('of a network that is no plain %s are refused for %s', (architecture, part) => {
    const plain = network(architecture, architecture === 'resnet18' ? { stem: 'imagenet' } : { patchSize: 16 });
    for (const prefix of ['', 'module.']) {
      const all = [...plain.stateDict(), [part, ops.zeros([192])], ['head.fc.weight', ops.zeros([3, 3])]] as const;
      const path = foreign('parts.safetensors', new Map(all.map(([key, value]) => [prefix + key, value])));
      expect(() => loadEncoder(path, { device, imageSize: 32 })).toThrow(
        expect.objectContaining({
          code: 'DATA',
          message: expect.stringContaining(`has parts that ${architecture} does not have: ${prefix}${part}.`),
        }),
      );
    }
  });

  it.each([
    ['parts of blocks', 'vit-tiny', (key: string) => /^blocks\.(6|7)\.(norm1|attn)/.test(key), 'blocks.6.norm1.weight'],
    ['the statistics of norms', 'resnet18', (key: string) => key.includes('running_'), 'bn1.running_mean'],
    ['one bias', 'vit-tiny', (key: string) => key === 'blocks.3.mlp.fc1.bias', 'blocks.3.mlp.fc1.bias'],
  ])('that lack %s are refused', (_, architecture, isLacking, first) => {
    const own = network(architecture, architecture === 'resnet18' ? { stem: 'imagenet' } : { patchSize: 16 });
    const weights = new Map([...own.stateDict()].filter(([key]) => !isLacking(key)));
    const path = foreign('part.safetensors', weights);
    expect(() => loadEncoder(path, { device, imageSize: 32, backbone: architecture })).toThrow(
      expect.objectContaining({
        code: 'DATA',
        message: expect.stringMatching(
          new RegExp(`lacks \\d+ tensors? of ${architecture}: ${first.replaceAll('.', '\\.')}`),
        ),
      }),
    );
  });

  it('of a transformer of another depth are none of ours', () => {
    const own = network('vit-tiny', { patchSize: 16 }).stateDict();
    const weights = new Map([...own].filter(([key]) => !/^blocks\.(6|7|8|9|10|11)\./.test(key)));
    const path = foreign('shallow.safetensors', weights);
    expect(() => loadEncoder(path, { device, imageSize: 32 })).toThrow('does not say which network');
    const micro = foreign('micro.safetensors', network('vit-micro', { patchSize: 16 }).stateDict());
    expect(loadEncoder(micro, { device }).encoder.backbone.architecture).toBe('vit-micro');
  });

  it('of a transformer for images of another size have their positions resampled, as for images of that size', () => {
    const own = network('vit-tiny', { patchSize: 8, imageSize: 64 });
    const path = foreign('large.safetensors', own.stateDict());
    expect(loadEncoder(path, { device }).encoder.spec).toMatchObject({ height: 64, width: 64 });
    const { encoder, notes } = loadEncoder(path, { device, imageSize: 32 });
    const x = ops.rand([1, 3, 32, 32], { generator: new Generator(1) });
    expect(encoder.backbone.features(x).toNumbers()).toEqual(own.eval().features(x).toNumbers());
    expect(notes[0]).toContain('; pos_embed is resampled from 8 x 8 to 4 x 4 patches');
    expect(notes[0]).not.toContain('as initialized');
  });

  it("of timm's transformers whose class token has no position take it as 0", () => {
    const own = network('vit-tiny', { patchSize: 8 }) as VisionTransformer;
    const weights = new Map(own.stateDict()).set('pos_embed', own.pos_embed.narrow(1, 1, 16).clone());
    const path = foreign('no-class.safetensors', weights);
    noGrad(() => own.pos_embed.narrow(1, 0, 1).zero_());
    const { encoder, notes } = loadEncoder(path, { device });
    expect(encoder.spec).toMatchObject({ height: 32, width: 32 });
    const x = ops.rand([1, 3, 32, 32], { generator: new Generator(1) });
    expect(encoder.backbone.features(x).toNumbers()).toEqual(own.eval().features(x).toNumbers());
    expect(notes[0]).toContain('; pos_embed is 0 for the class token');
    const odd = new Map(own.stateDict()).set('pos_embed', ops.zeros([1, 18, 192]));
    expect(() => loadEncoder(foreign('odd.safetensors', odd), { device, imageSize: 32 })).toThrow(
      /lacks 1 tensor of vit-tiny: pos_embed; pos_embed is 1 x 18 x 192 in the file and 1 x 17 x 192 here/,
    );
  });

  it("of timm's ResNets with deep stems are refused in a sentence, named or not", () => {
    const weights = new Map<string, Tensor>();
    for (const [key, value] of network('resnet50', { stem: 'imagenet', width: 4 }).stateDict())
      if (key !== 'conv1.weight') weights.set(key, value);
    for (const i of [0, 3, 6]) weights.set(`conv1.${i}.weight`, ops.zeros([4, 3, 3, 3]));
    const path = foreign('deep.safetensors', weights);
    expect(() => loadEncoder(path, { device })).toThrow('does not say which network');
    expect(() => loadEncoder(path, { device, backbone: 'resnet18' })).toThrow(/resnet18/);
    expect(() => loadEncoder(path, { device, backbone: 'resnet50' })).toThrow(/resnet50/);
  });

  it.each(['vit', '', 'model.vit', 'model'])(
    'of transformers find their places under other names, behind "%s"',
    (front) => {
      const under = (key: string) => (front === '' ? key : `${front}.${key}`);
      const own = network('vit-tiny', { patchSize: 16 });
      // Norms begin alike: only other weights tell which is which.
      const random = new Generator(2);
      for (const [key, value] of own.stateDict())
        if (key.includes('norm')) noGrad(() => value.add_(ops.rand(value.shape, { generator: random })));
      const weights = new Map<string, Tensor>();
      for (const [key, value] of own.stateDict()) {
        const block = /^blocks\.(\d+)\.(.*)\.(weight|bias)$/.exec(key);
        if (block === null) {
          const outside: Record<string, string> = {
            cls_token: 'embeddings.cls_token',
            pos_embed: 'embeddings.position_embeddings',
            'patch_embed.proj.weight': 'embeddings.patch_embeddings.projection.weight',
            'patch_embed.proj.bias': 'embeddings.patch_embeddings.projection.bias',
            'norm.weight': 'layernorm.weight',
            'norm.bias': 'layernorm.bias',
          };
          weights.set(under(outside[key]!), value);
          continue;
        }
        const [, number, part, kind] = block;
        const start = under(`encoder.layer.${number}`);
        if (part === 'attn.qkv')
          for (const [i, third] of value.chunk(3, 0).entries())
            weights.set(`${start}.attention.attention.${['query', 'key', 'value'][i]}.${kind}`, third.contiguous());
        else {
          const inside: Record<string, string> = {
            'attn.proj': 'attention.output.dense',
            norm1: 'layernorm_before',
            norm2: 'layernorm_after',
            'mlp.fc1': 'intermediate.dense',
            'mlp.fc2': 'output.dense',
          };
          weights.set(`${start}.${inside[part!]}.${kind}`, value);
        }
      }
      const config = { model_type: 'vit', hidden_size: 192, image_size: 32, patch_size: 16, num_channels: 3 };
      const processor = { image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5] };
      const path = foreign(`hf${front}/model.safetensors`, weights, config, processor);
      const { encoder } = loadEncoder(dirname(path), { device });
      const x = ops.rand([1, 3, 32, 32], { generator: new Generator(1) });
      expect(encoder.backbone.features(x).toNumbers()).toEqual(own.eval().features(x).toNumbers());
      expect(encoder.preparation.mean).toEqual([0.5, 0.5, 0.5]);
    },
  );

  it('of no network that is known are refused, and of another than the one that is named', () => {
    const odd = foreign('odd.safetensors', new Map([['a.weight', ops.zeros([2, 2])]]));
    expect(() => loadEncoder(odd, { device })).toThrow('does not say which network');
    expect(() => loadEncoder(odd, { device, backbone: 'resnet18', imageSize: 32 })).toThrow('do not fit resnet18');
    expect(() => loadEncoder(odd, { device, backbone: 'resnet1' })).toThrow('resnet18');
    const narrow = foreign('narrow.safetensors', network('resnet18', { width: 8, stem: 'imagenet' }).stateDict());
    expect(() => loadEncoder(narrow, { device, imageSize: 32 })).toThrow('do not fit resnet18');
  });
});
