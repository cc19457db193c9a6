/** Changes to the propagation of labels through videos, to what measures it, and to backbones of clips. See scripts/mutate.mjs. */
import { changesOf } from './lib/changes.mjs';

const networks = (name) => `networks/propagation/${name}.ts`;
const evaluate = (name) => `evaluate/propagation/${name}.ts`;
const rule = ['src/networks/propagation/propagate.test.ts'];

export const mutations = [
  ...changesOf(networks('comparison'), [
    [
      'similarities are multiplied by the temperature',
      'target.div(rule.temperature)',
      'target.mul(rule.temperature)',
      rule,
    ],
    ['cells of a tile see all cells around it', '.add_(outside.unsqueeze(2));', ';', rule],
    ['small grids have no window', '.add_(minusInfinityUnless(allowed).unsqueeze(2));', ';', rule],
    [
      'cells of the margin are seen',
      'minusInfinityUnless(numbers.gt(0)).unsqueeze(1).add(this.window)',
      'this.window.unsqueeze(0)',
      rule,
    ],
    ['all labels are those of the first frame', 'own.map(({ i }) => i * height * width)', 'own.map(() => 0)', rule],
    [
      'ties are cut',
      'if (!isTied.some((tied) => tied !== 0)) return best;',
      'if (isTied.length > 0) return best;',
      rule,
    ],
    [
      'the most similar cells count alike',
      'values.softmax(-1).unsqueeze(-1)',
      'values.mul(0).softmax(-1).unsqueeze(-1)',
      rule,
    ],
    ['copies count once', 'Array.from({ length: frame.copies }, ', 'Array.from({ length: 1 }, ', rule],
  ]),
  ...changesOf(networks('propagate'), [
    [
      'features keep their length',
      "rule.similarity === 'cosine' ? unit : (map: Tensor) => map;",
      '(map: Tensor) => map;',
    ],
    ['the first frame has one copy less', 'rule.last - (this.frame - 1)', 'rule.last - this.frame'],
    ['one frame too many is remembered', 'recent.length > rule.last)', 'recent.length > rule.last + 1)'],
    [
      'the first frame is never restricted',
      'isRestricted: rule.isFirstRestricted, copies: 1',
      'isRestricted: false, copies: 1',
    ],
  ]),
  ...changesOf(networks('windows'), [
    ['the square lacks its edge', 'dy.maximum(dx).le(this.radius)', 'dy.maximum(dx).lt(this.radius)', rule],
    ['the disk has its edge', 'squared.lt(this.radius ** 2)', 'squared.le(this.radius ** 2)', rule],
    ['a disk of radius 0 is empty', '.logicalOr(squared.eq(0))', '', rule],
  ]),
  ...changesOf(networks('top-k'), [
    ['places are counted row by row', '.mul(blocks).add(column)', '.add(column.mul(BLOCK))'],
    ['the smallest maxima are looked at', 'byBlock.amax([2]).topk(', 'byBlock.amin([2]).topk('],
  ]),
  ...changesOf(networks('grid'), [
    ['the pixel at the corner of a cell', 'Math.floor(((i + 0.5) * from) / to)', 'Math.floor((i * from) / to)'],
    ['classes are not scaled', 'largest(scaled(large))', 'largest(large)'],
    ['spots are wider', 'const SIGMA = 0.5;', 'const SIGMA = 1;'],
    ['two cells answer for a point', 'const ANSWERING = 3;', 'const ANSWERING = 2;'],
    ['points move by half a pixel', '* frame.width) / width + 0.5,', '* frame.width) / width,'],
  ]),
  ...changesOf(evaluate('mask-scores'), [
    ['boundaries may be farther apart', 'const TOLERANCE = 0.008;', 'const TOLERANCE = 0.012;'],
    ['boundaries are met within a square', 'Math.floor(Math.sqrt(reach ** 2 - (i - reach) ** 2))', '0 * i + reach'],
    ['the last row has no boundary', 'const right = isLastColumn ? 0', 'const right = isLastColumn || isLastRow ? 0'],
    ['diagonal neighbors do not count', 'right | lower | diagonal', 'right | lower'],
    ['empty masks score 0', 'either === 0 ? 1 : both / either', 'either === 0 ? 0 : both / either'],
    ['one half is above one half', 'score > 0.5).length', 'score >= 0.5).length'],
    ['quarters do not share frames', 'bounds[i + 1]! + 1', 'bounds[i + 1]!'],
    ['decay is a rise', 'quarter(0) - quarter(QUARTERS - 1)', 'quarter(QUARTERS - 1) - quarter(0)'],
  ]),
  ...changesOf(evaluate('point-scores'), [
    ['bodies are as large as their box', 'const BODY = 0.6;', 'const BODY = 1;'],
    ['the first frame counts', 'for (let t = 1; t < truth.length; t++)', 'for (let t = 0; t < truth.length; t++)'],
    ['points that nobody knew in the first frame count', '&& first[p]!.isSeen ', ''],
    ['points that were never asked for count', '.filter(({ asked }) => asked > 0)', ''],
  ]),
  ...changesOf(evaluate('follow'), [
    ['points of all frames are those of the first', 'const at = 3 * (t * count + p);', 'const at = 3 * p;'],
    ['the last frame scores', 'truth.slice(1, -1).map(', 'truth.slice(1).map('],
    [
      'the first frame scores',
      'truth.slice(1, -1).map((mask, i) => [only(answers[i + 1]!)',
      'truth.slice(0, -1).map((mask, i) => [only(answers[i]!)',
    ],
  ]),
  ...changesOf(evaluate('frame-maps'), [
    [
      'the layer has half the cells',
      'const LEAST_CELLS = 16;',
      'const LEAST_CELLS = 8;',
      ['src/evaluate/propagation/evaluate-propagation.test.ts'],
    ],
    [
      'all frames of a clip have the first map',
      'Math.floor((frame * times) / this.group)',
      'frame * 0 * times',
      ['src/evaluate/propagation/evaluate-propagation.test.ts'],
    ],
  ]),
  ...changesOf('backbones/video-resnet.ts', [
    ['the factored stem is wider', 'const STEM_BETWEEN = 45;', 'const STEM_BETWEEN = 48;'],
    ['time is not halved', 'stride: [stride, 1, 1], padding: [1, 0, 0]', 'stride: 1, padding: [1, 0, 0]'],
    ['no residual branch starts at zero', 'this.conv2.layers[1] as BatchNorm', 'this.conv1.layers[1] as BatchNorm'],
  ]),
  ...changesOf('backbones/c3d.ts', [
    ['the first pooling halves time', 'const halvesTime = i > 1;', 'const halvesTime = i > 0;'],
  ]),
  ...changesOf('engine/nn/conv.ts', [
    [
      '3-D convolutions run in bfloat16 on the CPU',
      "x.device === 'cpu' ? fullPrecision('cpu', () => run(x.to(this.weight.dtype))) : run(x)",
      'run(x)',
      ['src/engine/nn/layers.test.ts'],
    ],
  ]),
  ...changesOf('export/propagated/overlay.ts', [
    [
      'a single picture is joined',
      'others.length === 0 ? sharp(only)',
      'others.length < 0 ? sharp(only)',
      ['src/export/propagated/overlay.test.ts', 'src/export/propagated/follow-video.test.ts'],
    ],
  ]),
  ...changesOf('evaluate/propagation/follow.ts', [
    [
      'a video of which nothing is known has no frames',
      'const length = videos.lengthOf(index);',
      'const length = masks?.shape[0] ?? joints?.shape[0] ?? 0;',
      ['src/evaluate/propagation/evaluate-propagation.test.ts'],
    ],
  ]),
  ...changesOf('data/object-mask.ts', [
    ['what is transparent is an object', 'alpha === 0 || red', 'red'],
    ['black is an object', ' || red + green + blue === 0', ''],
    ['smoothed edges are objects', 'thin >= FEWEST_THIN', 'thin > 255'],
    ['a few small objects are smoothed edges', 'const FEWEST_THIN = 3;', 'const FEWEST_THIN = 1;'],
    ['photographs are masks', 'if (number > MOST_OBJECTS)', 'if (number > 2 ** 24)'],
  ]),
  ...changesOf('data/mask-file.ts', [
    ['bits are read from the right', '8 - depth * ((column % perByte) + 1)', 'depth * (column % perByte)'],
    ['colors of numbers begin at the low bits', '(7 - Math.floor(bit / 3))', 'Math.floor(bit / 3)'],
  ]),
];
