import { expect, test } from 'vitest';
import { shuffledPositions } from '../data/draw.js';
import type { ClassTargets } from '../data/index.js';
import { Generator, ops, type Tensor } from '../engine/index.js';
import type { BatchNorm } from '../engine/nn/index.js';
import type { Encoder } from '../methods/method.js';
import {
  chooseRandom,
  dataDependentEncoder,
  disposeEncoder,
  randomEncoder,
  strongerRandomEncoder,
  supervised,
} from './baselines.js';
import { extractFeatures, fingerprint, selectRows } from './features.js';
import type { FinetuneOptions } from './finetune.js';
import { threeSigma } from './gates.js';
import {
  datasetOf,
  encoderOf,
  labeled,
  makeFresh,
  makeZeroed,
  prepare,
  SIDE,
  SPEC,
  stripes,
} from './images.test-util.js';
import { knn } from './knn.js';
import { linearProbe } from './linear.js';
import { classification } from './tasks/classification.js';

test('a random encoder is the fresh network but for its batch statistics, and follows the seed', () => {
  const images = stripes(12, 1);
  const first = randomEncoder(makeFresh, 5, images, { batchSize: 5 }).backbone;
  const fresh = makeFresh(5).backbone;
  const changed = [...first.stateDict()].filter(
    ([name, value]) => !value.eq(fresh.stateDict().get(name)!).all().item(),
  );
  expect(changed.length).toBeGreaterThan(0);
  for (const [name] of changed) expect(name).toMatch(/running_mean|running_var|num_batches_tracked/);
  expect(first.modules().every(([, module]) => !module.isTraining)).toBe(true);
  expect(fingerprint(randomEncoder(makeFresh, 5, images, { batchSize: 5 }).backbone)).toBe(fingerprint(first));
  expect(fingerprint(randomEncoder(makeFresh, 6, images, { batchSize: 5 }).backbone)).not.toBe(fingerprint(first));
});

test.each([
  ['random', randomEncoder],
  ['data-dependent', dataDependentEncoder],
])('the first norm of a %s encoder gives mean 0 and variance 1 on the images it was estimated on', (_, make) => {
  const images = stripes(12, 1);
  const { backbone } = make(makeFresh, 5, images);
  const first = backbone.children().find(([name]) => name === 'bn1')![1] as BatchNorm;
  const conv = backbone.children().find(([name]) => name === 'conv1')![1] as unknown as {
    forward(x: unknown): unknown;
  };
  const map = conv.forward(prepare(images.collate([...images.ids.keys()]))) as Parameters<BatchNorm['forward']>[0];
  const out = first.forward(map);
  expect(out.mean([0, 2, 3]).abs().max().item()).toBeLessThan(1e-4);
  expect(out.var([0, 2, 3]).sub(1).abs().max().item()).toBeLessThan(0.05);
});

test('its statistics come from random batches of like sizes, though the data are stored class by class', () => {
  // 16 dark images, then 17 light ones.
  const isLight = (image: number) => image >= 16;
  const pixels = Uint8Array.from(
    { length: 33 * SIDE ** 2 },
    (_, i) => (isLight(Math.floor(i / SIDE ** 2)) ? 200 : 50) + (i % 7),
  );
  const images = datasetOf(pixels, null, null);
  const batches: number[][] = [];
  const make = (seed: number) =>
    encoderOf(makeFresh(seed).backbone, {
      prepare(samples) {
        const means = (samples as Tensor).to('float32').mean([1, 2, 3]).toNumbers();
        batches.push(means);
        return prepare(samples as Tensor);
      },
    });
  const state = randomEncoder(make, 5, images, { batchSize: 16 }).backbone.stateDict();
  expect(batches.map((means) => means.length)).toEqual([11, 11, 11]);
  for (const means of batches) expect(new Set(means.map((mean) => mean > 128)).size).toBe(2);
  const whole = randomEncoder(makeFresh, 5, images).backbone.stateDict();
  const scale = whole.get('bn1.running_var')!;
  expect(state.get('bn1.running_var')!.sub(scale).abs().div(scale).max().item()).toBeLessThan(1e-4);
});

test('random features are a baseline worth beating: a probe reads textures from them', async () => {
  const [train, held] = [stripes(90, 1, { noise: 20 }), stripes(90, 2, { noise: 20 })];
  const encoder = randomEncoder(makeFresh, 1, train);
  const result = linearProbe(
    { features: await extractFeatures(encoder, train), labels: train.labels! },
    { features: await extractFeatures(encoder, held), labels: held.labels! },
  );
  expect(result.accuracy).toBeGreaterThan(threeSigma(1 / 3, 90));
});

test('a data-dependent encoder has other convolutions, in which every layer learns at the same rate, and follows the seed', () => {
  const images = stripes(24, 1);
  const { backbone } = dataDependentEncoder(makeFresh, 5, images, { batchSize: 10 });
  const { backbone: fresh } = randomEncoder(makeFresh, 5, images, { batchSize: 10 });
  const state = fresh.stateDict();
  for (const [name, value] of backbone.stateDict())
    if (name.includes('conv') || value.ndim === 4) expect(value.equal(state.get(name)!), name).toBe(false);
  const ratios = (network: typeof backbone): number[] => {
    network.train();
    network
      .features(prepare(images.collate([...images.ids.keys()])))
      .mul(ops.randn([24, network.featureSize], { generator: new Generator(3) }))
      .sum()
      .backward();
    const weights = network.parameters().filter(({ ndim }) => ndim === 4);
    return weights.map((weight) => Math.sqrt(weight.grad!.square().mean().div(weight.square().mean()).item()));
  };
  const range = (values: number[]) => Math.max(...values) / Math.min(...values);
  expect(range(ratios(backbone))).toBeLessThan(range(ratios(fresh)) / 2);
  const again = dataDependentEncoder(makeFresh, 5, images, { batchSize: 10 }).backbone;
  const once = dataDependentEncoder(makeFresh, 5, images, { batchSize: 10 }).backbone;
  expect(fingerprint(again)).toBe(fingerprint(once));
  expect(once.modules().every(([, module]) => !module.isTraining)).toBe(true);
});

test('supervised training from scratch learns, and the same labels shuffled give chance', async () => {
  const [train, held] = [stripes(60, 1, { noise: 20 }), stripes(60, 2, { noise: 20 })];
  const request = { task: classification, train: labeled(train), test: labeled(held), seed: 0 };
  const options: FinetuneOptions = {
    ...{ steps: 40, epochs: 0, mostSteps: 80, batchSize: 16, learningRates: [0.05], weightDecays: [5e-4] },
    ...{ augment: 'none', checks: 2 },
  };
  expect((await supervised(makeFresh, request, options)).measures.accuracy).toBeGreaterThan(0.8);
  // Every class's labels spread evenly over the three textures.
  const shuffled = train.withLabels(
    train.classes!,
    train.labels!.map((_, i) => Math.floor(i / 3) % 3),
  );
  const control = await supervised(makeFresh, { ...request, train: labeled(shuffled) }, options);
  expect(control.measures.accuracy).toBeLessThan(threeSigma(1 / 3, 60));
});

test('supervised training starts from the network of its seed', async () => {
  const seeds: number[] = [];
  const make = (seed: number) => {
    seeds.push(seed);
    return makeFresh(seed);
  };
  const images = labeled(stripes(6, 1));
  const request = { task: classification, train: images, test: images, seed: 3 };
  await supervised(make, request, { steps: 1, epochs: 0, mostSteps: 1, learningRates: [0.05], weightDecays: [0] });
  expect(seeds).toEqual([3]);
});

test('frees an encoder', () => {
  const encoder = makeFresh(0);
  disposeEncoder(encoder);
  expect(encoder.backbone.parameters().every((value) => value.isFreed)).toBe(true);
});

test('the random baseline is one of the two ways to run the network, and leaves the other freed', async () => {
  const images = stripes(40, 1);
  const chosen = fingerprint((await strongerRandomEncoder(makeFresh, 3, images)).backbone);
  const initial = fingerprint(makeFresh(3).backbone.eval());
  const estimated = fingerprint(randomEncoder(makeFresh, 3, images).backbone);
  expect(initial).not.toBe(estimated);
  expect([initial, estimated]).toContain(chosen);
});

/** k-NN accuracy of one half of the images among the other, as the choice sees it. */
async function amongThemselves(encoder: Encoder, images: ReturnType<typeof stripes>): Promise<number> {
  const order = shuffledPositions(images.count);
  const middle = Math.ceil(images.count / 2);
  const all = { features: await extractFeatures(encoder, images), labels: images.labels! };
  return knn(selectRows(all, order.slice(0, middle)), selectRows(all, order.slice(middle))).accuracy;
}

test('the random baseline is the strongest of both initializations in both modes of the batch norms', async () => {
  const images = stripes(60, 1, { noise: 90 });
  const seen = new Set<string>();
  for (const seed of [0, 1, 2, 3, 4]) {
    const scores = new Map<string, number>();
    for (const isOrdinary of [true, false]) {
      const made = makeZeroed(seed, isOrdinary);
      made.backbone.eval();
      const estimated = randomEncoder(makeZeroed, seed, images, { isOrdinary });
      const name = isOrdinary ? 'ordinary' : "the method's own";
      scores.set(`${name}, estimated`, await amongThemselves(estimated, images));
      scores.set(`${name}, as made`, await amongThemselves(made, images));
    }
    const { encoder, start } = await chooseRandom(classification, makeZeroed, seed, labeled(images));
    const name = `${start.initialization}, ${start.batchNorm}`;
    expect(scores.get(name), `seed ${seed}`).toBe(Math.max(...scores.values()));
    expect(await amongThemselves(encoder, images)).toBe(scores.get(name));
    seen.add(name);
  }
  // Each of them is the strongest for some seed.
  expect(seen.size).toBe(4);
});

test('without labels the ordinary network with estimated statistics; where both initializations are one, no difference', async () => {
  const images = stripes(20, 1);
  const { start } = await chooseRandom(classification, makeZeroed, 3, { data: images, targets: null });
  expect(start).toEqual({ initialization: 'ordinary', batchNorm: 'estimated' });
  const asked: (boolean | undefined)[] = [];
  const counting = (seed: number, isOrdinary?: boolean) => {
    asked.push(isOrdinary);
    return makeFresh(seed);
  };
  const same = await chooseRandom(classification, counting, 3, labeled(images));
  expect(same.start.initialization).toBe('ordinary');
  expect(new Set(asked)).toEqual(new Set([true, false]));
});

test('the random baseline is chosen by the labeled images alone', async () => {
  const images = stripes(20, 1);
  const some = images.withLabels(
    images.classes!,
    images.labels!.map((label, i) => (i < 10 ? label : -1)),
  );
  const asked: number[] = [];
  const classOf = ({ labels }: ClassTargets) => {
    asked.push(...labels);
    return labels;
  };
  const samples = { data: some, targets: some.target<ClassTargets>('classes') };
  await chooseRandom({ ...classification, classOf }, makeFresh, 3, samples);
  expect(new Set(asked)).toEqual(new Set([0, 1, 2]));
});

test('the samples of the data-dependent initialization do not fall together with the order of the data', () => {
  // 160 of 320 images are looked at: evenly spaced ones would all be dark, and so would the first.
  const side = 64;
  const isLight = (image: number) => image >= 160 && image % 2 === 1;
  const pixels = Uint8Array.from({ length: 320 * side ** 2 }, (_, i) => (isLight(Math.floor(i / side ** 2)) ? 255 : 0));
  const images = datasetOf(pixels, null, null, { side });
  const spec = { ...SPEC, height: side, width: side };
  const looked: number[] = [];
  const make = (seed: number) => {
    const { backbone } = makeFresh(seed);
    return encoderOf(backbone, {
      spec,
      prepare(samples) {
        looked.push((samples as Tensor).to('float32').mean().item());
        return prepare(samples as Tensor);
      },
    });
  };
  dataDependentEncoder(make, 1, images);
  expect(looked[0]).toBeGreaterThan(255 * 0.1);
  expect(looked[0]).toBeLessThan(255 * 0.4);
});
