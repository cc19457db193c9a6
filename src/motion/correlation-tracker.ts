import type { Box } from '../data/box.js';
import {
  type Device,
  GRID_OUTSIDE,
  GRID_READING,
  keep,
  ops,
  type Tensor,
  tensor,
  withoutGraph,
} from '../engine/index.js';
import { expected } from '../errors.js';
import { parseOptions } from '../options.js';
import { type TrackerOptions, trackerOptions } from './settings.js';

/** Where a tracker finds its object in a frame. */
export interface Tracked {
  readonly box: Box;
  /** The filter's highest response, about 1 when the object looks as it did; small ones mean that it is lost. */
  readonly peak: number;
}

/** Orientations of gradients, 180 / 6 degrees apart; both directions of one count as the same. */
const ORIENTATIONS = 6;
/** Gradients are averaged over squares of so many samples a side. */
const CELL = 5;

/**
 * A correlation filter that follows a box at its first size: KCF, Henriques et al. 2015. The features are colors less their mean
 * and gradients of six orientations; the window is sampled to a fixed size. The box is known from its own past alone: what the
 * object looks like is learned from the first frame and adapted in each further one.
 */
export class CorrelationTracker {
  private readonly options: TrackerOptions;
  private readonly constants: Constants;
  private model: Model | null = null;
  private x: number;
  private y: number;

  /**
   * @param frame uint8 (C, H, W), C = 1 or 3, on any device
   * @param box at least 2 pixels a side, its middle in the picture
   * @throws AutodidactError `SHAPE`, `USAGE` for a box or an option that does not fit
   */
  constructor(
    frame: Tensor,
    private readonly box: Box,
    options: Partial<TrackerOptions> = {},
  ) {
    this.options = parseOptions(trackerOptions, options, { owner: 'The tracker' });
    checkFrame(frame);
    this.x = box.left + box.width / 2;
    this.y = box.top + box.height / 2;
    const [, height, width] = frame.shape as [number, number, number];
    const isInPicture = this.x >= 0 && this.y >= 0 && this.x <= width && this.y <= height;
    if (!(box.width >= 2 && box.height >= 2 && isInPicture && Number.isFinite(box.width + box.height)))
      throw expected(
        `a box of at least 2 x 2 pixels with its middle in the picture of ${width} x ${height}`,
        'box',
        box,
      );
    this.constants = withoutGraph(() => constantsFor(this.options, frame.device));
    this.learn(frame);
  }

  /** Finds the object in the next frame, of the same size as the first, and learns how it looks there. */
  update(frame: Tensor): Tracked {
    checkFrame(frame);
    const [, height, width] = frame.shape as [number, number, number];
    const { dx, dy, peak } = this.search(frame);
    this.x = clamp(this.x + dx, width);
    this.y = clamp(this.y + dy, height);
    this.learn(frame);
    return { box: this.place(), peak };
  }

  dispose(): void {
    for (const held of [this.constants, this.model]) for (const part of Object.values(held ?? {})) part.dispose();
    this.model = null;
  }

  private place(): Box {
    const { width, height } = this.box;
    return { left: this.x - width / 2, top: this.y - height / 2, width, height };
  }

  /** How far the object has moved, in pixels. */
  private search(frame: Tensor): { dx: number; dy: number; peak: number } {
    const side = this.options.templateSide;
    const response = withoutGraph(() => {
      const seen = this.featuresAt(frame);
      const kernel = spectrum(correlate(seen, this.model!, this.options.sigma));
      return signal(kernel.mul(this.model!.filter), side).toTypedArray();
    });
    let best = 0;
    for (let i = 1; i < response.length; i++) if (response[i]! > response[best]!) best = i;
    const [row, column] = [Math.floor(best / side), best % side];
    const at = (y: number, x: number): number => Number(response[((y + side) % side) * side + ((x + side) % side)]);
    const right = circular(column, side) + vertex(at(row, column - 1), at(row, column), at(row, column + 1));
    const down = circular(row, side) + vertex(at(row - 1, column), at(row, column), at(row + 1, column));
    const scale = this.options.padding / side;
    return { dx: right * scale * this.box.width, dy: down * scale * this.box.height, peak: at(row, column) };
  }

  /** Solves for the filter that gives the wanted response in this window, and moves the model towards it. */
  private learn(frame: Tensor): void {
    const { sigma, regularization, rate } = this.options;
    const next = withoutGraph(() => {
      const seen = this.featuresAt(frame);
      const kernel = spectrum(correlate(seen, seen, sigma));
      return { ...seen, filter: this.constants.wanted.div(kernel.add(regularization)) };
    });
    const before = this.model;
    this.model = withoutGraph(() => (before === null ? next : blend(before, next, rate)));
    for (const part of Object.values(this.model)) keep(part);
    if (before !== null) for (const old of [before, next]) for (const part of Object.values(old)) part.dispose();
  }

  private featuresAt(frame: Tensor): Features {
    const { padding, templateSide } = this.options;
    const window = { x: this.x, y: this.y, width: padding * this.box.width, height: padding * this.box.height };
    const values = features(sampleWindow(frame, window, templateSide), this.constants);
    return { values, waves: spectrum(values) };
  }
}

/**
 * Follows a box through frames, beginning in the first.
 *
 * @param frames uint8 (T, C, H, W), C = 1 or 3, or one (C, H, W) after the other
 * @returns one place for each frame; the first is the given box
 * @throws AutodidactError as the tracker does
 */
export function trackBox(frames: Tensor | Iterable<Tensor>, box: Box, options?: Partial<TrackerOptions>): Tracked[] {
  const tracked: Tracked[] = [];
  let tracker: CorrelationTracker | undefined;
  try {
    for (const frame of 'shape' in frames ? framesOf(frames) : frames) {
      if (tracker !== undefined) tracked.push(tracker.update(frame));
      else {
        tracker = new CorrelationTracker(frame, box, options);
        tracked.push({ box, peak: 1 });
      }
    }
  } finally {
    tracker?.dispose();
  }
  return tracked;
}

function* framesOf(frames: Tensor): Iterable<Tensor> {
  for (let t = 0; t < frames.size(0); t++) {
    const frame = frames.select(0, t);
    yield frame;
    frame.dispose();
  }
}

/** What a window looks like: S samples a side. */
interface Features {
  /** (9 or 7, S, S). */
  values: Tensor;
  /** Their spectra, complex (9 or 7, S, S / 2 + 1). */
  waves: Tensor;
}

interface Model extends Features {
  /** Spectrum of the dual coefficients, complex (S, S / 2 + 1). */
  filter: Tensor;
}

interface Constants {
  /** Derivatives in each orientation, (6, 1, 3, 3). */
  derivatives: Tensor;
  /** Hann window, (S, S). */
  hann: Tensor;
  /** Spectrum of the wanted response, a Gaussian around no motion. */
  wanted: Tensor;
}

function constantsFor({ templateSide: side, padding, labelSpread }: TrackerOptions, device: Device): Constants {
  const outer = (line: readonly number[]): Tensor =>
    tensor(Float32Array.from(line.flatMap((a) => line.map((b) => a * b))), { shape: [side, side], device });
  const counted = Array.from({ length: side }, (_, i) => i);
  const spread = (labelSpread * side) / padding;
  const kernels = Array.from({ length: ORIENTATIONS }, (_, i) => {
    const [dx, dy] = [Math.cos((i * Math.PI) / ORIENTATIONS), Math.sin((i * Math.PI) / ORIENTATIONS)];
    return [0, -dy, 0, -dx, 0, dx, 0, dy, 0];
  });
  return {
    derivatives: keep(tensor(Float32Array.from(kernels.flat()), { shape: [ORIENTATIONS, 1, 3, 3], device })),
    hann: keep(outer(counted.map((i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / (side - 1))))),
    wanted: keep(spectrum(outer(counted.map((i) => Math.exp(-(circular(i, side) ** 2) / (2 * spread ** 2)))))),
  };
}

/** A window of a frame as side x side samples in [0, 1], (1, C, side, side); beyond the frame its edge goes on. */
function sampleWindow(
  frame: Tensor,
  { x, y, width, height }: { x: number; y: number; width: number; height: number },
  side: number,
): Tensor {
  const [, rows, columns] = frame.shape as [number, number, number];
  const [top, down] = covered(y, height, rows);
  const [left, across] = covered(x, width, columns);
  const crop = frame.narrow(1, top, down).narrow(2, left, across).to('float32').div(255).unsqueeze(0);
  // Means of whole pixels first, so that the samples of a large window leave out none.
  const [tall, wide] = [Math.max(1, Math.floor(height / side)), Math.max(1, Math.floor(width / side))];
  const factors = [Math.min(tall, down), Math.min(wide, across)] as const;
  const small = factors[0] > 1 || factors[1] > 1 ? ops.avgPool2d(crop, factors) : crop;
  const [kept, broad] = [small.size(2) * factors[0], small.size(3) * factors[1]];
  const placed = [
    [width / broad, 0, (2 * (x - left)) / broad - 1],
    [0, height / kept, (2 * (y - top)) / kept - 1],
  ];
  const grid = ops.affineGridGenerator(tensor([placed], { device: frame.device }), [1, 1, side, side], false);
  return ops.gridSampler(small, grid, GRID_READING.bilinear, GRID_OUTSIDE.border, false);
}

/** The pixels of one axis that a window around `middle` touches: the first and their number, at least one. */
function covered(middle: number, length: number, size: number): [first: number, count: number] {
  const first = Math.min(size - 1, Math.max(0, Math.floor(middle - length / 2) - 1));
  return [first, Math.max(1, Math.min(size, Math.ceil(middle + length / 2) + 1) - first)];
}

/** Colors less their mean, and lengths of gradients by orientation: (C + 6, S, S), fading out towards the edges. */
function features(window: Tensor, { derivatives, hann }: Constants): Tensor {
  const gray = window.mean([1], true);
  const gradients = ops.conv2d(ops.pad(gray, [1, 1, 1, 1], 'replicate'), derivatives).abs();
  const cells = ops.avgPool2d(gradients, CELL, 1, (CELL - 1) / 2, false, false);
  const colors = window.sub(window.mean([2, 3], true));
  return ops.cat([colors, cells], 1).select(0, 0).mul(hann);
}

/** The Gaussian kernel of two windows at every circular shift, (S, S): Henriques et al. 2015, equation 30. */
function correlate(a: Features, b: Features, sigma: number): Tensor {
  const products = signal(a.waves.mul(b.waves.conjPhysical()).sum([0]), a.values.size(-1));
  const squares = a.values.square().sum().add(b.values.square().sum());
  return products
    .mul(-2)
    .add(squares)
    .clampMin(0)
    .mul(-1 / (sigma ** 2 * a.values.numel))
    .exp();
}

function blend(before: Model, next: Model, rate: number): Model {
  const mixed = (name: keyof Model): Tensor => before[name].mul(1 - rate).add(next[name].mul(rate));
  return { values: mixed('values'), waves: mixed('waves'), filter: mixed('filter') };
}

const spectrum = (values: Tensor): Tensor => values.fftRfft2(null, [-2, -1]);
const signal = (waves: Tensor, side: number): Tensor => waves.fftIrfft2([side, side], [-2, -1]);

/** A shift on a circle as the shorter way: from -side / 2 to side / 2. */
const circular = (shift: number, side: number): number => (shift > side / 2 ? shift - side : shift);

/** Where the parabola through three neighbors is highest, from the middle one. */
function vertex(before: number, middle: number, after: number): number {
  const bend = 2 * middle - before - after;
  return bend > 0 ? (after - before) / (2 * bend) : 0;
}

const clamp = (place: number, most: number): number => Math.min(Math.max(place, 0), most);

function checkFrame(frame: Tensor): void {
  const isFrame = frame.ndim === 3 && frame.dtype === 'uint8' && [1, 3].includes(frame.size(0)) && frame.numel > 0;
  if (!isFrame) throw expected('uint8 (C, H, W) with 1 or 3 channels', 'frame', frame, { code: 'SHAPE' });
}
