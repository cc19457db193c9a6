import { type Generator, noGrad, ops, scope, type Tensor, tensor } from '../engine/index.js';
import { expected } from '../errors.js';
import { COMPOSE, type Description, stepsOf } from './description.js';

type Body = (images: Tensor, random: Generator) => Tensor;

/**
 * Maps a batch [N, C, H, W] to a batch, with random parameters per image. It records no gradient, keeps only its result in
 * memory, and preserves the memory format. It may return its input unchanged, so never write to a result.
 *
 * Any function of this signature is a transform.
 */
export interface Transform {
  (images: Tensor, random: Generator): Tensor;
  /** The computation alone, in any memory format; `compose` chains bodies and restores the format once. */
  readonly body?: Body;
  readonly description?: Description;
}

/** A deterministic transform; the generator may be omitted. */
export interface FixedTransform {
  (images: Tensor, random?: Generator): Tensor;
  readonly body?: (images: Tensor, random?: Generator) => Tensor;
  readonly description?: Description;
}

/** Input of a transform: float32 (uint8 is converted by `toFloat`), or any dtype for transforms that only move pixels. */
type Input = 'float' | 'pixels';

/**
 * Makes a transform from a body, which may return any memory format but must not write to its input.
 *
 * @param description of what the body does; a name alone for a transform without parameters
 */
export function transform(description: Description | string, input: Input, body: Body): Transform {
  const described = typeof description === 'string' ? { name: description } : description;
  const { name } = described;
  const checked: Body = (images, random) => {
    checkBatch(images, name);
    return body(input === 'float' ? toFloat32(images, name) : images, random);
  };
  const run: Body = (images, random) => noGrad(() => scope(() => inFormatOf(images, checked(images, random))));
  return Object.assign(run, { body: checked, description: described });
}

/** As `transform`, for a deterministic body. */
export function fixedTransform(
  description: Description | string,
  input: Input,
  body: (images: Tensor) => Tensor,
): FixedTransform {
  return transform(description, input, body) as FixedTransform;
}

/** Composes transforms into one that applies them in order. */
export function compose(...transforms: readonly FixedTransform[]): FixedTransform;
export function compose(...transforms: readonly Transform[]): Transform;
export function compose(...transforms: readonly Transform[]): Transform {
  const steps = transforms.flatMap(stepsOf);
  return transform({ name: COMPOSE, steps }, 'pixels', (images: Tensor, random: Generator) =>
    chain(
      images,
      transforms.map((step) => (batch) => (step.body ?? step)(batch, random)),
    ),
  );
}

/** Runs steps in order, each in a scope around the previous one, so that intermediate batches are freed early. */
export function chain(images: Tensor, steps: readonly ((batch: Tensor) => Tensor)[]): Tensor {
  const start = () => images;
  return steps.reduce<() => Tensor>((before, step) => () => scope(() => step(before())), start)();
}

/**
 * A uint8 batch [0, 255] as float32 [0, 1] in the same memory format; a float32 batch unchanged.
 *
 * @throws AutodidactError `SHAPE` for any other dtype or for fewer than four dimensions
 */
export const toFloat: FixedTransform = fixedTransform('toFloat', 'float', (images) => images);

function toFloat32(images: Tensor, name: string): Tensor {
  const dtype = images.dtype;
  if (dtype === 'float32') return images;
  if (dtype !== 'uint8')
    throw expected('a float32 or uint8 batch', name, images, {
      code: 'SHAPE',
      remedy: 'Convert it with `to("float32")` and scale it to [0, 1].',
    });
  return images.to('float32').div_(255);
}

function checkBatch(images: Tensor, name: string): void {
  const shape = images.shape;
  if (shape.length !== 4 || shape.includes(0))
    throw expected('a batch of images [N, C, H, W]', name, images, { code: 'SHAPE' });
}

function inFormatOf(images: Tensor, result: Tensor): Tensor {
  const isChannelsLast = images.isContiguous('channelsLast');
  return result.to({ memoryFormat: isChannelsLast ? 'channelsLast' : 'contiguous' });
}

/**
 * Splits a batch by `groups[i]`, runs each part [n, C, H, W] through the body of its group in one call, and restores the
 * order. Results may differ only in n. `members` are the indices of the part in the batch.
 */
export function inGroups(
  images: Tensor,
  groups: readonly number[],
  bodies: readonly ((part: Tensor, members: number[]) => Tensor)[],
): Tensor {
  const members = bodies.map((): number[] => []);
  for (const [i, group] of groups.entries()) members[group]!.push(i);
  const used = [...members.keys()].filter((group) => members[group]!.length > 0);
  if (used.length === 1) return bodies[used[0]!]!(images, members[used[0]!]!);
  const device = images.device;
  const rows = images.to({ memoryFormat: 'contiguous' });
  const parts = used.map((group) => {
    const places = tensor(BigInt64Array.from(members[group]!, BigInt), { device });
    return scope(() => bodies[group]!(rows.indexSelect(0, places), members[group]!));
  });
  const back = new BigInt64Array(groups.length);
  let position = 0;
  for (const group of used) for (const i of members[group]!) back[i] = BigInt(position++);
  return ops.cat(parts).indexSelect(0, tensor(back, { device }));
}

/** Identity body for `inGroups`. */
export const unchanged = (part: Tensor): Tensor => part;

/** Applies `body` to the flagged images. */
export function toChosen(
  images: Tensor,
  isChosen: readonly boolean[],
  body: (part: Tensor, members: number[]) => Tensor,
): Tensor {
  return inGroups(images, isChosen.map(Number), [unchanged, body]);
}

/**
 * `count` rows of `columns` uniform numbers in [0, 1), drawn by one operator on the generator's device; returns a function
 * that reads a row. Parameters stay on the host, so a CPU generator gives the same views on every device, without
 * synchronizing it.
 */
export function uniforms(count: number, columns: number, random: Generator): (row: number) => Float32Array {
  const drawn = scope(() =>
    ops.rand([count, columns], { generator: random, dtype: 'float32', device: random.device }).toTypedArray(),
  ) as Float32Array;
  return (row) => drawn.subarray(row * columns, (row + 1) * columns);
}

/** One flag per image: true with probability `p`. */
export function sampleChosen(count: number, p: number, random: Generator): boolean[] {
  const draws = uniforms(count, 1, random);
  return Array.from({ length: count }, (_, i) => draws(i)[0]! < p);
}

/** One number per image as a float32 tensor [N, 1, 1, 1] on the images' device. */
export function perImage(values: readonly number[], images: Tensor): Tensor {
  return tensor(Float32Array.from(values), { shape: [values.length, 1, 1, 1], device: images.device });
}

/** @throws AutodidactError `SHAPE` unless a list of parameters has one entry per image */
export function checkCount(count: number, images: Tensor, name: string): void {
  if (images.size(0) !== count)
    throw expected(`one entry per image of ${images.describe()}`, name, `${count} entries`, { code: 'SHAPE' });
}

/** @throws AutodidactError `ENGINE` when `autocast` has rounded a product to 16 bits; returns the product otherwise */
export function checkPrecision(product: Tensor): Tensor {
  if (product.dtype === 'float32') return product;
  throw expected('augmentation outside `autocast`', 'images', `products in ${product.dtype}`, {
    code: 'ENGINE',
    remedy: 'Make the views first and run only the network inside `autocast`.',
  });
}

/** @throws AutodidactError `USAGE` unless `p` is a probability */
export function checkProbability(p: number, name = 'p'): void {
  if (!(p >= 0 && p <= 1)) throw expected('a probability from 0 to 1', name, p);
}

/** @throws AutodidactError `USAGE` unless both numbers are ordered and within the bounds */
export function checkRange(
  range: readonly number[],
  name: string,
  least: number,
  most = Number.POSITIVE_INFINITY,
): void {
  const [low, high] = range;
  const isFine = range.length === 2 && low! >= least && low! <= high! && high! <= most;
  const bounds = most === Number.POSITIVE_INFINITY ? `of at least ${least}` : `from ${least} to ${most}`;
  if (!isFine) throw expected(`two numbers ${bounds}, the smaller first,`, name, range);
}

/** @throws AutodidactError `USAGE` unless the number is an integer of at least `least` */
export function checkInteger(value: number, name: string, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) throw expected(`an integer of at least ${least}`, name, value);
}

/** A square's side, or [height, width]. */
export type Size = number | readonly [height: number, width: number];

/** @throws AutodidactError `USAGE` unless both sides are positive integers */
export function sides(size: Size, name = 'size'): [height: number, width: number] {
  const both: [number, number] = typeof size === 'number' ? [size, size] : [size[0], size[1]];
  for (const side of both) checkInteger(side, name, 1);
  return both;
}

/** Maps a draw from [0, 1) to [low, high). */
export const between = (low: number, high: number, draw: number): number => low + (high - low) * draw;
