import { describe, expect, it } from 'vitest';
import { rgbToLab } from '../../../augment/index.js';
import { createBackbone } from '../../../backbones/registry.js';
import type { ImageSpec, PairSpec } from '../../../data/index.js';
import { Generator, gradientsOf, ops, type Tensor } from '../../../engine/index.js';
import { checkData } from '../../../train/build.js';
import { imageSpec, makeMethod } from '../../make.test-util.js';
import { type SplitBrain, splitBrain } from './split-brain.js';

interface Setting {
  channels?: number;
  width?: number;
  /** Aligned pairs of images instead of images of six channels. */
  isPair?: boolean;
}

const pairSpec = (changes: Partial<PairSpec<ImageSpec, ImageSpec>> = {}): PairSpec<ImageSpec, ImageSpec> => ({
  ...{ modality: 'pair', first: imageSpec(16), second: imageSpec(16), isAligned: true },
  ...changes,
});

function make(options: Record<string, unknown> = {}, setting: Setting = {}): SplitBrain {
  const { channels = 3, width = 8, isPair = false } = setting;
  const spec = isPair ? pairSpec() : imageSpec(16, channels);
  const given = { decoderWidth: 8, ...options };
  return makeMethod(splitBrain, given, { spec, architecture: 'alexnet', width, batchSize: 4 });
}

const samples = (): Tensor => ops.randint(0, 256, [4, 3, 16, 16], { dtype: 'uint8', generator: new Generator(1) });
const batch = (images: Tensor) => ({ samples: images, indices: [0, 1, 2, 3] });

/** Lets both halves say the same of every pixel. */
function silence(method: SplitBrain): void {
  for (const { output } of [method.firstDecoder, method.secondDecoder]) {
    output.weight.detach().zero_();
    output.bias!.detach().zero_();
  }
}

/** Gradient of the loss of one half with respect to the channels of each side of the input, largest value. */
function inputGradients(
  method: SplitBrain,
  half: 'first' | 'second',
  images = samples(),
  splitAt = 1,
): [first: number, second: number] {
  const views = method.views(batch(images), new Generator(0));
  const input = views.input.clone();
  input.requiresGrad = true;
  // The other half's prediction is cut off, so that only this half's loss has a gradient.
  const other = half === 'first' ? method.secondDecoder : method.firstDecoder;
  const forward = other.forward.bind(other);
  other.forward = (x) => forward(x).detach();
  const [gradient] = gradientsOf([method.loss({ ...views, input }).loss!], [input]);
  const largest = (x: Tensor): number => x.abs().amax().item();
  const rest = input.size(1) - splitAt;
  return [largest(gradient!.narrow(1, 0, splitAt)), largest(gradient!.narrow(1, splitAt, rest))];
}

describe.each(['classification', 'l2'])('with %s', (loss) => {
  it('never shows a half what it predicts: those gradients are exactly zero', () => {
    const [toL, toAb] = inputGradients(make({ loss }), 'first');
    expect(toL).toBeGreaterThan(0);
    expect(toAb).toBe(0);
    const [backToL, backToAb] = inputGradients(make({ loss }), 'second');
    expect(backToL).toBe(0);
    expect(backToAb).toBeGreaterThan(0);
  });

  it('control: without the split each half sees its own target', () => {
    expect(inputGradients(make({ loss, useSplit: false }), 'first')[1]).toBeGreaterThan(0);
    expect(inputGradients(make({ loss, useSplit: false }), 'second')[0]).toBeGreaterThan(0);
  });
});

it('is as wide as the whole network, at every layer, and half as heavy', () => {
  const { backbone } = make();
  const whole = createBackbone('alexnet', { inputChannels: 3, imageSize: 16, width: 8 });
  expect(backbone.featureSize).toBe(whole.featureSize);
  for (const layer of whole.layers) expect(backbone.layerSize(layer)).toBe(whole.layerSize(layer));
  const x = ops.randn([2, 3, 16, 16]);
  expect(backbone.features(x).shape).toEqual([2, whole.featureSize]);
  expect(backbone.maps(x, 'conv2').shape).toEqual(whole.maps(x, 'conv2').shape);
  const weights = (model: typeof whole): number =>
    model
      .parameters()
      .filter(({ ndim }) => ndim === 4)
      .reduce((sum, { numel }) => sum + numel, 0);
  // conv1: half the channels see one input channel and half two, instead of all three.
  expect(weights(backbone)).toBe((weights(whole) - 8 * 3 * 25) / 2 + 4 * 25 + 4 * 2 * 25);
});

it('joins the features of the halves: the first from L, the second from ab', () => {
  const { backbone } = make();
  backbone.eval();
  const x = ops.randn([2, 3, 16, 16], { generator: new Generator(3) });
  const other = ops.cat([x.narrow(1, 0, 1), x.narrow(1, 1, 2).mul(-1)], 1);
  const half = backbone.first.featureSize;
  expect(
    backbone
      .features(other)
      .narrow(1, 0, half)
      .equal(backbone.features(x).narrow(1, 0, half)),
  ).toBeTruthy();
  expect(backbone.features(other).equal(backbone.features(x))).toBeFalsy();
});

it('divides an odd width between the halves', () => {
  const { backbone } = make({}, { width: 5 });
  expect([backbone.first.options.width, backbone.second.options.width]).toEqual([3, 2]);
});

it('loses ln 313 + ln 50 while it says nothing', () => {
  const method = make();
  silence(method);
  const { loss } = method.loss(method.views(batch(samples()), new Generator(0)));
  expect(loss!.item()).toBeCloseTo(Math.log(313) + Math.log(50), 4);
});

it('loses half the squared distance in l2 mode, term by term', () => {
  const method = make({ loss: 'l2', targetStride: 1 });
  silence(method);
  const views = method.views(batch(samples()), new Generator(0));
  const pixels = views.target.permute([0, 2, 3, 1]).reshape([-1, 3]).toList() as number[][];
  const literal = pixels.reduce(
    (sum, [l, a, b]) => sum + (((l! - 50) / 100) ** 2 + (a! / 110) ** 2 + (b! / 110) ** 2) / 2,
    0,
  );
  expect(method.loss(views).loss!.item()).toBeCloseTo(literal / pixels.length, 4);
});

it('generate keeps the lightness and colors gray images too', () => {
  const method = make().eval();
  const gray = ops.full([2, 1, 16, 16], 128, { dtype: 'uint8' });
  const colored = method.generate(gray);
  expect(colored.shape).toEqual([2, 3, 16, 16]);
  const before = rgbToLab(gray.to('float32').div(255).expand([2, 3, 16, 16])).select(1, 0);
  expect(rgbToLab(colored).select(1, 0).sub(before).abs().mean().item()).toBeLessThan(2);
});

it('refuses gray data in one sentence', () => {
  expect(() => make({}, { channels: 1 })).toThrow('predicts the colors of images, but these images are gray');
});

describe('of images and depth', () => {
  const six = (): Tensor => ops.randint(0, 256, [4, 6, 16, 16], { dtype: 'uint8', generator: new Generator(2) });
  const withDepth = (options: Record<string, unknown> = {}): SplitBrain =>
    make({ pair: 'rgb-depth', ...options }, { channels: 6 });

  it.each(['classification', 'l2'])('never shows a half what it predicts, with %s', (loss) => {
    for (const [half, seen] of [
      ['first', 0],
      ['second', 1],
    ] as const) {
      const gradients = inputGradients(withDepth({ loss }), half, six(), 3);
      expect(gradients[seen]).toBeGreaterThan(0);
      expect(gradients[1 - seen]).toBe(0);
    }
  });

  it('loses ln 313 + ln 50 + 3 ln 32 while it says nothing', () => {
    const method = withDepth();
    silence(method);
    const { loss, metrics } = method.loss(method.views(batch(six()), new Generator(0)));
    expect((metrics!.depthLoss as Tensor).item()).toBeCloseTo(3 * Math.log(32), 4);
    expect((metrics!.imageLoss as Tensor).item()).toBeCloseTo(Math.log(313) + Math.log(50), 4);
    expect(loss!.item()).toBeCloseTo(Math.log(313) + Math.log(50) + 3 * Math.log(32), 4);
  });

  it('sees Lab and HHA, zero-centered', () => {
    const prepared = withDepth().encoder.prepare(six());
    const rgb = six().narrow(1, 0, 3).to('float32').div(255);
    const lab = rgbToLab(rgb);
    expect(prepared.shape).toEqual([4, 6, 16, 16]);
    expect(prepared.select(1, 0).mul(100).add(50).sub(lab.select(1, 0)).abs().amax().item()).toBeLessThan(1e-3);
    expect(prepared.select(1, 2).mul(110).sub(lab.select(1, 2)).abs().amax().item()).toBeLessThan(1e-3);
    const hha = six().narrow(1, 3, 3).to('float32').sub(128).div(128);
    expect(prepared.narrow(1, 3, 3).sub(hha).abs().amax().item()).toBeLessThan(1e-5);
  });

  it('generate gives the same depth to an image alone as to an image with depth', () => {
    const method = withDepth().eval();
    const depth = method.generate(six());
    expect(depth.shape).toEqual([4, 3, 16, 16]);
    expect([depth.amin().item() >= 0, depth.amax().item() <= 1]).toEqual([true, true]);
    expect(
      method
        .generate(six().narrow(1, 0, 3))
        .sub(depth)
        .abs()
        .amax()
        .item(),
    ).toBeLessThan(1e-6);
  });

  it('shows the image, the depth and both predictions', () => {
    const [preview] = withDepth().eval().preview(batch(six()));
    expect(preview!.rows.map((row) => row.map(({ image }) => image!.shape))).toEqual(
      Array(4).fill(Array(4).fill([3, 16, 16])),
    );
    expect(preview!.rows[0]!.map(({ caption }) => caption)).toContain('predicts the depth');
  });

  it('refuses samples without depth in one sentence', () => {
    expect(() => withDepth().encoder.prepare(samples())).toThrow(
      'Expected samples of 6 channels, RGB and HHA, for `samples`',
    );
  });
});

describe('of aligned pairs', () => {
  const six = (): Tensor => ops.randint(0, 256, [4, 6, 16, 16], { dtype: 'uint8', generator: new Generator(2) });
  const sides = (): { first: Tensor; second: Tensor } => ({
    first: six().narrow(1, 0, 3).contiguous(),
    second: six().narrow(1, 3, 3).contiguous(),
  });
  const inSix = (): SplitBrain => make({ pair: 'rgb-depth' }, { channels: 6 });
  const inPairs = (): SplitBrain => make({ pair: 'rgb-depth' }, { isPair: true });
  const pairs = () => ({ samples: sides(), indices: [0, 1, 2, 3] });

  it('learns the very same as from images of six channels', () => {
    const [one, other] = [inSix(), inPairs()];
    for (const [key, value] of one.stateDict()) expect(value.equal(other.stateDict().get(key)!), key).toBe(true);
    const before = one.views(batch(six()), new Generator(5));
    const after = other.views(pairs(), new Generator(5));
    expect(after.input.equal(before.input) && after.target.equal(before.target)).toBe(true);
    expect(other.loss(after).loss!.item()).toBe(one.loss(before).loss!.item());
  });

  it('moves both sides alike: what is flipped on one side is flipped on the other', () => {
    const image = sides().first;
    const mirrored = { first: image, second: image.flip([3]) };
    const { input } = inPairs().views({ samples: mirrored, indices: [0, 1, 2, 3] }, new Generator(5));
    const read = inPairs().encoder.prepare({ first: image, second: image });
    // After the same flip of both, the second side is still the mirror image of the first.
    const bytes = read.narrow(1, 3, 3);
    const flips = [input.narrow(1, 3, 3), bytes]
      .reduce((a, b) => a.sub(b))
      .abs()
      .amax([1, 2, 3])
      .lt(1e-6);
    expect(flips.sum().item()).toBeGreaterThan(0);
    expect(flips.sum().item()).toBeLessThan(4);
    const isSame = input
      .narrow(1, 0, 3)
      .sub(read.narrow(1, 0, 3))
      .abs()
      .amax([1, 2, 3])
      .lt(1e-6);
    expect(isSame.equal(flips.logicalNot())).toBe(true);
  });

  it('has an encoder of pairs, which prepares them as images of six channels', () => {
    const { encoder } = inPairs();
    expect(encoder.spec).toEqual(pairSpec());
    expect(encoder.prepare(sides()).equal(inSix().encoder.prepare(six()))).toBe(true);
  });

  it('shows the image, the depth and both predictions', () => {
    const [preview] = inPairs().eval().preview(pairs());
    const [other] = inSix().eval().preview(batch(six()));
    const pictures = (rows: typeof preview) => rows!.rows.flat().map(({ image }) => image!.toNumbers());
    expect(pictures(preview)).toEqual(pictures(other));
  });

  const check = (pair: 'lab' | 'rgb-depth', spec: object) => () =>
    checkData(splitBrain as never, { pair }, spec as ImageSpec);

  it.each([
    ['images of six channels', imageSpec(16, 6)],
    ['aligned pairs', pairSpec()],
  ])('takes %s', (_, spec) => {
    expect(check('rgb-depth', spec)).not.toThrow();
  });

  it.each([
    ['sides that do not match', pairSpec({ isAligned: false }), /learns from aligned pairs, .* files do not match/],
    [
      'a gray image',
      pairSpec({ first: imageSpec(16, 1) }),
      'On the first side, Split-brain autoencoder learns from images in color, received images in gray',
    ],
    [
      'depth in one channel',
      pairSpec({ second: imageSpec(16, 1) }),
      'On the second side, Split-brain autoencoder learns',
    ],
    [
      'sides of two sizes',
      pairSpec({ second: imageSpec(32) }),
      /in one size for `data`, received "16 x 16 and 32 x 32/,
    ],
    [
      'sounds beside images',
      pairSpec({ second: { modality: 'sound', rate: 8000, length: 64 } as never }),
      'received sounds on the second side',
    ],
    ['images without depth', imageSpec(16), /received images in color\. Give a pair of aligned folders/],
  ])('refuses %s', (_, spec, message) => {
    expect(check('rgb-depth', spec)).toThrow(message);
  });

  it('refuses pairs for lightness and colors', () => {
    expect(check('lab', pairSpec())).toThrow('learns from no pairs with these options');
  });
});

it('names an encoder that can be made again', () => {
  const { backbone } = make();
  const again = createBackbone(backbone.architecture, backbone.options);
  expect(again.loadStateDict(backbone.stateDict())).toEqual({ missing: [], unexpected: [] });
  const prepared = make().encoder.prepare(samples());
  expect(again.eval().features(prepared).equal(backbone.eval().features(prepared))).toBeTruthy();
});
