import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Tokenizer } from '@huggingface/tokenizers';
import { describe, expect, it, vi } from 'vitest';
import { temporaryFolder } from '../../tests/data-files.js';
import type { BackboneOptions } from '../backbones/backbone.js';
import { createBackbone } from '../backbones/registry.js';
import { memoryTexts } from '../data/text/tokens.test-util.js';
import { Generator, manualSeed, noGrad, ops, scope, type Tensor } from '../engine/index.js';
import { standardizedBy } from '../methods/encoders.js';
import { imageSpec } from '../methods/make.test-util.js';
import type { Encoder } from '../methods/method.js';
import { findMethod, parseMethodOptions } from '../methods/registry.js';
import { buildEncoder } from '../train/build.js';
import { loadEncoder } from '../train/load-encoder.js';
import { exportEncoder } from './export-encoder.js';
import { loadersOf, timmNetwork } from './loaders.js';
import { OnnxModel, relativeDifference } from './onnx/check.js';

const at = temporaryFolder();

function encoderOf(architecture = 'resnet18', options: Partial<BackboneOptions> = {}): Encoder {
  const { inputChannels = 3, imageSize = 16 } = options;
  manualSeed(2);
  const backbone = createBackbone(architecture, { inputChannels, imageSize, width: 4, ...options });
  const spec = imageSpec(imageSize, inputChannels);
  return standardizedBy(backbone, spec, { mean: spec.mean.map((_, i) => 0.25 + i / 4), std: spec.std });
}

const json = (...path: string[]) => JSON.parse(readFileSync(at(...path), 'utf8'));

describe('a folder', () => {
  it('holds weights, configuration, preparation and a model that agree', async () => {
    const encoder = encoderOf();
    const exported = await exportEncoder(encoder, 'folder', at('one'));
    expect(readdirSync(at('one')).sort()).toEqual([
      'config.json',
      'model.safetensors',
      'onnx',
      'preprocessor_config.json',
    ]);
    expect(exported).toMatchObject({
      kind: 'folder',
      features: 32,
      inputs: [{ name: 'pixel_values', dtype: 'float32', shape: [3, 16, 16] }],
      outputs: ['image_embeds'],
    });
    expect(exported.difference).toBeLessThan(1e-5);
    expect(json('one', 'preprocessor_config.json')).toMatchObject({
      image_mean: [0.25, 0.5, 0.75],
      image_std: [0.25, 0.25, 0.25],
      do_normalize: true,
      crop_size: { height: 16, width: 16 },
    });
    expect(json('one', 'config.json')).toMatchObject({
      architecture: 'resnet18',
      num_features: 32,
      autodidact: { architecture: 'resnet18', onnx: { input: 'pixel_values', output: 'image_embeds' } },
    });
    // The model takes pixels that are standardized already.
    const pixels: Tensor = ops.randint(0, 256, [3, 3, 16, 16], { dtype: 'uint8', generator: new Generator(1) });
    const prepared = encoder.prepare(pixels as never);
    const wanted = scope(() => noGrad(() => encoder.backbone.features(prepared).toTypedArray())) as Float32Array;
    const model = await OnnxModel.load(readFileSync(at('one', 'onnx', 'model.onnx')), 'the model');
    const given = await model.run(prepared.toTypedArray() as Float32Array, prepared.shape);
    await model.release();
    expect(relativeDifference(given.values, wanted)).toBeLessThan(1e-5);
  });

  it('of gray pictures takes RGB, as image processors make it', async () => {
    const encoder = encoderOf('resnet18', { inputChannels: 1 });
    const { inputs } = await exportEncoder(encoder, 'folder', at('gray'));
    expect(inputs![0]!.shape).toEqual([3, 16, 16]);
    expect(json('gray', 'preprocessor_config.json').image_mean).toEqual([0.25, 0.25, 0.25]);
    const gray = ops.rand([2, 1, 16, 16], { generator: new Generator(1) });
    const wanted = scope(() => noGrad(() => encoder.backbone.features(gray).toTypedArray())) as Float32Array;
    const model = await OnnxModel.load(readFileSync(at('gray', 'onnx', 'model.onnx')), 'the model');
    const three = gray.expand([2, 3, 16, 16]).contiguous();
    const given = await model.run(three.toTypedArray() as Float32Array, three.shape);
    await model.release();
    expect(relativeDifference(given.values, wanted)).toBeLessThan(1e-5);
  });

  it('prepares by itself what a mean and a deviation do not say', async () => {
    for (const [method, backbone] of [
      ['colorization', 'alexnet'],
      ['jigsaw', 'resnet18'],
      ['deep-cluster', 'resnet18'],
      ['cpc', 'resnet18'],
      ['cpc-sound', 'sound'],
    ] as const) {
      const definition = findMethod(method);
      const spec = method === 'cpc-sound' ? { modality: 'sound', rate: 8000, length: 480 } : imageSpec(32, 3);
      const options = parseMethodOptions(definition, {}, true);
      const encoder = buildEncoder(definition, options, { backbone, width: 4 }, spec, { seed: 1, device: 'cpu' });
      const exported = await exportEncoder(encoder, 'onnx', at(`${method}.onnx`));
      const model = await OnnxModel.load(readFileSync(at(`${method}.onnx`)), method);
      const random = new Generator(3);
      const raw: Tensor =
        method === 'cpc-sound'
          ? ops.randint(-32768, 32768, [2, 480], { dtype: 'int16', generator: random })
          : ops.randint(0, 256, [2, 3, 32, 32], { dtype: 'uint8', generator: random });
      const scaled = raw.to('float32').div(method === 'cpc-sound' ? 32768 : 255);
      const wanted = scope(() => noGrad(() => encoder.backbone.features(encoder.prepare(raw as never)).toTypedArray()));
      const given = await model.run(scaled.toTypedArray() as Float32Array, scaled.shape);
      await model.release();
      expect(exported.inputs![0]!.shape, method).toEqual(raw.shape.slice(1));
      expect(relativeDifference(given.values, wanted as Float32Array), method).toBeLessThan(1e-5);
    }
  });

  it('of clips takes their frames, and of other channels none that an image processor makes', async () => {
    const backbone = createBackbone('r3d18', { inputChannels: 1, imageSize: 16, width: 4 });
    const spec = { modality: 'clip', frames: 4, fps: 5, channels: 1, height: 16, width: 16, mean: [0.25], std: [0.5] };
    const clips = standardizedBy(backbone, spec, { mean: [0.25], std: [0.5] });
    expect((await exportEncoder(clips, 'folder', at('clips'))).inputs![0]!.shape).toEqual([4, 3, 16, 16]);
    const gray = ops.rand([2, 4, 1, 16, 16], { generator: new Generator(1) });
    const wanted = scope(() => noGrad(() => backbone.features(gray).toTypedArray())) as Float32Array;
    const model = await OnnxModel.load(readFileSync(at('clips', 'onnx', 'model.onnx')), 'the model');
    const three = gray.expand([2, 4, 3, 16, 16]).contiguous();
    const given = await model.run(three.toTypedArray() as Float32Array, three.shape);
    await model.release();
    expect(relativeDifference(given.values, wanted)).toBeLessThan(1e-5);

    const six = await exportEncoder(encoderOf('resnet18', { inputChannels: 6 }), 'folder', at('six'));
    expect(six.inputs![0]!.shape).toEqual([6, 16, 16]);
    expect(existsSync(at('six', 'preprocessor_config.json'))).toBe(false);
  });

  it('takes the place of an earlier export alone', async () => {
    await exportEncoder(encoderOf(), 'folder', at('again'));
    writeFileSync(at('again', 'left-behind'), '');
    await exportEncoder(encoderOf('nin'), 'folder', at('again'));
    expect(json('again', 'config.json').autodidact.architecture).toBe('nin');
    expect(existsSync(at('again', 'left-behind'))).toBe(false);
    mkdirSync(at('letters'));
    writeFileSync(at('letters', 'config.json'), '{"mine": 1}');
    await expect(exportEncoder(encoderOf(), 'folder', at('letters'))).rejects.toThrow(
      'files that are not of an export',
    );
    expect(readdirSync(at('letters'))).toEqual(['config.json']);
  });

  it('leaves nothing behind when it cannot be written or the network cannot be exported', async () => {
    writeFileSync(at('file'), 'x');
    await expect(exportEncoder(encoderOf(), 'folder', at('file'))).rejects.toMatchObject({ code: 'IO' });
    await expect(exportEncoder(encoderOf(), 'folder', at('file', 'below'))).rejects.toMatchObject({ code: 'IO' });
    const broken = encoderOf();
    noGrad(() => void broken.backbone.stateDict().get('conv1.weight')!.fill_(Number.NaN));
    await expect(exportEncoder(broken, 'folder', at('nan'))).rejects.toMatchObject({ code: 'CHECKPOINT' });
    const episode = { ...encoderOf(), spec: { modality: 'episode' } };
    await expect(exportEncoder(episode, 'folder', at('episode'))).rejects.toThrow('no input that ONNX can say');
    for (const name of ['nan', 'episode']) expect(existsSync(at(name))).toBe(false);
    expect(readdirSync(at('.')).filter((name) => /partial|before/.test(name))).toEqual([]);
  });

  it('needs ONNX Runtime for a model, and says so before anything is written; weights alone need none', async () => {
    vi.doMock('onnxruntime-web', () => {
      throw new Error('Cannot find package');
    });
    try {
      await expect(exportEncoder(encoderOf(), 'folder', at('bare-folder'))).rejects.toThrow(
        'by the package onnxruntime-web, which cannot be loaded. Install it with `npm install onnxruntime-web`',
      );
      expect(existsSync(at('bare-folder'))).toBe(false);
      expect((await exportEncoder(encoderOf(), 'safetensors', at('bare.safetensors'))).difference).toBeNull();
    } finally {
      vi.doUnmock('onnxruntime-web');
    }
  });

  it('names files by what they hold', async () => {
    await expect(exportEncoder(encoderOf(), 'onnx', at('x.safetensors'))).rejects.toThrow('ends in .onnx');
    await expect(exportEncoder(encoderOf(), 'safetensors', at('x.onnx'))).rejects.toThrow('ends in .safetensors');
    await expect(exportEncoder(encoderOf(), 'pickle' as never, at('x'))).rejects.toThrow('folder, onnx, safetensors');
    const { bytes, difference } = await exportEncoder(encoderOf(), 'safetensors', at('x.safetensors'));
    expect([bytes > 1000, difference]).toEqual([true, null]);
  });

  it('names the loaders that take what was written', async () => {
    const published = () => encoderOf('resnet18', { stem: 'imagenet', width: 64, imageSize: 32 });
    const told = async (kind: 'folder' | 'onnx' | 'safetensors', file: string) =>
      (await exportEncoder(published(), kind, at(file))).loaders.map(({ library, code }) => [
        library,
        code.includes(at(file)),
      ]);
    const weights = [
      ['torchvision', true],
      ['this library', true],
    ];
    expect(await told('folder', 'loaded')).toEqual([['timm', true], ...weights]);
    // timm reads the configuration of a folder.
    expect(await told('safetensors', 'loaded.safetensors')).toEqual(weights);
    expect(await told('onnx', 'loaded.onnx')).toEqual([]);
  });
});

describe('an encoder of text', () => {
  const texts = memoryTexts(
    [['The first text is short.'], ['The second one is longer than that, and has a comma.'], ['[MASK] is a word here']],
    { kind: 'wordpiece', length: 12, form: 'sentences', room: 2 },
  );
  const { spec, assets } = texts;
  const madeBy = (method: string, backbone: string) => {
    const definition = findMethod(method);
    const options = parseMethodOptions(definition, {}, true);
    const training = { backbone, width: 16 };
    const encoder = buildEncoder(definition, options, training, spec, { seed: 1, device: 'cpu', assets });
    return {
      encoder,
      origin: { method, options: options as object as Record<string, unknown>, ...training, samples: spec, assets },
    };
  };

  it('leaves with its tokenizer, which puts the marks of the method around a text', async () => {
    const { encoder, origin } = madeBy('simcse', 'bert-micro');
    const exported = await exportEncoder(encoder, 'folder', at('text'), origin);
    expect(readdirSync(at('text')).sort()).toEqual([
      ...['config.json', 'model.safetensors', 'onnx', 'tokenizer.json', 'tokenizer_config.json'],
    ]);
    expect(exported).toMatchObject({
      inputs: [
        { name: 'input_ids', dtype: 'int64', shape: ['length'] },
        { name: 'attention_mask', dtype: 'int64', shape: ['length'] },
      ],
      outputs: ['last_hidden_state', 'sentence_embedding'],
      loaders: [{ library: 'transformers.js' }, { library: 'this library' }],
    });
    expect(json('text', 'tokenizer_config.json')).toMatchObject({
      ...{ model_max_length: 12, pad_token: '[PAD]', unk_token: '[UNK]', cls_token: '[CLS]', sep_token: '[SEP]' },
    });
    expect(json('text', 'config.json').autodidact.onnx).toMatchObject({
      input: 'input_ids',
      output: 'sentence_embedding',
    });
    const tokenizer = new Tokenizer(json('text', 'tokenizer.json'), json('text', 'tokenizer_config.json'));
    const { begin, end } = spec.special;
    const bare = [...texts.tokenizer.encode('The second text')];
    expect(tokenizer.encode('The second text').ids).toEqual([begin, ...bare, end]);
    expect(json('text', 'tokenizer.json').model).toEqual(JSON.parse(texts.tokenizer.json).model);

    const back = loadEncoder(at('text'), { device: 'cpu' }).encoder;
    const features = (own: Encoder) =>
      scope(() => noGrad(() => own.backbone.features(own.prepare(texts.collate([0, 1]) as never)).toNumbers()));
    encoder.backbone.eval();
    expect(features(back)).toEqual(features(encoder));
  });

  it('has no marks where its method puts none', async () => {
    const { encoder, origin } = madeBy('gpt', 'gpt2-micro');
    await exportEncoder(encoder, 'folder', at('gpt'), origin);
    expect(json('gpt', 'tokenizer.json').post_processor).toBeNull();
    // The last place of a window is never trained.
    expect(json('gpt', 'tokenizer_config.json').model_max_length).toBe(11);
    expect(json('gpt', 'tokenizer_config.json').cls_token).toBeUndefined();
  });

  it('says where rows have one length alone', async () => {
    const { encoder, origin } = madeBy('elmo', 'bi-lm');
    const { inputs, notes } = await exportEncoder(encoder, 'onnx', at('elmo.onnx'), origin);
    expect(inputs!.map(({ shape }) => shape)).toEqual([[12], [12]]);
    expect(notes[0]).toContain('Rows of ids must have 12 of them');
  });

  it('leaves as weights alone where it reads no rows, and without its tokenizer in no folder', async () => {
    const { encoder, origin } = madeBy('cpc-text', 'sentence-gru');
    await expect(exportEncoder(encoder, 'folder', at('sentences'), origin)).rejects.toThrow('a row of its own');
    expect(existsSync(at('sentences'))).toBe(false);
    expect((await exportEncoder(encoder, 'safetensors', at('sentences.safetensors'), origin)).inputs).toBeNull();
    const { encoder: other } = madeBy('bert', 'bert-micro');
    await expect(exportEncoder(other, 'folder', at('bare'))).rejects.toThrow('tokenizer.json');
    expect(existsSync(at('bare'))).toBe(false);
  });
});

describe('what loads the weights elsewhere', () => {
  const told = (architecture: string, options: Partial<BackboneOptions>) => {
    const network = createBackbone(architecture, { inputChannels: 3, imageSize: 64, stem: 'imagenet', ...options });
    const { loaders, notes } = loadersOf({ backbone: network, preparation: {} });
    const timm = timmNetwork(network);
    network.dispose();
    return { libraries: loaders.map(({ library }) => library), notes, timm };
  };

  it('is timm and torchvision for published forms', () => {
    expect(told('resnet18', {})).toMatchObject({ libraries: ['timm', 'torchvision', 'this library'], notes: [] });
    expect(told('resnet18', { inputChannels: 1 })).toMatchObject({
      libraries: ['timm', 'this library'],
      timm: { modelArgs: { in_chans: 1 } },
    });
    expect(told('vit-tiny', { stem: undefined, pooling: 'average', patchSize: 8, width: 96 }).timm).toEqual({
      architecture: 'vit_tiny_patch16_224',
      pooling: 'avg',
      modelArgs: {
        ...{ img_size: 64, patch_size: 8, in_chans: 3, embed_dim: 96, depth: 12, num_heads: 3 },
        ...{ global_pool: 'avg', fc_norm: false },
      },
    });
  });

  it('is told where it is not they', () => {
    for (const options of [{ width: 16 }, { stem: 'small' }, { norm: 'layer' }, { padding: 'reflect' }] as const) {
      const { libraries, notes } = told('resnet18', options);
      expect(libraries).toEqual(['this library']);
      expect(notes[0]).toContain('timm and torchvision make no resnet18 of this form');
    }
    expect(told('vgg16', { width: 64 }).notes[0]).toContain('timm makes no VGG-16 without');
    expect(told('nin', { stem: undefined }).notes[0]).toContain('make no nin');
  });
});
