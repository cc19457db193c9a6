/** What every registered method must keep, whatever it learns from. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { firstSamples, samplesTo, tensorsOf } from '../src/data/index.js';
import { Generator, memory, noGrad, scope, Tensor } from '../src/engine/index.js';
import { AutodidactError } from '../src/errors.js';
import { methods, parseMethodOptions } from '../src/methods/registry.js';
import { modalityOf, openData } from '../src/modalities/registry.js';
import { readCheckpoint, restore, saveCheckpoint } from '../src/train/checkpoint.js';
import { previewOf } from '../src/train/previews.js';
import { RunFolder } from '../src/train/run-folder.js';
import { Bench, temporaryFolder, testDevice, tinyImages, tinyTraining } from './support/tiny.js';

/**
 * The loss of the tiny network before its first step, as the method's formula says. Random networks see all views as nearly
 * alike, so contrastive losses start at or below the value for unrelated views.
 */
const INITIAL_LOSS: Record<string, { from: number; to: number; why: string }> = {
  'patch-position': { from: 1.9, to: 2.4, why: 'ln 8 = 2.079, plus the spread of untrained logits' },
  counting: { from: 9, to: 12, why: 'untrained networks count little, and all alike: the margin, which is 10' },
  jigsaw: { from: 4, to: 4.4, why: 'ln 64 = 4.159, plus the spread of untrained logits' },
  rotation: { from: 1.2, to: 1.9, why: 'ln 4 = 1.386, plus the spread of untrained logits' },
  exemplar: { from: 3.9, to: 4.6, why: 'ln 60 = 4.094, plus the spread of untrained logits' },
  'noise-as-targets': {
    from: 1,
    to: 2.2,
    why: '2 for a point that says nothing of its target, a little less once 8 of them are traded',
  },
  'instance-discrimination': {
    from: 3.4,
    to: 5.6,
    why: 'ln 60 = 4.094 plus 1/(2 d t^2) = 0.39, and the noise of 8 samples',
  },
  simsiam: { from: -0.5, to: 0.5, why: 'the cosine of an untrained prediction and its target is near 0' },
  'barlow-twins': {
    from: 100,
    to: 1400,
    why: 'd = 512 components of 8 samples: redundancy between d^2/7 and d^2, times 0.0051',
  },
  vicreg: { from: 5, to: 60, why: 'the hinge starts near 25, for embeddings whose deviation is small' },
  dino: {
    from: 2,
    to: 8,
    why: 'at most about ln 1024 = 6.931 plus 1/(2 d t^2) = 0.78; student and teacher begin alike',
  },
  nnclr: {
    from: 1.2,
    to: Math.log(8) + 1.2,
    why: 'ln N with N = 8, plus the spread of random cosines at temperature 0.1',
  },
  colorization: { from: 5.5, to: 6.5, why: 'ln 313 = 5.746, plus the spread of untrained logits' },
  'context-encoder': {
    from: 0.005,
    to: 1,
    why: 'the mean square of the hidden pixels, which lie in [-1, 1], about an output near 0',
  },
  'split-brain': { from: 9.3, to: 11, why: 'ln 313 + ln 50 = 9.658, plus the spread of untrained logits' },
  'super-resolution': {
    from: 0.001,
    to: 0.2,
    why: 'the mean square of what bicubic interpolation misses, on pixels in [-1, 1]',
  },
  bigan: {
    from: 1.2,
    to: 1.6,
    why: '2 ln 2 = 1.386: ln 2 exactly for the discriminator, near it for the others after its step',
  },
  autoencoder: { from: 0.7, to: 2, why: 'the variance of the pixels, which is 1, plus that of the untrained output' },
  'synthetic-imagery': {
    from: 8,
    to: 20,
    why: 'outputs near 0: 5 times a quarter of log depths squared, 10 times 1 for normals, 2 ln 2 for contours, ln 2 / 20',
  },
  'deep-cluster': { from: 1.7, to: 1.9, why: 'ln 6 = 1.792: ten images a cluster, and weights of 0.01' },
  'deeper-cluster': { from: 2.4, to: 3.4, why: 'ln 16 = 2.773 for 4 x 4 super-classes; of six clusters one in each' },
  'local-aggregation': {
    from: 3.4,
    to: 5.6,
    why: 'begins as instance discrimination: ln 60 = 4.094 plus 0.39, and the noise of 8 samples',
  },
  mae: {
    from: 1.9,
    to: 2.4,
    why: 'the variance of normalized patches, 1, plus that of the untrained output: 64 * 2 / (64 + 48) = 1.14 by Xavier',
  },
  'i-jepa': { from: 0.2, to: 0.7, why: 'the smooth L1 distance of about 0 from components of variance 1' },
  'cpc-sound': {
    from: 3.7,
    to: 4.6,
    why: 'ln(8 * 6) = 3.871 for 8 sounds of 6 vectors, plus the spread of untrained scores',
  },
  cpc: { from: 5.7, to: 6.5, why: 'ln(8 * 49) = 5.971 for 8 images of 7x7 patches' },
  'cpc-v2': { from: 5.7, to: 6.5, why: 'ln(8 * 49) = 5.971 for 8 images of 7x7 patches' },
  amdim: { from: 10, to: 26, why: 'three of ln(1 + 7 P) with P = 4 and 16 places, plus the penalty of random scores' },
  yadim: { from: 1.5, to: 12, why: 'about ln(1 + 7 P) with P = 4 places, plus the penalty of random scores' },
  simclr: { from: 1.5, to: Math.log(15) + 0.3, why: 'at most about ln(2N - 1) with N = 8, plus 1/(2 d t^2)' },
  moco: { from: 0, to: Math.log(4097) + 0.4, why: 'at most about ln(1 + K) with K = 4096, plus 1/(2 d t^2)' },
  byol: { from: 3, to: 5, why: '4 for predictions that know nothing of the target' },
  swav: { from: 4, to: 6, why: 'ln 128 = 4.852, plus the spread of untrained scores' },
};

const folder = temporaryFolder();
const smallImages = await tinyImages(folder);
/** For methods that look at parts of the images. */
const largerImages = await tinyImages(folder, 'count=60&test=20&size=32');
const sounds = await openData('synthetic:sounds?count=60&test=0&length=1024', { cacheFolder: folder });

it('finds methods to test', () => {
  expect(methods.length).toBeGreaterThanOrEqual(2);
  expect(new Set(methods.map(({ name }) => name)).size).toBe(methods.length);
});

describe.each(methods.map((definition) => ({ name: definition.name, definition })))('$name', ({ name, definition }) => {
  const { side = 0 } = definition.needs?.(parseMethodOptions(definition, {}, true)) ?? {};
  const images = side > smallImages.size.height ? largerImages : smallImages;
  const dataset = definition.modalities[0] === 'sound' ? sounds : images;

  it('describes itself', () => {
    expect(definition.name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    expect(definition.paper.url).toMatch(/^https:\/\//);
    for (const [option, schema] of Object.entries(definition.options.shape))
      expect(schema.description, `the description of ${option}`).toBeTruthy();
  });

  it('gives the number that tells how well the pretext task is solved', () => {
    const bench = new Bench(definition, dataset);
    const { metric } = definition.score;
    if (metric !== 'loss') expect(Object.keys(bench.step().metrics)).toContain(metric);
    bench.dispose();
  });

  it('takes its options through JSON and back, and refuses unknown ones', () => {
    for (const isSmall of [false, true]) {
      const options = parseMethodOptions(definition, {}, isSmall);
      expect(parseMethodOptions(definition, JSON.parse(JSON.stringify(options)), false)).toEqual(options);
    }
    expect(() => parseMethodOptions(definition, { noSuchOption: 1 }, true)).toThrow(/has no option `noSuchOption`/);
  });

  it('starts at the loss that its formula says', () => {
    const bench = new Bench(definition, dataset);
    const expected = INITIAL_LOSS[name];
    expect(expected, 'a line in INITIAL_LOSS').toBeDefined();
    const { loss } = bench.step();
    expect(loss, expected!.why).toBeGreaterThan(expected!.from);
    expect(loss, expected!.why).toBeLessThan(expected!.to);
    bench.dispose();
  });

  it('sends a gradient to every parameter of the backbone and moves it', () => {
    const bench = new Bench(definition, dataset);
    const before = bench.method.backbone.namedParameters().map(([key, value]) => [key, value.clone()] as const);
    // Blocks that start as the identity pass a gradient inwards only once they have moved.
    for (let i = 0; i < 3; i++) bench.step();
    const moved = bench.method.backbone.namedParameters().filter(([key, value]) => {
      const start = before.find(([other]) => other === key)![1];
      const distance = value.sub(start).abs().sum().item();
      // A method may freeze the scales and shifts of the norms, but no weights.
      if (value.requiresGrad || value.ndim > 1) expect(distance, `movement of ${key}`).toBeGreaterThan(0);
      else expect(distance, `movement of ${key}, which is frozen,`).toBe(0);
      return distance > 0;
    });
    expect(moved.length).toBeGreaterThan(0);
    bench.dispose();
  });

  it('continues from a checkpoint with the very same losses', () => {
    const whole = new Bench(definition, dataset);
    const run = RunFolder.create(join(folder, `${name}-resume`));
    for (let i = 0; i < 3; i++) whole.step();
    const path = saveCheckpoint(run, name, whole.state, 2);
    const expected = [whole.step(), whole.step()].map(({ loss }) => loss);
    const resumed = new Bench(definition, dataset);
    resumed.step();
    Object.assign(resumed.state, restore(readCheckpoint(path, name), resumed.state));
    expect([resumed.step(), resumed.step()].map(({ loss }) => loss)).toEqual(expected);
    expect(readdirSync(join(folder, `${name}-resume`, 'checkpoints'))).toHaveLength(1);
    whole.dispose();
    resumed.dispose();
  });

  it('shows its task in pictures, without disturbing the training', () => {
    const bench = new Bench(definition, dataset);
    const twin = new Bench(definition, dataset);
    const previews = previewOf(bench.method, dataset, testDevice);
    expect(previews.length).toBeGreaterThan(0);
    for (const preview of previews) {
      expect(preview.title).toBeTruthy();
      expect(preview.explanation).toMatch(/\.$/);
      const tiles = preview.rows.flat();
      expect(tiles.length).toBeGreaterThan(0);
      if (tiles.some(({ isCorrect }) => isCorrect !== undefined)) expect(preview.chance).toBeGreaterThan(0);
      for (const { image, text } of tiles) {
        expect((image === undefined) !== (text === undefined)).toBe(true);
        if (image === undefined) continue;
        expect([1, 3]).toContain(image.size(0));
        expect(image.amin().item()).toBeGreaterThanOrEqual(-1e-6);
        expect(image.amax().item()).toBeLessThanOrEqual(1 + 1e-6);
        image.dispose();
      }
    }
    expect(bench.step().loss).toBe(twin.step().loss);
    bench.dispose();
    twin.dispose();
  });

  it('lets the loss write nothing into its views', () => {
    const bench = new Bench(definition, dataset);
    const batch = bench.batch(bench.nextIndices());
    const views = noGrad(() => bench.method.train().views(batch, bench.state.random));
    const before = Object.entries(views).map(([key, value]) => [key, [value].flat()] as const);
    const bytes = before.map(([, tensors]) => tensors.map((value) => Buffer.from(value.toBytes()).toString('base64')));
    const { stage } = bench.state.position;
    const progress = { step: 0, totalSteps: 10, epoch: 0, totalEpochs: 1, stage };
    for (const { name: group, sharesLoss } of bench.method.optimizerGroups(stage))
      if (!sharesLoss) bench.method.loss(views, group, progress);
    const after = Object.entries(views).map(([key, value]) => [key, [value].flat()] as const);
    expect(after.map(([key]) => key)).toEqual(before.map(([key]) => key));
    for (const [i, [key, tensors]] of after.entries()) {
      expect(tensors.every((value, k) => value === before[i]![1][k])).toBe(true);
      expect(tensors.map((value) => Buffer.from(value.toBytes()).toString('base64'), key)).toEqual(bytes[i]);
      expect(tensors.every((value) => !value.requiresGrad)).toBe(true);
    }
    bench.dispose();
  });

  it('carries no graph to the end of the step', () => {
    const bench = new Bench(definition, dataset);
    const afterStep = bench.method.afterStep.bind(bench.method);
    let isSeen = false;
    bench.method.afterStep = (carries, progress) => {
      isSeen = true;
      for (const carry of carries) for (const value of tensorsIn(carry)) expect(value.requiresGrad).toBe(false);
      afterStep(carries, progress);
    };
    bench.step();
    expect(isSeen).toBe(true);
    bench.dispose();
  });

  it('moves its state once per step, however many micro-batches there are', () => {
    const bench = new Bench(definition, dataset, tinyTraining(definition, { batchSize: 8, accumulate: 2 }));
    let [before, after] = [0, 0];
    const { beforeStep, afterStep } = bench.method;
    bench.method.beforeStep = (progress) => {
      before++;
      beforeStep.call(bench.method, progress);
    };
    bench.method.afterStep = (carries, progress) => {
      after++;
      afterStep.call(bench.method, carries, progress);
    };
    const indices = bench.nextIndices();
    const { loss } = bench.step(indices, [indices.slice(0, 4), indices.slice(4)]);
    expect(Number.isFinite(loss)).toBe(true);
    expect([before, after]).toEqual([1, 1]);
    bench.dispose();
  });

  it('leaks no tensor over 50 steps', () => {
    const narrow = definition.architectures === undefined ? { width: 2 } : {};
    const bench = new Bench(definition, dataset, tinyTraining(definition, narrow));
    for (let i = 0; i < 3; i++) scope(() => bench.step());
    const before = memory().tensors;
    for (let i = 0; i < 50; i++) scope(() => bench.step());
    expect(memory().tensors).toBe(before);
    bench.dispose();
  });

  it('prepares and embeds raw samples of any count', () => {
    const bench = new Bench(definition, dataset);
    bench.method.eval();
    for (const count of [1, 5]) {
      const features = noGrad(() =>
        bench.method.backbone.features(
          bench.method.encoder.prepare(samplesTo(dataset.collate([...Array(count).keys()]), testDevice) as Tensor),
        ),
      );
      expect(features).toBeInstanceOf(Tensor);
      expect(features.shape).toEqual([count, bench.method.backbone.featureSize]);
    }
    bench.dispose();
  });

  it.each([1, 3, 5])('takes a batch of %i, or refuses it in one sentence', (batchSize) => {
    const training = tinyTraining(definition, { batchSize });
    if (batchSize < (definition.smallestBatch ?? 1)) {
      expect(() => new Bench(definition, dataset, training)).toThrow(AutodidactError);
      return;
    }
    const bench = new Bench(definition, dataset, training);
    expect(Number.isFinite(bench.step().loss)).toBe(true);
    bench.dispose();
  });
});

/** Every tensor in a value of any shape. */
function tensorsIn(value: unknown): Tensor[] {
  if (value instanceof Tensor) return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(tensorsIn);
}

describe.each([
  ['image', smallImages],
  ['sound', sounds],
])('the modality %s', (name, dataset) => {
  const modality = modalityOf(dataset.spec);

  it('names itself, and describes and weighs its samples', () => {
    expect(modality.name).toBe(name);
    expect(dataset.describe()).toContain(modality.plural);
    expect(modality.describe(dataset.spec)).toMatch(/\d/);
    expect(modality.weight(dataset.spec)).toBeGreaterThan(1);
    expect(JSON.parse(JSON.stringify(dataset.spec))).toEqual(dataset.spec);
  });

  it('gives any samples of the data, in any order, again', () => {
    scope(() => {
      const [some, subset] = [dataset.collate([3, 1, 3]), dataset.subset([1, 3]).collate([1, 0, 1])];
      for (const [i, part] of tensorsOf(some).entries()) expect(part.equal(tensorsOf(subset)[i]!)).toBe(true);
      expect(() => dataset.collate([dataset.count])).toThrow(/positions from 0 to/);
    });
  });

  it('opens other data in the form of these', () => {
    expect(() => modality.checkSame(dataset.spec, dataset)).not.toThrow();
    expect(Object.values(modality.formOf(dataset.spec)).length).toBeGreaterThan(0);
  });

  it('changes samples without changing their form, by the generator alone', () => {
    scope(() => {
      const samples = dataset.collate([0, 1, 2]);
      for (const augment of [modality.preserve(dataset.spec, 'crop'), modality.views(dataset.spec)]) {
        const [one, two] = [5, 5].map((seed) => tensorsOf(augment!(samples, new Generator(seed))));
        for (const [i, part] of tensorsOf(samples).entries()) {
          expect([one![i]!.dtype, one![i]!.shape]).toEqual([part.dtype, part.shape]);
          expect(one![i]!.equal(two![i]!)).toBe(true);
          expect(one![i]!.equal(part)).toBe(false);
        }
      }
    });
  });

  it('shows a sample', () => {
    scope(() => {
      const shown = modality.show(firstSamples(dataset.collate([0, 1]), 2), 1, dataset.spec);
      expect(shown.kind === 'text' ? shown.text.length : shown.image.ndim).toBeGreaterThan(0);
    });
  });
});
