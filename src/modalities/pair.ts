import { existsSync } from 'node:fs';
import { z } from 'zod';
import type { Dataset, ImageSpec, PairSpec, SampleSpec, Samples, Split } from '../data/index.js';
import { namesTextPairs, openTextPairs, resolveTextPairs, textPairsHaveSplit } from '../data/open-text-pairs.js';
import { notAligned, PairDataset } from '../data/pair-dataset.js';
import { namedBy } from '../data/sources/named.js';
import { isRenderedFolder } from '../data/sources/rendered.js';
import { ops, type Tensor } from '../engine/index.js';
import { AutodidactError, expected } from '../errors.js';
import { movingSpecs, openMovingMasks } from '../motion/index.js';
import type { Augment, Modality, Needs, OpenOptions, Shown } from './modality.js';

const PREFIX = 'pair:';

type PairSamples = { readonly first: Samples; readonly second: Samples };

/** What a pair needs to know of the kinds of its sides. */
export interface Lookup {
  modalityOf(spec: SampleSpec): Modality;
  /** @throws AutodidactError `DATA` for samples of another kind or form */
  asSeenBy(spec: SampleSpec, data: Dataset): Dataset;
  open(spec: string, options: OpenOptions): Promise<Dataset>;
  resolve(spec: string): Promise<string>;
  hasSplit(spec: string, split: Split): Promise<boolean>;
}

/**
 * Two domains, `pair:<first>,<second>`, each of any kind: images and their depth, rendered and real images. Each side is
 * handled by its own modality. `moving:<videos>` are what moves in frames of videos, and the frames; `text:...?pairs=next` and the like texts in pairs.
 */
export function pairModality({ modalityOf, asSeenBy, open, resolve, hasSplit }: Lookup): Modality<PairSpec> {
  const side = z.looseObject({ modality: z.string() }).transform((spec, context): SampleSpec => {
    const checked = modalityOf(spec).schema.safeParse(spec);
    if (checked.success) return checked.data as SampleSpec;
    for (const issue of checked.error.issues) context.addIssue({ ...issue } as never);
    return z.NEVER;
  });
  return {
    name: 'pair',
    schema: z.object({ modality: z.literal('pair'), first: side, second: side, isAligned: z.boolean() }),
    plural: 'pairs',
    examples: ['moving:./videos', 'moving:synthetic:sprites?camera=pan'],
    claims: async (spec) => spec.startsWith(PREFIX) || movingSpecs.names(spec) || namesTextPairs(spec),

    async open(spec, { labels, ...options }) {
      if (movingSpecs.names(spec)) return openMoving(spec, { labels, ...options });
      if (namesTextPairs(spec)) return openPairsOfTexts(spec, { labels, ...options });
      const [first, second] = sidesOf(spec).map((side) =>
        isRenderedFolder(side) ? `rendered:${side}` : side,
      ) as Sides;
      const one = await open(first, { ...options, ...(labels === undefined ? {} : { labels }) });
      const { size = options.size, length = options.length } = modalityOf(one.spec).formOf(one.spec);
      return PairDataset.of(one, await open(second, { ...options, size, length }));
    },

    async hasSplit(spec, split) {
      if (movingSpecs.names(spec)) return movingSpecs.hasSplit(spec, split);
      if (namesTextPairs(spec)) return textPairsHaveSplit(spec, split);
      const sides = await Promise.all(sidesOf(spec).map((part) => hasSplit(part, split)));
      return sides.every((isThere) => isThere);
    },

    async resolve(spec) {
      if (movingSpecs.names(spec)) return movingSpecs.resolve(spec);
      if (namesTextPairs(spec)) return resolveTextPairs(spec);
      const sides = await Promise.all(sidesOf(spec).map(resolve));
      return `${PREFIX}${sides.join(',')}`;
    },

    formOf: ({ first }) => ({ ...modalityOf(first).formOf(first), channels: 'auto' }),
    isSmall: ({ first, second }) => modalityOf(first).isSmall(first) && modalityOf(second).isSmall(second),
    weight: ({ first, second }) => modalityOf(first).weight(first) + modalityOf(second).weight(second),
    input: ({ second }) => modalityOf(second).input(second),

    check({ first, second, isAligned }, { side, pairs, isAligned: mustBeAligned = false }: Needs, title) {
      if (pairs === undefined)
        throw new AutodidactError('DATA', `${title} learns from no pairs with these options`, {
          remedy: 'Pairs of an image and its depth are for `split-brain --pair rgb-depth`.',
        });
      for (const [name, spec] of Object.entries({ first, second }) as ['first' | 'second', SampleSpec][]) {
        const modality = modalityOf(spec);
        if (modality.name !== 'image')
          throw new AutodidactError(
            'DATA',
            `${title} learns from pairs of images, received ${modality.plural} on the ${name} side`,
          );
        modality.check(spec, { side, channels: pairs[name] }, `On the ${name} side, ${title}`);
      }
      checkSizes(first as ImageSpec, second as ImageSpec);
      if (mustBeAligned && !isAligned) throw notAligned(title);
    },

    checkSame({ first, second }, given) {
      const { first: own, second: other } = given as PairDataset;
      asSeenBy(first, own);
      asSeenBy(second, other);
    },

    preserve: (spec, strength) => together(spec, (images) => modalityOf(images).preserve(images, strength)),
    views: (spec) => together(spec, (images) => modalityOf(images).views(images)),

    show(samples, index, { first, second }) {
      const { first: one, second: two } = samples as PairSamples;
      return sideBySide(modalityOf(first).show(one, index, first), modalityOf(second).show(two, index, second));
    },

    describe: ({ first, second }) => `${modalityOf(first).describe(first)} | ${modalityOf(second).describe(second)}`,
  };
}

const openMoving = (spec: string, options: OpenOptions): Promise<PairDataset> => {
  const { length: _, frames: __, fps: ___, ...others } = options;
  return openMovingMasks(spec, others);
};

const openPairsOfTexts = (spec: string, options: OpenOptions): Promise<PairDataset> => {
  const { size: _, channels: __, mostSize: ___, length: ____, frames: _____, fps: ______, ...others } = options;
  return openTextPairs(spec, others);
};

type Sides = [first: string, second: string];

/** The two data specs. A comma may be part of either: they are parted where both exist or have a name, else at the first comma. */
function sidesOf(spec: string): Sides {
  const parts = spec.slice(PREFIX.length).split(',');
  const splits = parts.slice(1).map((_, i): Sides => [parts.slice(0, i + 1).join(','), parts.slice(i + 1).join(',')]);
  const isKnown = (side: string): boolean => existsSync(side) || namedBy(side) !== undefined;
  const sides = splits.find((both) => both.every(isKnown)) ?? splits[0];
  if (sides?.every((side) => side !== '' && !side.startsWith(PREFIX)) === true) return sides;
  throw expected('two sides, pair:<first>,<second>', 'data', spec, {
    remedy: 'Each side is a folder, a file or a name, such as pair:./images,./depth.',
  });
}

/** @throws AutodidactError `DATA` for sides of two sizes */
function checkSizes(first: ImageSpec, second: ImageSpec): void {
  if (first.height === second.height && first.width === second.width) return;
  const size = ({ height, width }: ImageSpec): string => `${width} x ${height}`;
  throw expected('both sides of a pair in one size', 'data', `${size(first)} and ${size(second)} pixels`, {
    code: 'DATA',
    remedy: 'Open both with the same --size.',
  });
}

/** The same change of both sides of aligned images of one size, as if they were channels of one image; null for other pairs. */
function together(
  { first, second, isAligned }: PairSpec,
  augmentOf: (spec: ImageSpec) => Augment | null,
): Augment<PairSamples> | null {
  if (!isAligned || first.modality !== 'image' || second.modality !== 'image') return null;
  const [one, two] = [first as ImageSpec, second as ImageSpec];
  if (one.height !== two.height || one.width !== two.width) return null;
  const augment = augmentOf({ ...one, channels: one.channels + two.channels });
  if (augment === null) return null;
  return (samples, random) => {
    const changed = augment(ops.cat([samples.first as Tensor, samples.second as Tensor], 1), random) as Tensor;
    return { first: changed.narrow(1, 0, one.channels), second: changed.narrow(1, one.channels, two.channels) };
  };
}

/** Both texts, or both pictures in one where their heights agree; otherwise the first. */
function sideBySide(first: Shown, second: Shown): Shown {
  if (first.kind === 'text' && second.kind === 'text') return { kind: 'text', text: `${first.text} | ${second.text}` };
  if (first.kind === 'text' || second.kind === 'text') return first;
  if (first.image.size(1) !== second.image.size(1)) return first;
  const inColor = ({ image }: { image: Tensor }) => image.expand([3, image.size(1), image.size(2)]);
  return { kind: 'picture', image: ops.cat([inColor(first), inColor(second)], 2) };
}
