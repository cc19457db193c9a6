import { expect, test } from 'vitest';
import { createBackbone } from '../backbones/registry.js';
import { PairDataset } from '../data/pair-dataset.js';
import { memory, noGrad, ops, scope, type Tensor, tensor } from '../engine/index.js';
import { BatchNorm } from '../engine/nn/index.js';
import type { Encoder } from '../methods/method.js';
import { deviceOf, extractFeatures, extractMaps, fingerprint, selectRows } from './features.js';
import { encoderOf, makeFresh, prepare, SIDE, stripes } from './images.test-util.js';

test('gives the features of every image in order, whatever the batch size', async () => {
  const images = stripes(11, 1);
  const encoder = makeFresh(0);
  const features = await extractFeatures(encoder, images);
  expect(features.describe()).toBe('float32[11, 32] on cpu');
  encoder.backbone.eval();
  const one = scope(() => noGrad(() => encoder.backbone.features(prepare(images.batch([7])))));
  const row = features.select(0, 7);
  expect(row.sub(one.select(0, 0)).abs().max().item()).toBeLessThan(1e-5);
  const inFours = await extractFeatures(encoder, images, { batchSize: 4 });
  expect(inFours.sub(features).abs().max().item()).toBeLessThan(1e-5);
});

test('reads an intermediate layer and reports progress', async () => {
  const seen: [number, number][] = [];
  const features = await extractFeatures(makeFresh(0), stripes(10, 1), {
    layer: 'layer2',
    batchSize: 4,
    onProgress: (done, total) => seen.push([done, total]),
  });
  expect(features.shape).toEqual([10, 8]);
  expect(seen).toEqual([
    [4, 10],
    [8, 10],
    [10, 10],
  ]);
});

test('the backbone is bit-equal afterwards and in the modes it had', async () => {
  const { backbone } = makeFresh(0);
  backbone.train();
  const norms = backbone.modules().flatMap(([, module]) => (module instanceof BatchNorm ? [module] : []));
  norms[0]!.eval();
  const before = fingerprint(backbone);
  await extractFeatures(encoderOf(backbone), stripes(6, 1));
  expect(fingerprint(backbone)).toBe(before);
  expect(backbone.isTraining).toBe(true);
  expect(norms.map((norm) => norm.isTraining)).toEqual([false, ...norms.slice(1).map(() => true)]);
});

test('control: a backbone that learns while it is read is found out', async () => {
  const { backbone } = makeFresh(0);
  const norm = backbone.modules().find(([, module]) => module instanceof BatchNorm)![1] as BatchNorm;
  // The mistake that the check is for: statistics that go on moving during the evaluation.
  const watching = encoderOf(backbone, {
    prepare(samples) {
      norm.isTraining = true;
      return prepare(samples as Tensor);
    },
  });
  await expect(extractFeatures(watching, stripes(6, 1))).rejects.toThrow(
    /The backbone changed while its features were read/,
  );
});

test('nothing but the result stays in memory', async () => {
  const encoder = makeFresh(0);
  const images = stripes(9, 1);
  (await extractFeatures(encoder, images, { batchSize: 2 })).dispose();
  const { tensors } = memory();
  const features = await extractFeatures(encoder, images, { batchSize: 2 });
  // At most: what earlier tests left behind may be collected meanwhile.
  expect(memory().tensors).toBeLessThanOrEqual(tensors + 1);
  features.dispose();
});

test('the fingerprint sees one bit, in a weight or in a buffer', () => {
  const [first, second] = [makeFresh(3).backbone, makeFresh(3).backbone];
  expect(fingerprint(first)).toBe(fingerprint(second));
  expect(fingerprint(first)).not.toBe(fingerprint(makeFresh(4).backbone));
  const before = fingerprint(first);
  const [bias] = first.parameters().slice(-1);
  noGrad(() => bias!.select(0, 0).add_(1e-30));
  expect(fingerprint(first)).not.toBe(before);
  second.namedBuffers()[0]![1].select(0, 0).add_(1);
  expect(fingerprint(second)).not.toBe(before);
});

test('rows by position, features and labels together', () => {
  const set = { features: tensor([[1], [2], [3]]), labels: Int32Array.of(4, 5, 6) };
  const { features, labels } = selectRows(set, Int32Array.of(2, 0));
  expect(features.toList()).toEqual([[3], [1]]);
  expect([...labels]).toEqual([6, 4]);
});

test('an empty data set and a wrong batch size are refused', async () => {
  const images = stripes(3, 1);
  await expect(extractFeatures(makeFresh(0), images.subset([]))).rejects.toThrow(/at least one of the images/);
  await expect(extractFeatures(makeFresh(0), images, { batchSize: 0 })).rejects.toThrow(/`batchSize`/);
});

test('a module knows where it is', () => {
  expect(deviceOf(createBackbone('nin', { inputChannels: 1, imageSize: 16, width: 6 }))).toBe('cpu');
});

test('a weight that is not finite is named, and so is the sample whose features are not', async () => {
  const broken = makeFresh(0);
  const [name, weight] = broken.backbone.namedParameters()[3]!;
  noGrad(() => weight.select(0, 0).fill_(Number.NaN));
  await expect(extractFeatures(broken, stripes(3, 1))).rejects.toMatchObject({
    code: 'CHECKPOINT',
    message: expect.stringContaining(`The weight \`${name}\` of the encoder has numbers that are not finite`),
  });
  const statistics = makeFresh(0);
  statistics.backbone.namedBuffers()[1]![1].fill_(Number.POSITIVE_INFINITY);
  await expect(extractFeatures(statistics, stripes(3, 1))).rejects.toThrow(/running_var/);
  statistics.backbone.namedBuffers()[1]![1].fill_(-1);
  await expect(extractFeatures(statistics, stripes(3, 1))).rejects.toThrow(
    /running_var` of the encoder has variances below 0/,
  );
  const infinite = encoderOf(makeFresh(0).backbone, {
    prepare(samples) {
      const x = prepare(samples as Tensor);
      x.select(0, 2).fill_(Number.POSITIVE_INFINITY);
      return x;
    },
  });
  await expect(extractFeatures(infinite, stripes(5, 1))).rejects.toMatchObject({
    code: 'DIVERGED',
    message: expect.stringContaining('The features of 2 are not finite'),
  });
});

test('samples that the encoder was not trained on are refused', async () => {
  await expect(extractFeatures(makeFresh(0), stripes(3, 1, { side: 20 }))).rejects.toThrow(
    'Expected images of 16 x 16 pixels and 1 channel, as in pretraining, for `stripes`, received "20 x 20 pixels and 1 channel"',
  );
  const sounds = encoderOf(makeFresh(0).backbone, {
    spec: { modality: 'sound', rate: 8000, length: 256 } as Encoder['spec'],
  });
  await expect(extractFeatures(sounds, stripes(3, 1))).rejects.toMatchObject({
    code: 'DATA',
    message: expect.stringContaining('The encoder takes sounds, received images of stripes'),
  });
});

test('the side of a pair that the encoder takes is read', async () => {
  const [first, second] = [stripes(4, 1, { side: 20 }), stripes(4, 2)];
  const pair = PairDataset.of(first, second);
  const features = await extractFeatures(makeFresh(0), pair);
  expect(features.equal(await extractFeatures(makeFresh(0), second))).toBe(true);
});

test('the map of a layer, and one sentence where there is none', async () => {
  const images = stripes(5, 1);
  const encoder = makeFresh(0);
  const maps = await extractMaps(encoder, images, { layer: 'layer2' });
  expect(maps.shape).toEqual([5, 8, 8, 8]);
  const features = await extractFeatures(encoder, images, { layer: 'layer2' });
  expect(maps.mean([2, 3]).sub(features).abs().max().item()).toBeLessThan(1e-6);
  const small = encoderOf(createBackbone('nin', { inputChannels: 1, imageSize: SIDE, width: 6 }));
  small.backbone.maps = () => ops.zeros([5, 6, 1, 1]);
  await expect(extractMaps(small, images)).rejects.toMatchObject({
    code: 'USAGE',
    message:
      'The task reads a map, and layer block4 of nin gives none. Take another layer of block1, block2, block3, block4, or larger samples.',
  });
});

test('stops between two batches', async () => {
  const stop = new AbortController();
  let done = 0;
  const onProgress = (count: number) => {
    done = count;
    if (count === 4) stop.abort();
  };
  const options = { batchSize: 2, signal: stop.signal, onProgress };
  await expect(extractFeatures(makeFresh(0), stripes(9, 1), options)).rejects.toMatchObject({ code: 'INTERRUPTED' });
  expect(done).toBe(4);
});
