import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { PixelBackbone } from '../../../tests/support/pixel-backbone.js';
import { createBackbone } from '../../backbones/registry.js';
import { type ImageDataset, MaskTargets, openImages } from '../../data/index.js';
import { Prng } from '../../data/prng.js';
import { Generator, keep, manualSeed, ops, type Tensor, tensor } from '../../engine/index.js';
import type { Encoder } from '../../methods/method.js';
import { modalityOf } from '../../modalities/registry.js';
import { evaluate } from '../evaluate.js';
import { extractMaps, fingerprint } from '../features.js';
import { finetune } from '../finetune.js';
import { datasetOf, encoderOf, makeFresh, SIDE } from '../images.test-util.js';
import { probe } from '../linear.js';
import { allOf, scoreOf } from '../task.js';
import { MASK_CLASSES as CLASSES } from './masks.test-util.js';
import { segmentation } from './segmentation.js';

/** Images with a square of one of two shades on a black background, which takes most of the image. */
function squares(count: number, seed: number, isShuffled = false): ImageDataset {
  const prng = new Prng(seed);
  const pixels = new Uint8Array(count * SIDE ** 2);
  const masks = new Uint8Array(count * SIDE ** 2);
  for (let i = 0; i < count; i++) {
    const shade = 1 + prng.below(2);
    const [top, left] = [prng.below(SIDE - 6), prng.below(SIDE - 6)];
    for (let y = top; y < top + 6; y++)
      for (let x = left; x < left + 6; x++) {
        pixels[(i * SIDE + y) * SIDE + x] = shade === 1 ? 250 : 125;
        masks[(i * SIDE + y) * SIDE + x] = shade;
      }
  }
  const order = isShuffled ? prng.permutation(count) : allOf(count);
  const moved = new Uint8Array(masks.length);
  for (const [to, from] of order.entries())
    moved.set(masks.subarray(from * SIDE ** 2, (from + 1) * SIDE ** 2), to * SIDE ** 2);
  return datasetOf(pixels, null, null, { masks: { classes: CLASSES, pixels: moved } });
}

/** The class of each pixel as its map: one channel per class. */
class MaskBackbone extends PixelBackbone {
  constructor(private readonly shift = 0) {
    super(1, SIDE);
  }

  override maps(x: Tensor): Tensor {
    const shade = x.select(1, 0).mul(2).round(); // 0, 1, 2: black, dark, light
    return ops.stack(
      [0, 2, 1].map((value) => shade.eq(value).to('float32').roll([this.shift, this.shift], [1, 2])),
      1,
    );
  }

  override layerSize(): number {
    return 3;
  }
}

const asMasks = (shift = 0): Encoder =>
  encoderOf(new MaskBackbone(shift), { prepare: (samples) => (samples as Tensor).to('float32').div(255) });

async function linear(encoder: Encoder, train: ImageDataset, held: ImageDataset, layer?: string): Promise<number> {
  const frozen = async (data: ImageDataset) => ({
    features: await extractMaps(encoder, data, { layer }),
    targets: data.target<MaskTargets>('masks')!,
  });
  const { answers } = probe(segmentation, await frozen(train), await frozen(held), {
    l2: [1e-2, 1e-4],
    tolerance: 1e-4,
  });
  return scoreOf(segmentation, answers);
}

describe('the linear probe', () => {
  test('maps that are the mask give 1; moved by a place less, of other images about the floor', async () => {
    const [train, held] = [squares(40, 1), squares(40, 2)];
    expect(await linear(asMasks(), train, held)).toBe(1);
    expect(await linear(asMasks(1), train, held)).toBeLessThan(0.8);
    const floor = segmentation.floor(held.target<MaskTargets>('masks')!);
    // Objects lie anywhere: a probe on features of other images finds little more than the best constant answer.
    expect(await linear(asMasks(), squares(40, 1, true), squares(40, 2, true))).toBeLessThan(floor + 0.15);
  });

  test('a random network does not give 1, and finds the rare classes all the same', async () => {
    const [train, held] = [squares(60, 1), squares(60, 2)];
    const score = await linear(makeFresh(2), train, held, 'layer1');
    const floor = segmentation.floor(held.target<MaskTargets>('masks')!);
    expect(score).toBeGreaterThan(floor + 0.1);
    expect(score).toBeLessThan(0.95);
  });
});

const labeled = (data: ImageDataset) => ({ data, targets: data.target<MaskTargets>('masks')! });

test('fine-tuning learns, and leaves the encoder bit-equal', async () => {
  const [train, held] = [squares(60, 1), squares(40, 2)];
  const from = makeFresh(7);
  const before = fingerprint(from.backbone);
  const request = { task: segmentation, network: makeFresh(1), from, part: 'all' as const, layer: 'layer1', seed: 0 };
  const options = { steps: 40, mostSteps: 80, epochs: 0, batchSize: 8, learningRates: [0.02], weightDecays: [1e-3] };
  const { measures } = await finetune({ ...request, train: labeled(train), test: labeled(held) }, options);
  expect(measures.mIoU).toBeGreaterThan(segmentation.floor(labeled(held).targets) + 0.2);
  expect(fingerprint(from.backbone)).toBe(before);
});

test.each([true, false])('the loss sees masks that fit the images, moved or not: %s', async (isMoved) => {
  const network = asMasks();
  let shown: Tensor | null = null;
  const read = network.backbone.maps.bind(network.backbone);
  network.backbone.maps = (x) => {
    shown = keep(x.detach().clone());
    return read(x);
  };
  const images = squares(24, 1);
  const [seen, plain] = [new Set<string>(), new Set<string>()];
  for (let i = 0; i < images.count; i++) plain.add(images.collate([i]).toNumbers().join());
  const task: typeof segmentation = {
    ...segmentation,
    change: isMoved ? segmentation.change : undefined,
    loss(train) {
      const own = segmentation.loss(train);
      return {
        of(output, targets, positions) {
          const shade = shown!.select(1, 0).mul(2).round().to('int64'); // 0, 1, 2: black, dark, light
          const classes = tensor(BigInt64Array.of(0n, 2n, 1n)).indexSelect(0, shade.reshape([-1]));
          expect(targets.collate(positions).to('int64').reshape([-1]).equal(classes)).toBe(true);
          for (const image of shown!.mul(255).round().unbind(0)) seen.add(image.toNumbers().join());
          return own.of(output, targets, positions);
        },
      };
    },
  };
  const request = { task, network, from: null, part: 'head' as const, seed: 0, test: labeled(images) };
  const options = { steps: 6, mostSteps: 12, epochs: 0, batchSize: 8, learningRates: [0.1], weightDecays: [0] };
  await finetune({ ...request, train: labeled(images) }, options);
  // A task that cannot move its targets trains on samples as they are.
  expect([...seen].every((image) => plain.has(image))).toBe(!isMoved);
});

test('a change of the image moves its mask, pixel by pixel', () => {
  const images = squares(12, 3);
  const targets = images.target<MaskTargets>('masks')!;
  const positions = Int32Array.of(3, 0, 7);
  const augment = modalityOf(images.spec).preserve(images.spec, 'crop-flip')!;
  const changed = segmentation.change!(images.collate(positions), targets, positions, augment, new Generator(4))!;
  const pixels = changed.samples as Tensor;
  expect(pixels.equal(images.collate(positions))).toBe(false);
  const shade = pixels.select(1, 0).to('float32').div(125).round(); // 0, 1, 2
  const classOf = tensor([0, 2, 1])
    .indexSelect(0, shade.reshape([-1]).to('int64'))
    .view(shade.shape);
  expect(changed.targets.collate(allOf(3)).to('float32').equal(classOf)).toBe(true);
  // Masks of another size than the image cannot be moved with it.
  const small = new MaskTargets(
    CLASSES,
    { height: 8, width: 8 },
    () => ops.zeros([3, 8, 8], { dtype: 'uint8' }),
    allOf(12),
  );
  expect(segmentation.change!(images.collate(positions), small, positions, augment, new Generator(4))).toBeNull();
});

test('as a task of `evaluate`: figures in rows, the floor, the strongest untrained network', async () => {
  const options = { task: 'segmentation', train: squares(60, 1), test: squares(40, 2), seeds: [0], layer: 'layer1' };
  const result = await evaluate({
    ...options,
    run: { encoder: makeFresh(5), makeFresh },
    protocols: ['linear'],
    labels: ['50%'],
    baselines: ['random'],
    linear: { l2: [1e-2], tolerance: 1e-3 },
  });
  expect(result.rows.map(({ encoder, metric }) => `${encoder} ${metric}`)).toEqual(
    ['pretrained', 'random'].flatMap((encoder) =>
      ['mIoU', 'foreground mIoU', 'frequency-weighted IoU', 'pixel accuracy'].map((metric) => `${encoder} ${metric}`),
    ),
  );
  expect(result.rows[0]).toMatchObject({ labelCount: 30, n: 40, task: 'segmentation' });
  expect(result.rows[4]!.details).toMatchObject({ initialization: 'ordinary', batchNorm: expect.any(String) });
  expect(result).toMatchObject({ classes: CLASSES, score: { metric: 'mIoU', isShare: true } });
  expect(result.floor).toBeLessThan(result.rows[0]!.value);
  const [comparison] = result.comparisons;
  expect(comparison).toMatchObject({ metric: 'mIoU', against: 'random' });
  expect(comparison!.interval![0]).toBeLessThan(comparison!.difference);
});

test('what does not serve is said in one sentence', async () => {
  const data = { train: squares(10, 1), test: squares(10, 2), task: 'segmentation', encoder: makeFresh(1), seeds: [0] };
  await expect(evaluate({ ...data, protocols: ['knn'] })).rejects.toThrow(
    'k-NN needs one class per sample, which segmentation does not have. Take linear or fine-tuning.',
  );
  await expect(evaluate({ ...data, protocols: ['linear'], labels: ['2/class'] })).rejects.toThrow(
    /a share such as 10%/,
  );
  const flat = createBackbone('resnet18', { inputChannels: 1, imageSize: SIDE, width: 4 });
  flat.maps = (x) => ops.zeros([x.size(0), 32, 1, 1]);
  await expect(evaluate({ ...data, encoder: encoderOf(flat), protocols: ['linear'] })).rejects.toThrow(
    'The task reads a map, and layer layer4 of resnet18 gives none',
  );
  const bare = datasetOf(new Uint8Array(10 * SIDE ** 2), null, null);
  await expect(evaluate({ ...data, train: bare, protocols: ['linear'] })).rejects.toThrow(
    'The training data stripes has no masks. Give a folder in the form of COCO or PASCAL VOC with outlines or masks, or synthetic:scenes.',
  );
});

const cacheFolder = mkdtempSync(join(tmpdir(), 'autodidact-segmentation-'));
afterAll(() => rmSync(cacheFolder, { recursive: true, force: true }));

test('the masks of rendered scenes are read', async () => {
  const open = (split: 'train' | 'test') =>
    openImages('synthetic:scenes?count=40&test=20&size=24', { cacheFolder, split });
  const [train, held] = [await open('train'), await open('test')];
  manualSeed(1);
  const backbone = createBackbone('resnet18', { inputChannels: 3, imageSize: 24, width: 4 });
  onTestFinished(() => backbone.dispose());
  const prepare: Encoder['prepare'] = (samples) => (samples as Tensor).to('float32').div(255);
  const encoder: Encoder = { spec: train.spec, backbone, preparation: {}, prepare };
  const options = {
    encoder,
    train,
    test: held,
    task: 'segmentation',
    protocols: ['linear'],
    seeds: [0],
    layer: 'layer2',
  };
  const { rows, classes } = await evaluate({ ...options, linear: { l2: [1e-2], tolerance: 1e-3 } });
  expect(classes[0]).toBe('background');
  expect(rows[0]!.value).toBeGreaterThan(0);
  expect(rows[1]!.value).toBeGreaterThan(0);
});
