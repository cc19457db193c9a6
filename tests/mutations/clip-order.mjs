/** Changes to what learns from the order of frames, from what comes next and from what moves. See scripts/mutate.mjs. */
import { changesOf } from './lib/changes.mjs';

const order = ['src/methods/video/order-tuples.test.ts'];
const shuffle = ['src/methods/video/shuffle-and-learn.test.ts'];
const predict = ['src/methods/video/cpc-video.test.ts'];

export const mutations = [
  ...changesOf('methods/video/order-tuples.ts', [
    ['the middle frame may be the first one', 'within(b + 1, d - 1,', 'within(b, d - 1,', order],
    ['frames outside come as near as one likes', 'within(0, b - rule.margin,', 'within(0, b - 1,', order],
    ['stretches that rest are as likely', 'total += isMoving ? moved / (d - b) : 1;', 'total += 1;', order],
    ['longer stretches move more', 'moved / (d - b)', 'moved', order],
    ['the first draw is taken, however alike', 'if (difference >= rule.leastDifference) break;', 'break;', order],
    ['tuples all run forwards', 'draws[i + 1]! < 0.5 ?', 'draws[i + 1]! < 2 ?', order],
    ['only the earlier frame comes from outside', 'outside[(i - 1) % 2]!', 'A', order],
  ]),
  ...changesOf('methods/video/shuffle-and-learn.ts', [
    ['every frame is cut by itself', "...flip), 'channels')", "...flip), 'apart')", shuffle],
    [
      'times count as frames',
      'farthest: Math.max(2, Math.round(farthest * fps))',
      'farthest: Math.max(2, Math.round(farthest))',
      shuffle,
    ],
    [
      'the head mlp has no hidden layer',
      '[new Linear(3 * frameSize, headSize), new ReLU()]',
      '[new Linear(3 * frameSize, headSize)]',
      shuffle,
    ],
    [
      'labels are those of the next tuple',
      'labels: chosen.map(({ isInOrder }) => (isInOrder ? IN_ORDER : 0))',
      'labels: chosen.map(({ isInOrder }) => (isInOrder ? 0 : IN_ORDER))',
      shuffle,
    ],
  ]),
  ...changesOf('methods/video/cpc-video.ts', [
    [
      'the block that is seen is predicted',
      'targets: vectors.narrow(2, t + 1, predictedBlocks)',
      'targets: vectors.narrow(2, t, predictedBlocks)',
      predict,
    ],
    [
      'the action that led to the context is told',
      'actions.narrow(1, first + k + 1, starts.length)',
      'actions.narrow(1, first + k, starts.length)',
      predict,
    ],
    [
      'every prediction is made from what was seen',
      'if (k + 1 < predictedBlocks) state',
      'if (k + 1 < 0) state',
      predict,
    ],
    [
      'the last context has no room',
      'const latest = blocks - predictedBlocks - 1;',
      'const latest = blocks - predictedBlocks - 2;',
      predict,
    ],
    ['answers begin unequal', 'init.constant_(last.weight, 0);', 'init.constant_(last.weight, 1);', predict],
    ['colors change for whole clips', "jitter), 'apart')", "jitter), 'channels')", predict],
    ['episodes are mirrored', 'useFlip && actionsOf(this.spec) === 0', 'useFlip', predict],
  ]),
  ...changesOf('backbones/recurrent.ts', [
    ['contexts see vectors below zero', '.relu()\n        .permute', '.permute'],
    [
      'actions are those of the last frame of a block',
      'unflatten(1, [-1, blockFrames]).mean([2])',
      'unflatten(1, [-1, blockFrames]).select(2, blockFrames - 1)',
    ],
    ['features are the first context', 'map.select(2, map.size(2) - 1).unsqueeze(2)', 'map.select(2, 0).unsqueeze(2)'],
  ]),
  ...changesOf('methods/video/motion-segmentation.ts', [
    [
      'pixels whose votes disagree count as still',
      'isMoving.logicalOr(votes.le(this.options.still))',
      'isMoving.logicalOr(votes.le(1))',
    ],
    ['the mask is cut by itself', 'votes: this.shrunk(both.narrow(1, 0, 1))', 'votes: this.shrunk(toFloat(first))'],
    ['answers begin unequal', 'init.normal_(weight, 0, 0.005);', 'init.normal_(weight, 0, 5);'],
  ]),
  ...changesOf('motion/moving-masks.ts', [
    ['both sides of time vote together', 'Math.min(...sides', 'Math.max(...sides'],
    ['the motion of the camera stays', 'lengthsOf(withoutCamera(flow, matrix))', 'lengthsOf(flow)'],
    ['all that the flow holds counts as motion', 'Math.max(least, deviations * noise)', '0'],
  ]),
  ...changesOf('data/sources/annotated-frames.ts', [
    [
      'masks are those of the frame with this number among the kept',
      'Math.round(kept.times[number]! * frameRate)',
      'number',
    ],
    ['masks are stretched, not cut', "shape, 'crop')", "shape, 'stretch')"],
    [
      'videos outside of the lists count',
      '.filter(({ split }) => listed.size === 0 || split !== null)',
      '.filter(() => true)',
    ],
    ['255 is object 255', 'value === 255 ? 1 : 0', 'value'],
    ['the lists of the first year count', '.sort().reverse()', '.sort()'],
  ]),
];
