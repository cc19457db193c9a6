import { expect, test } from 'vitest';
import { createBackbone } from '../backbones/registry.js';
import { memory, noGrad, scope, tensor } from '../engine/index.js';
import { BatchNorm } from '../engine/nn/index.js';
import { deviceOf, extractFeatures, fingerprint, selectRows } from './features.js';
import { makeFresh, prepare, stripes } from './images.test-util.js';

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
  await extractFeatures({ backbone, prepare }, stripes(6, 1));
  expect(fingerprint(backbone)).toBe(before);
  expect(backbone.isTraining).toBe(true);
  expect(norms.map((norm) => norm.isTraining)).toEqual([false, ...norms.slice(1).map(() => true)]);
});

test('control: a backbone that learns while it is read is found out', async () => {
  const { backbone } = makeFresh(0);
  const norm = backbone.modules().find(([, module]) => module instanceof BatchNorm)![1] as BatchNorm;
  // The mistake that the check is for: statistics that go on moving during the evaluation.
  const watching = (samples: Parameters<typeof prepare>[0]) => {
    norm.isTraining = true;
    return prepare(samples);
  };
  await expect(extractFeatures({ backbone, prepare: watching }, stripes(6, 1))).rejects.toThrow(
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
  await expect(extractFeatures(makeFresh(0), { ...images, count: 0, batch: images.batch })).rejects.toThrow(
    /at least one image/,
  );
  await expect(extractFeatures(makeFresh(0), images, { batchSize: 0 })).rejects.toThrow(/`batchSize`/);
});

test('a module knows where it is', () => {
  expect(deviceOf(createBackbone('nin', { inputChannels: 1, imageSize: 16, width: 6 }))).toBe('cpu');
});
