/** What every registered method must keep, whatever it learns from. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toFloat } from '../src/augment/index.js';
import { firstSamples, type ImageSpec, samplesTo, tensorsOf } from '../src/data/index.js';
import { Generator, manualSeed, memory, noGrad, scope, Tensor } from '../src/engine/index.js';
import { AutodidactError } from '../src/errors.js';
import { findMethod, methods, parseMethodOptions } from '../src/methods/registry.js';
import { modalityOf, openData } from '../src/modalities/registry.js';
import { readCheckpoint, restore, saveCheckpoint } from '../src/train/checkpoint.js';
import { previewOf } from '../src/train/previews.js';
import { RunFolder } from '../src/train/run-folder.js';
import { INITIAL_LOSS } from './support/initial-losses.js';
import {
  Bench,
  temporaryFolder,
  testDevice,
  tinyCamera,
  tinyClips,
  tinyClipsOfMethods,
  tinyImages,
  tinyTraining,
} from './support/tiny.js';

const folder = temporaryFolder();
const smallImages = await tinyImages(folder);
/** For methods that look at parts of the images. */
const largerImages = await tinyImages(folder, 'count=60&test=20&size=32');
/** Nothing in an image tells of its other parts. */
const noise = await tinyImages(folder, 'count=60&test=20&size=16&shapes=noise&grain=0');
const clips = await tinyClips(folder);
const clipsOf = await tinyClipsOfMethods(methods, folder);
const sounds = await openData('synthetic:sounds?count=60&test=0&length=1024', { cacheFolder: folder });
const episodes = await openData('synthetic:episodes?count=24&test=0&steps=12&size=16', {
  cacheFolder: folder,
  frames: 8,
});

/**
 * Every method on the data that it learns from first of all, CPC of frames on what an agent sees and does, and egomotion on frames of
 * videos.
 */
const subjects = [
  ...methods.map((definition) => ({ name: definition.name, definition, data: null })),
  { name: 'cpc-video of episodes', definition: findMethod('cpc-video'), data: episodes },
  { name: 'egomotion of videos', definition: findMethod('egomotion'), data: await tinyCamera(folder) },
];

it('finds methods to test', () => {
  expect(methods.length).toBeGreaterThanOrEqual(2);
  expect(new Set(methods.map(({ name }) => name)).size).toBe(methods.length);
});

/** Their answers are whole texts, which nobody guesses. */
const WRITERS: ReadonlySet<string> = new Set(['bart', 'pegasus', 't5']);

describe.each(subjects)('$name', ({ name, definition, data: own }) => {
  const { side = 0 } = definition.needs?.(parseMethodOptions(definition, {}, true)) ?? {};
  const images = side > smallImages.size.height ? largerImages : smallImages;
  const dataset = own ?? clipsOf.get(name) ?? (definition.modalities[0] === 'sound' ? sounds : images);

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

  it('has the learning rate of a sample exactly when it has an update rule of its own', () => {
    const bench = new Bench(definition, dataset);
    expect(definition.isRatePerSample ?? false).toBe(bench.method.update !== undefined);
    bench.dispose();
  });

  it('takes its options through JSON and back, and refuses unknown ones', () => {
    for (const isSmall of [false, true]) {
      const options = parseMethodOptions(definition, {}, isSmall);
      expect(parseMethodOptions(definition, JSON.parse(JSON.stringify(options)), false)).toEqual(options);
    }
    expect(() => parseMethodOptions(definition, { noSuchOption: 1 }, true)).toThrow(/has no option `noSuchOption`/);
  });

  it('starts at the loss that theory says', () => {
    const start = INITIAL_LOSS[definition.name];
    expect(start, 'an entry of INITIAL_LOSS').toBeDefined();
    const { value, within = 0.1, from = 0, to = 0, why, options, isOnNoise, seeds = 8 } = start!;
    const data = isOnNoise ? noise : dataset;
    let sum = 0;
    let theory = 0;
    for (let seed = 1; seed <= seeds; seed++)
      scope(() => {
        const bench = new Bench(definition, data, tinyTraining(definition), options, seed);
        if (seed === 1 && typeof value === 'function')
          theory = value(toFloat(data.collate(bench.nextIndices()) as Tensor), data.spec as ImageSpec);
        sum += bench.step().loss;
        bench.dispose();
      });
    const expected = typeof value === 'number' ? value : theory;
    const [least, most] = value === undefined ? [from, to] : [expected * (1 - within), expected * (1 + within)];
    expect(sum / seeds, why).toBeGreaterThan(least);
    expect(sum / seeds, why).toBeLessThan(most);
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
      const isMarked = tiles.some(({ isCorrect }) => isCorrect !== undefined);
      if (isMarked && !WRITERS.has(name)) expect(preview.chance).toBeGreaterThan(0);
      for (const { image, text } of tiles) {
        expect((image === undefined) !== (text === undefined)).toBe(true);
        if (image === undefined) continue;
        expect([1, 3]).toContain(image.size(0));
        expect(image.amin().item()).toBeGreaterThanOrEqual(-1e-6);
        expect(image.amax().item()).toBeLessThanOrEqual(1 + 1e-6);
        image.dispose();
      }
    }
    // Dropout draws from the generator that both have in common.
    const [loss, undisturbed] = [bench, twin].map((each) => {
      manualSeed(1);
      return each.step().loss;
    });
    expect(loss).toBe(undisturbed);
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
    const { encoder } = bench.method;
    const seen = dataset.seenBy(encoder.spec)!;
    for (const count of [1, 5]) {
      const samples = samplesTo(seen.collate([...Array(count).keys()]), testDevice);
      const features = noGrad(() => encoder.backbone.features(encoder.prepare(samples as never)));
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
  ['clip', clips],
  ['episode', episodes],
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
        }
        // Not every part need change: an agent's actions stay.
        expect(tensorsOf(samples).every((part, i) => one![i]!.equal(part))).toBe(false);
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
