/** Changes to the loss of tracked patches, to the method and to the mining of its data. See scripts/mutate.mjs. */
import { changesOf } from './lib/changes.mjs';

const MINING = ['src/motion/open-patches.test.ts'];
const MINED = [...MINING, 'src/motion/open-camera.test.ts'];

export const mutations = [
  ...changesOf('methods/losses/ranked-hinge.ts', [
    ['items of one video are negatives', '.add(margin).gt(0).logicalAnd(others)', '.add(margin).gt(0)'],
    ['candidates may cost nothing', 'similarity.sub(own).add(margin).gt(0)', 'similarity.sub(own).add(margin).gt(-9)'],
    ['the farthest count as hard', 'lowest(similarity.neg(), candidates', 'lowest(similarity, candidates'],
    ['all candidates count as hard', 'lowest(first, nearest, hard)', 'lowest(first, candidates, hard)'],
    ['hard negatives are drawn twice', 'logicalAnd(drawnHard.logicalNot())', 'logicalAnd(candidates)'],
    ['the unused hard ones are left out', 'logicalAnd(drawnHard.logicalNot())', 'logicalAnd(nearest.logicalNot())'],
    ['the last item is no anchor', 'hinge(fromFirst).add(hinge(fromLast))', 'hinge(fromFirst).mul(2)'],
    ['the sum is divided by what was found', 'div(2 * negatives * chosen.size(0))', 'div(chosen.sum().mul(2))'],
    ['rows of zeros are divided by zero', 'vectorNorm(2, [1], true).add(EPSILON)', 'vectorNorm(2, [1], true)'],
  ]),
  ...changesOf('methods/video/tracking-patches.ts', [
    ['hard negatives come first', 'progress.step < randomShare', 'progress.step >= randomShare'],
    ['the biases begin at 0', 'init.constant_(bias!, 1)', 'init.constant_(bias!, 0)'],
    ['outputs may be negative', 'layers[1], new ReLU());', 'layers[1]);'],
    ['tracks of the same video may be the answer', '.maskedFill(isLeftOut, Number.NEGATIVE_INFINITY)', ''],
  ]),
  ...changesOf('motion/open-patches.ts', [
    ['a quarter of all points must move', 'fewest: number(1).default(0.05)', 'fewest: number(1).default(0.25)', MINING],
    ['a larger share than the largest is advised', '75 * largestStill', '125 * largestStill', MINING],
    ['the parameters are not in the key', 'clips.fingerprint, miner, size]', 'clips.fingerprint, size]', MINING],
    ['the last patch is the first', '[first, last].map((place)', '[first, first].map((place)', MINING],
    [
      'pairs are numbered, not videos',
      'samples.map((sample) => clips.videoOf(sample))',
      'samples.map((_, i) => i)',
      MINING,
    ],
    [
      'what is known is that of the first video',
      '...clips.infoOf(samples),',
      '...clips.infoOf(samples.map(() => 0)),',
      MINING,
    ],
  ]),
  ...changesOf(
    'motion/mined-pack.ts',
    [
      ['samples of videos of another side are absent', '...(await videoNames(videos, quiet))', ''],
      ['an interruption is not noticed', 'if (signal?.aborted) throw', 'if (false) throw'],
      ['whatever is found has one key', 'JSON.stringify(mining.key)', 'JSON.stringify(mining.kind)'],
      ['a limit is not kept', 'limit === undefined || all.count <= limit', 'limit !== 0'],
    ],
    MINED,
  ),
  ...changesOf('motion/open-moving-masks.ts', [
    [
      'what is known of frames is that of the first video',
      '...clips.infoOf(samplesIn(details)), name',
      '...clips.infoOf(samplesIn(details).map(() => 0)), name',
    ],
    [
      'owners are those of the first video',
      '    ...clips.infoOf(samplesIn(details)),\n',
      '    ...clips.infoOf(samplesIn(details).map(() => 0)),\n',
    ],
  ]),
  ...changesOf('data/two-pictures-dataset.ts', [
    ['an encoder sees other pictures', 'rows.map((row) => 2 * row)', 'rows.map((row) => row)', MINED],
  ]),
  ...changesOf('data/patches-dataset.ts', [
    [
      'subsets take their videos from the start',
      'rows.map((row) => this.videos[row]!)',
      'rows.map((_, i) => this.videos[i]!)',
      MINING,
    ],
  ]),
];
