/** Changes to optical flow, points, the camera's motion, the tracker and the miner of patches. See scripts/mutate.mjs. */
import { changesOf } from './lib/changes.mjs';

const POOL = ['src/motion/vision-pool.test.ts'];
const RECORDED = 'src/methods/image/geometric/recorded-pairs.test.ts';

export const mutations = [
  ...changesOf('motion/opencv.ts', [
    [
      'matrices are not freed',
      'for (const matrix of this.made.splice(0)) matrix.delete();',
      'this.made.splice(0);',
      POOL,
    ],
  ]),
  ...changesOf('motion/vision-tasks.ts', [
    [
      'the levels and the window change places',
      'levels,\n          window,\n          iterations,',
      'window,\n          levels,\n          iterations,',
      ['src/motion/flow.test.ts'],
    ],
    [
      'points that do not come back count as found',
      '&& off <= roundTrip ? 1 : 0',
      '? 1 : 0',
      ['src/motion/points.test.ts'],
    ],
    [
      'RANSAC has another threshold',
      'cv.RANSAC, threshold, mask)',
      'cv.RANSAC, 3 * threshold, mask)',
      ['src/motion/camera.test.ts'],
    ],
    [
      'four points are too few for a homography to be tried',
      'if (count < LEAST_PAIRS[model]) return none;',
      '',
      ['src/motion/camera.test.ts'],
    ],
  ]),
  ...changesOf('motion/vision-pool.ts', [
    [
      'pictures are handed over with all the memory that they share',
      'return (value as Uint8Array).slice();',
      'return value;',
      POOL,
      'messages copy what they are given; this only keeps them small',
    ],
    [
      'what waits is forgotten when the pool closes',
      'for (const { request, reject } of this.waiting.splice(0))',
      'for (const { request, reject } of [] as Job[])',
      POOL,
    ],
    ['a thread that ended leaves its task open', 'job?.reject(', '(() => {})(', POOL],
  ]),
  ...changesOf('motion/flow.ts', [
    [
      'the camera moves the corner of a pixel',
      'const [x, y] = [column + 0.5, row + 0.5];',
      'const [x, y] = [column, row];',
    ],
    ['the motion of the camera is added', 'data[i]! - (toX - x)', 'data[i]! + (toX - x)'],
    ['homographies are affine', 'const scale = g * x + h * y + i;', 'const scale = i;'],
    ['sizes may differ', 'checkPair(first, second);', ''],
  ]),
  ...changesOf('motion/points.ts', [
    ['places are counted from the middle of the first pixel', 'const HALF_PIXEL = 0.5;', 'const HALF_PIXEL = 0;'],
    ['points are moved before they are followed', 'shifted(points, -HALF_PIXEL)', 'shifted(points, HALF_PIXEL)'],
  ]),
  ...changesOf('motion/camera.ts', [
    ['lost points are fitted too', 'followed.isFound[i >> 1] === 1', 'followed.isFound[i >> 1]! >= 0'],
    ['few points are enough', 'inliers >= least ? matrix : null', 'matrix'],
    ['the flow is taken backwards', 'to.push(column + 0.5 + data[i]!', 'to.push(column + 0.5 - data[i]!'],
    ['every second pixel is asked', 'column += step', 'column += 2 * step'],
    [
      'the edge of the flow is fitted too',
      'let row = margin + (step >> 1); row < height - margin',
      'let row = step >> 1; row < height',
      ['src/motion/camera.test.ts'],
    ],
  ]),
  ...changesOf('motion/egomotion.ts', [
    ['too few may agree', 'agreeing < fewest', 'agreeing < 0'],
    ['a cut is not noticed', 'correlation(first, second, matrix) < alike', 'alike > 2'],
    ['a camera at rest moves', 'meanShift(matrix, from) < least', 'least < 0'],
    [
      'the shift is that of what is seen',
      '(middleX - toX) / zoom, (middleY - toY)',
      '(toX - middleX) / zoom, (toY - middleY)',
    ],
    ['the rotation is that of what is seen', '-Math.atan2(c - b, a + d)', 'Math.atan2(c - b, a + d)'],
    ['the zoom is twice as large', 'Math.hypot(a + d, c - b) / 2', 'Math.hypot(a + d, c - b)'],
    [
      'the shift is along the axes of the second frame',
      '(middleY - toY) / zoom, rotation)',
      '(middleY - toY) / zoom, 0)',
    ],
  ]),
  ...changesOf('motion/open-camera.ts', [
    ['the parameters are not in the key', 'clips.fingerprint, query, rule]', 'clips.fingerprint]'],
    [
      'both frames are the first',
      'const pair = [starts[i]!, starts[i]! + query.apart];',
      'const pair = [starts[i]!, starts[i]!];',
    ],
    ['motions are those of the next frame', 'pictures[start + query.apart]!, rule', 'pictures[start + 1]!, rule'],
    ['the last start has no partner', 'Math.ceil((length - apart) / every)', 'Math.ceil(length / every)'],
    ['pairs that were dropped keep their motion', 'dropped[motion]++;\n          return [];', 'dropped[motion]++;'],
    [
      'what is known of pairs is that of the first video',
      '...clips.infoOf(samplesIn(details)),',
      '...clips.infoOf(samplesIn(details).map(() => 0)),',
    ],
  ]),
  ...changesOf(
    'data/camera-dataset.ts',
    [
      ['motions are those of the first rows', 'this.motions[row]![degree]', 'this.motions[0]![degree]'],
      [
        'quantiles are those of the whole set',
        '{ length: this.count }, (_, i) => this.motionOf(i)',
        'this.motions, (one) => one',
      ],
      ['subsets forget their rows', 'positions === null ? this.rows : this.identityOf(positions)', 'this.rows'],
    ],
    ['src/motion/open-camera.test.ts'],
  ),
  ...changesOf(
    'data/egomotion.ts',
    [
      ['the way back has the same turn', 'rotation: -rotation, zoom: 1 / zoom', 'rotation, zoom: 1 / zoom'],
      ['the way back is along the same axes', 'turned(-zoom * x, -zoom * y, -rotation)', '[-x, -y]'],
      ['quantiles are of one order', '[motion, reversed(motion)]', '[motion]'],
      ['quantiles are not interpolated', '(place - below) * (values', '0 * (values'],
    ],
    [RECORDED, 'src/motion/egomotion.test.ts', 'src/motion/open-camera.test.ts'],
  ),
  ...changesOf(
    'methods/image/geometric/recorded-pairs.ts',
    [
      ['pairs are shown in one order', 'sampleChosen(count, 0.5, random)', 'sampleChosen(count, 0, random)'],
      ['the motion back is that forth', 'isBack[i] ? reversed(one) : one', 'one'],
      ['frames keep their order', 'isReversed ? 1 - place : place', 'place'],
      [
        'classes are counted downwards',
        'bounds.filter((bound) => value >= bound)',
        'bounds.filter((bound) => value < bound)',
      ],
      [
        'classes are equally wide',
        'return quantileAt(this.quantiles[degree], share);',
        'const all = this.quantiles[degree];\n    return all[0]! + share * (all.at(-1)! - all[0]!);',
      ],
      ['the answer is the lower bound of its class', '(classes[d]! + 0.5) / this.bins', 'classes[d]! / this.bins'],
      ['noise is classified', 'if (still.length > 0) throw', 'if (still.length > 9) throw'],
      ['a turn is measured in radians', "(degree === 'rotation' ? this.side / 2 : 1)", '1'],
      ['answers are shown the other way', 'moved(REST, answer)', 'moved(REST, reversed(answer))'],
    ],
    [RECORDED],
  ),
  ...changesOf('motion/picture.ts', [
    ['red and blue change places', '[4899, 9617, 1868]', '[1868, 9617, 4899]'],
    ['gray is not rounded', '.add(LUMA_SHIFT / 2)', '.add(0)'],
  ]),
  ...changesOf('motion/motion-weights.ts', [
    ['the last frame weighs nothing', 'if (t > 0) weights[t] = weights[t - 1]!;', ''],
    ['the flow is that from the first frame', '[pictures[t]!, second] as const', '[pictures[0]!, second] as const'],
  ]),
  ...changesOf('motion/correlation-tracker.ts', [
    ['the tracker does not learn the first frame', 'this.learn(frame);\n  }\n\n  /** Finds', '}\n\n  /** Finds'],
    ['a row is taken for a column', '[Math.floor(best / side), best % side]', '[best % side, Math.floor(best / side)]'],
    ['motion has the scale of the window alone', 'this.options.padding / side', '1 / side'],
    ['there are no parts of a pixel', 'return bend > 0 ? (after - before) / (2 * bend) : 0;', 'return 0;'],
    ['the edge of the window counts as much as its middle', '.select(0, 0).mul(hann)', '.select(0, 0).mul(1)'],
    ['colors are left out', 'ops.cat([colors, cells], 1)', 'ops.cat([colors.mul(0), cells], 1)'],
    [
      'large windows leave pixels out',
      'Math.max(1, Math.floor(height / side)), Math.max(1, Math.floor(width / side))',
      '1, 1',
    ],
    [
      'the model is never adapted',
      'before[name].mul(1 - rate).add(next[name].mul(rate))',
      'before[name].mul(1).add(next[name].mul(0))',
    ],
    ['the old model stays in memory', 'for (const old of [before, next]) for', 'for (const old of [next]) for'],
    ['the box may leave the picture', 'Math.min(Math.max(place, 0), most)', 'place'],
  ]),
  ...changesOf('motion/moving-patches.ts', [
    [
      'the camera is never removed',
      'const off = residuals(isCameraRemoved ? motion : { ...motion, matrix: null });',
      'const off = residuals({ ...motion, matrix: null });',
    ],
    ['the camera is always removed', '{ ...motion, matrix: null }', 'motion'],
    ['all frames have enough that moves', 'share < fewest', 'share < 0'],
    ['nothing is too much', "if (share > most) return { reason: 'everything', share };", ''],
    ['of two windows the first is taken', 'off < best.off) best', 'off < -1) best'],
    ['the filter follows the whole window', 'narrow(0, t, length + 1), thing)', 'narrow(0, t, length + 1), box)'],
    ['patches may leave the picture', 'Math.min(Math.max(0, place), size - box.width)', 'place'],
    ['the box is not longer than the way between points', 'const LONGER = 1.6;', 'const LONGER = 1;'],
    [
      'points beyond the window count',
      'points.filter((_, i) => isIn(window, points[i & ~1]!, points[i | 1]!))',
      'points',
    ],
    ['every point counts', 'const MEASURED = [0.1, 0.9]', 'const MEASURED = [0, 1]'],
    ['the box of one point is a point', 'Math.max(least, LONGER * (high - low))', 'LONGER * (high - low)'],
    ['the box may be longer than the window', 'Math.min(most, Math.max(least,', 'Math.min(2 * most, Math.max(least,'],
    [
      'the box of a thing may leave the picture',
      'Math.min(Math.max(0, (low + high - length) / 2), end - length)',
      '(low + high - length) / 2',
    ],
    ['tracks are a frame too short', 'const end = track[length]!.box;', 'const end = track[length - 1]!.box;'],
    ['tracks begin in the first frame', 'frames.narrow(0, t, length + 1)', 'frames.narrow(0, 0, length + 1)'],
    ['the last start has no room', 't + length < video.times.length', 't + length <= video.times.length'],
  ]),
  ...changesOf('motion/track-video.ts', [
    ['the box of the first frame is not checked', 'if (header !== null) checkBox(', 'if (header === null) checkBox('],
    ['the whole video is tracked', '...(range && { range }),', ''],
    ['the tracker stays in memory', '} finally {\n    tracker?.dispose();', '} finally {\n    void 0;'],
  ]),
  ...changesOf('modalities/flow-colors.ts', [
    ['the wheel turns the other way', 'const [x, y] = flow.to', 'const [y, x] = flow.to'],
    ['long vectors are not darker', 'full.mul(BEYOND)', 'full'],
    ['unknown flow looks like rest', 'return colors.mul(isKnown);', 'return colors;'],
    ['a given length counts for nothing', 'longest ?? Math.max', 'undefined ?? Math.max'],
    ['hues are not mixed', 'full = at(low).lerp(at(low.add(1)), share)', 'full = at(low).lerp(at(low), share)'],
  ]),
  ...changesOf('export/pictures/thinned.ts', [
    [
      'of a long video the beginning is shown',
      'if (this.kept.length <= this.most) return;',
      'if (this.kept.length > this.most) this.kept.pop();\n    return;',
      ['src/cli/track.test.ts'],
    ],
  ]),
  ...changesOf('export/pictures/track.ts', [
    ['the box keeps the size of the large frame', 'left: box.left * across,', 'left: box.left,'],
    ['all frames last as long', 'Math.max(1, Math.round(1000 * (time - pictures[i]!.time)))', '100'],
    ['the last frame is left out', 'Math.round((i * last) / Math.max(1, count - 1))', 'Math.floor((i * last) / count)'],
  ]),
];
