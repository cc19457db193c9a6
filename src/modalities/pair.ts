import { existsSync } from 'node:fs';
import type { Dataset, ImageSpec, PairSpec, SampleSpec, Samples } from '../data/index.js';
import { notAligned, PairDataset } from '../data/pair-dataset.js';
import { ops, type Tensor } from '../engine/index.js';
import { expected } from '../errors.js';
import type { Augment, Modality, OpenOptions, Shown } from './modality.js';

const PREFIX = 'pair:';

type PairSamples = { readonly first: Samples; readonly second: Samples };

/** What a pair needs to know of the kinds of its sides. */
export interface Lookup {
  modalityOf(spec: SampleSpec): Modality;
  open(spec: string, options: OpenOptions): Promise<Dataset>;
  resolve(spec: string): Promise<string>;
}

/**
 * Two domains, `pair:<first>,<second>`, each of any kind: images and their depth, rendered and real images. What belongs to one
 * side is asked of its own modality.
 */
export function pairModality({ modalityOf, open, resolve }: Lookup): Modality<PairSpec> {
  return {
    name: 'pair',
    plural: 'pairs',
    claims: async (spec) => spec.startsWith(PREFIX),

    async open(spec, { labels, ...options }) {
      const [first, second] = sidesOf(spec);
      const one = await open(first, { ...options, ...(labels === undefined ? {} : { labels }) });
      const { size, length } = modalityOf(one.spec).formOf(one.spec);
      return PairDataset.of(one, await open(second, { ...options, ...{ size, length } }));
    },

    async resolve(spec) {
      const sides = await Promise.all(sidesOf(spec).map(resolve));
      return `${PREFIX}${sides.join(',')}`;
    },

    formOf: ({ first }) => ({ ...modalityOf(first).formOf(first), channels: 'auto' }),
    isSmall: ({ first, second }) => modalityOf(first).isSmall(first) && modalityOf(second).isSmall(second),
    weight: ({ first, second }) => modalityOf(first).weight(first) + modalityOf(second).weight(second),
    input: ({ second }) => modalityOf(second).input(second),

    check({ first, second, isAligned }, { side, isAligned: mustBeAligned, pairs }, title) {
      if (mustBeAligned === true && !isAligned) throw notAligned(title);
      modalityOf(first).check(first, { side, channels: pairs?.first }, title);
      modalityOf(second).check(second, { side, channels: pairs?.second }, title);
    },

    checkSame({ first, second }, given) {
      const { first: own, second: other } = given as PairDataset;
      modalityOf(first).checkSame(first, own);
      modalityOf(second).checkSame(second, other);
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

/** The two data specs. A comma may be part of a path: the sides are parted where both exist, else at the first comma. */
function sidesOf(spec: string): [first: string, second: string] {
  const parts = spec.slice(PREFIX.length).split(',');
  const splits = parts.slice(1).map((_, i) => [parts.slice(0, i + 1).join(','), parts.slice(i + 1).join(',')] as const);
  const [first = '', second = ''] = splits.find((sides) => sides.every((side) => existsSync(side))) ?? splits[0] ?? [];
  if (first !== '' && second !== '') return [first, second];
  throw expected('two sides, pair:<first>,<second>', 'data', spec);
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

/** Both pictures in one where their heights agree, otherwise the first. */
function sideBySide(first: Shown, second: Shown): Shown {
  if (first.kind === 'text' || second.kind === 'text') return first;
  if (first.image.size(1) !== second.image.size(1)) return first;
  const inColor = ({ image }: { image: Tensor }) => image.expand([3, image.size(1), image.size(2)]);
  return { kind: 'picture', image: ops.cat([inColor(first), inColor(second)], 2) };
}
