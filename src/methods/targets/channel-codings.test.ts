import { describe, expect, it } from 'vitest';
import { Generator, ops, type Tensor, tensor } from '../../engine/index.js';
import {
  BYTE_SCALE,
  type ChannelCoding,
  COLOR_SCALE,
  colorBins,
  evenBinOf,
  evenBins,
  joined,
  LIGHTNESS_SCALE,
  regressed,
  toScale,
} from './channel-codings.js';
import { AB_BINS } from './color-bins.js';

const random = (seed: number): Generator => new Generator(seed);
const BYTES = { channels: 3, bins: 32, from: 0, to: 256 };
const LIGHT = { channels: 1, bins: 50, from: 0, to: 100 };
/** Lab and HHA maps of 2 x 2 x 3 pixels. */
const lightness = (): Tensor => ops.rand([2, 1, 2, 3], { generator: random(1) }).mul(100);
const colors = (): Tensor =>
  ops
    .rand([2, 2, 2, 3], { generator: random(2) })
    .mul(120)
    .sub(60);
const bytes = (): Tensor => ops.rand([2, 3, 2, 3], { generator: random(3) }).mul(255);

describe.each<[string, ChannelCoding, () => Tensor]>([
  ['regressed', regressed([LIGHTNESS_SCALE, COLOR_SCALE, COLOR_SCALE]), () => ops.cat([lightness(), colors()], 1)],
  ['colorBins', colorBins(0.38), colors],
  ['evenBins of one channel', evenBins(LIGHT), lightness],
  ['evenBins of three channels', evenBins(BYTES), bytes],
  ['joined', joined(evenBins(LIGHT), colorBins(0.38)), () => ops.cat([lightness(), colors()], 1)],
])('%s', (_, coding, truth) => {
  const output = (): Tensor => ops.randn([2, coding.outputs, 2, 3], { generator: random(4) });

  it('gives a loss, and answers that are right or wrong, of every pixel', () => {
    expect(coding.loss(output(), truth()).shape).toEqual([2, 2, 3]);
    const hits = coding.hits?.(output(), truth());
    if (hits !== undefined) expect(hits.shape).toEqual([2, 2, 3]);
    expect(coding.decode(output()).shape).toEqual([2, coding.channels, 2, 3]);
  });

  it('treats every pixel by itself', () => {
    const corner = (map: Tensor): Tensor => map.narrow(2, 1, 1).narrow(3, 2, 1);
    const whole = coding.loss(output(), truth()).narrow(1, 1, 1).narrow(2, 2, 1);
    expect(coding.loss(corner(output()), corner(truth())).sub(whole).abs().amax().item()).toBeLessThan(1e-5);
  });
});

describe('regressed', () => {
  it('loses half the squared distance on the scales of the channels', () => {
    const scales = [LIGHTNESS_SCALE, COLOR_SCALE, BYTE_SCALE];
    const output = tensor([0.1, -0.2, 0.3], { shape: [1, 3, 1, 1] });
    const truth = tensor([80, 22, 64], { shape: [1, 3, 1, 1] });
    const expected = ((0.1 - 0.3) ** 2 + (-0.2 - 0.2) ** 2 + (0.3 + 0.5) ** 2) / 2;
    expect(regressed(scales).loss(output, truth).item()).toBeCloseTo(expected, 5);
  });

  it('decodes what it was trained towards', () => {
    const scales = [LIGHTNESS_SCALE, COLOR_SCALE, COLOR_SCALE];
    const truth = ops.cat([lightness(), colors()], 1);
    const decoded = regressed(scales).decode(toScale(truth, scales));
    expect(decoded.sub(truth).abs().amax().item()).toBeLessThan(1e-3);
  });
});

describe('evenBins', () => {
  it('cuts the range into bins of one width, both ends included', () => {
    const values = tensor([0, 1.99, 2, 50, 99.9, 100, -3, 120], { shape: [1, 1, 1, 8] });
    expect(evenBinOf(values, LIGHT).toNumbers()).toEqual([0, 0, 1, 25, 49, 49, 0, 49]);
    expect(evenBinOf(tensor([0, 7.9, 8, 255], { shape: [1, 1, 1, 4] }), BYTES).toNumbers()).toEqual([0, 0, 1, 31]);
  });

  it('loses the sum of the cross-entropies of the channels', () => {
    const coding = evenBins(BYTES);
    const output = ops.randn([1, 96, 1, 1], { generator: random(5) });
    const truth = [3, 100, 250];
    const logits = output.toNumbers();
    const expected = truth.reduce((sum, value, channel) => {
      const own = logits.slice(channel * 32, channel * 32 + 32);
      const total = own.reduce((all, logit) => all + Math.exp(logit), 0);
      return sum - (own[Math.floor(value / 8)]! - Math.log(total));
    }, 0);
    expect(coding.loss(output, tensor(truth, { shape: [1, 3, 1, 1] })).item()).toBeCloseTo(expected, 4);
  });

  it('decodes certainty to the middle of the bin, and ignorance to the middle of the range', () => {
    const certain = ops.zeros([1, 96, 1, 1]);
    for (const [channel, bin] of [3, 12, 31].entries()) certain.select(1, 32 * channel + bin).fill_(100);
    expect(evenBins(BYTES).decode(certain).toNumbers()).toEqual([28, 100, 252]);
    expect(
      evenBins(BYTES)
        .decode(ops.zeros([1, 96, 1, 1]))
        .toNumbers(),
    ).toEqual([128, 128, 128]);
  });

  it('counts the share of channels that are right', () => {
    const output = ops.zeros([1, 96, 1, 1]);
    for (const [channel, bin] of [3, 12, 31].entries()) output.select(1, 32 * channel + bin).fill_(1);
    expect(evenBins(BYTES).hits!(output, tensor([28, 100, 0], { shape: [1, 3, 1, 1] })).item()).toBeCloseTo(2 / 3, 5);
  });
});

it('joined adds the losses of both parts, and decodes each by its own rule', () => {
  const [first, second] = [evenBins(LIGHT), colorBins(0.38)];
  const both = joined(first, second);
  const output = ops.randn([2, 363, 2, 3], { generator: random(6) });
  const [a, b] = output.splitWithSizes([50, AB_BINS.length], 1) as [Tensor, Tensor];
  const sum = first.loss(a, lightness()).add(second.loss(b, colors()));
  expect(both.loss(output, ops.cat([lightness(), colors()], 1)).equal(sum)).toBeTruthy();
  expect(both.decode(output).equal(ops.cat([first.decode(a), second.decode(b)], 1))).toBeTruthy();
  expect(joined(first, regressed([COLOR_SCALE])).hits).toBeUndefined();
});
