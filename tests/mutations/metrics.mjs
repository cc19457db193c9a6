/** Changes to the measures of detection, segmentation and several labels. See scripts/mutate.mjs. */
import { changesOf } from './lib/changes.mjs';

const file = (name) => `evaluate/metrics/${name}.ts`;
const VOC = ['src/evaluate/metrics/voc.test.ts'];
const MULTI = ['src/evaluate/metrics/multi-label.test.ts'];

export const mutations = [
  ...changesOf(file('average-precision'), [
    [
      'precision has no envelope',
      'highest = Math.max(highest, found / (rank + 1));',
      'highest = found / (rank + 1);',
      VOC,
    ],
    ['steps of the 11-point rule are missed', '(10 * found) / positives)', '(found / positives) / 0.1)', VOC],
    ['equal scores stand apart', 'scores[order[rank + 1]!] !== scores[order[rank]!]', 'scores.length > 0', MULTI],
    ['equal scores turn round', '|| a - b);', '|| b - a);', VOC],
  ]),
  ...changesOf(file('voc'), [
    ['an overlap of exactly 0.5 is too little', ': shared >= least', ': shared > least'],
    ['ports take an overlap of exactly 0.5', 'isPort ? shared > least', 'isPort ? shared >= least'],
    ['an object is found again and again', 'taken.has(best) ? 0 : 1', 'taken.has(best) ? 1 : 1'],
    ['difficult objects are to be found', '!isDifficult).length', '!isDifficult || true).length'],
    [
      'what takes a difficult object is wrong',
      'else if (best.isDifficult) continue;',
      'else if (best.isDifficult) hits.push(0);',
    ],
  ]),
  ...changesOf(file('coco'), [
    [
      'the first of equal overlaps is taken',
      'shared[d * width + g]! < most) continue',
      'shared[d * width + g]! <= most) continue',
    ],
    ['a crowd is taken once', '&& !objects[g]!.isCrowd) continue', ') continue'],
    ['a crowd has the overlap of an object', '(isCrowd ? own', '(isCrowd && own < 0 ? own'],
    [
      'objects that do not count come first',
      'counting[best] && !counting[g]) break',
      'counting[best] && counting[g]) break',
    ],
    ['the area is that of the box', 'isBeyond(area ?? box.width', 'isBeyond(area! * 0 + box.width'],
    ['what is found outside of the range is wrong', 'best < 0 ? isOutside[d]! :', 'best < 0 ? false :'],
    ['200 detections are kept', 'const KEPT = 100;', 'const KEPT = 200;'],
    ['images keep their first order', '].sort((a, b) => a - b);', '];'],
  ]),
  ...changesOf(file('confusion'), [
    ['a class that is nowhere counts 0', 'union === 0 ? null', 'union === 0 ? 0'],
    ['empty cells are kept', 'if (matrix[cell] !== 0) cells.push(cell)', 'cells.push(cell)'],
    ['the last matrix is the sum', 'sum[cells[i]!]! += counts[i]!', 'sum[cells[i]!] = counts[i]!'],
    ['the foreground has the background', 'perClass.slice(1)', 'perClass.slice(0)'],
    ['weights are those of the answers', '(rows[c]! * (perClass[c]', '(columns[c]! * (perClass[c]'],
  ]),
  ...changesOf(file('multi-label'), [
    ['the unknown is negative', '.filter(({ truth }) => truth[c]! >= 0)', '.filter(({ truth }) => truth[c]! >= -1)'],
    ['a class without a positive counts', 'if (positives === 0) return null;', 'if (positives < 0) return null;'],
  ]),
];
