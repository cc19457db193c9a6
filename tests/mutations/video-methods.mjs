/** Changes to methods that learn from clips, and to what they stand on. See scripts/mutate.mjs. */
import { changesOf } from './lib/changes.mjs';

const video = (name) => `methods/video/${name}.ts`;
const wiring = ['tests/wiring.test.ts'];

export const mutations = [
  ...changesOf(video('motion'), [
    ['all clips move as the first does', 'moves(clip)),', 'moves(0)),'],
    ['noise counts as motion', 'const NOISE = 1e-4;', 'const NOISE = 0;'],
    [
      'the first frame alone is looked at',
      'squaredDifference(own, size, 0, t) > least',
      'squaredDifference(own, size, 0, 0) > least',
    ],
  ]),
  ...changesOf(
    'methods/losses/pointers.ts',
    [
      ['pointers are normalized over the target cells', '.softmax(-1);', '.softmax(1);'],
      ['dot products are multiplied by the temperature', '.div(temperature)', '.mul(temperature * temperature)'],
      ['the loss is that of the first class', 'shares.gather(2, truth.unsqueeze(2))', 'shares.narrow(2, 0, 1)'],
    ].map((change) => [...change, ['src/methods/video/video-colorization.test.ts', ...wiring]]),
  ),
  ...changesOf(video('video-colorization'), [
    [
      'the colors are clustered on every n-th clip',
      'const parts: Tensor[] = [];',
      'for (const [i] of chosen.entries()) chosen[i] = Math.floor((i * count) / chosen.length);\n      const parts: Tensor[] = [];',
      ['src/methods/video/video-colorization.test.ts'],
    ],
    [
      'colors are those of the first pixel of a cell',
      "interpolation: 'bilinear' })(toFloat",
      "interpolation: 'bicubic' })(toFloat",
      wiring,
    ],
    ['the target is the first frame', 'embedded.select(2, before).flatten(2)', 'embedded.select(2, 0).flatten(2)'],
    [
      'the target is among its references',
      'embedded.narrow(2, 0, before).flatten(2)',
      'embedded.narrow(2, 1, before).flatten(2)',
    ],
    [
      'the palette is found anew in each epoch',
      'if (progress.epoch > 0) return {};',
      'if (progress.epoch < 0) return {};',
    ],
    ['the palette stays as it began', 'this.palette.copy_(centroids);', 'centroids.dispose();'],
  ]),
  ...changesOf('methods/heads/space-time-head.ts', [
    ['all dilations are 1', 'dilation: [1, 2 ** i, 2 ** i]', 'dilation: [1, 1, 1]'],
    ['the embeddings begin large', 'SMALL / Math.sqrt(last)', '1 / Math.sqrt(last)'],
  ]),
  ...changesOf('methods/losses/round-trips.ts', [
    [
      'what is left out on the way forth is there on the way back',
      'const back = without(forth.transpose(2, 3)',
      'const back = without(cosines.transpose(2, 3)',
    ],
    [
      'the way back takes its steps in the order of the way forth',
      'home = back.select(1, k).bmm(home);',
      'home = home.bmm(back.select(1, k));',
    ],
    ['the shortest walk goes one frame forth', 'for (let k = 1; k < steps; k++)', 'for (let k = 0; k < steps; k++)'],
    ['cosines are multiplied by the temperature', 'back: back.div(temperature)', 'back: back.mul(temperature)'],
  ]),
  ...changesOf(video('crw'), [
    ['all frames of a clip are cropped alike', "overFrames(ofFrame, 'apart')", "overFrames(ofFrame, 'channels')"],
    ['edges are left out twice as often', '.lt(this.options.edgeDropout)', '.lt(2 * this.options.edgeDropout)'],
    ['patches are cropped less', 'const PATCH_SCALE = [0.7, 0.9]', 'const PATCH_SCALE = [0.8, 0.9]', wiring],
    ['labels are carried by the last layer', 'this.backbone.layers.at(-2)', 'this.backbone.layers.at(-1)'],
  ]),
  ...changesOf(video('video-mae'), [
    [
      'every slot has a mask of its own',
      "if (this.options.masking === 'random')",
      "if (this.options.masking !== 'random')",
    ],
    [
      'nine tenths are rounded',
      'Math.floor(options.maskRatio * grid ** 2 + 1e-9)',
      'Math.round(options.maskRatio * grid ** 2)',
      ['src/methods/video/video-mae.test.ts'],
    ],
    [
      'every frame is cropped by itself',
      "interpolation: 'bilinear' }), 'channels')",
      "interpolation: 'bilinear' }), 'apart')",
    ],
    [
      'all channels of a tube share mean and deviation',
      'standardized(tubes).values : tubes',
      'standardized(tubes.flatten(2)).values.unflatten(2, [-1, 3]) : tubes',
    ],
  ]),
  ...changesOf('methods/masks/places.ts', [
    [
      'slots begin one place too late',
      'ops.arange(0, slots * grid, grid',
      'ops.arange(1, slots * grid + 1, grid',
      ['src/methods/video/video-mae.test.ts'],
    ],
  ]),
  ...changesOf('backbones/video-vit.ts', [
    ['hidden tubes are seen', 'takeTokens(this.embed(x).tokens, keep)', 'this.embed(x).tokens'],
    [
      'places have no positions',
      'tokens: tokens.add(positions.to(tokens.device))',
      'tokens: tokens.add(positions.to(tokens.device).mul(0))',
    ],
    ['all dimensions are sines', 'angles.cos(), angles.sin()', 'angles.sin(), angles.sin()'],
  ]),
  ...changesOf('methods/views/two-clips.ts', [
    ['intervals grow likelier with their length', '1 - Math.sqrt(1 - u)', 'Math.sqrt(u)'],
    ['the earlier clip always comes first', 'return w < 0.5', 'return w < 2'],
    ['the earlier clip begins at the first frame', 'Math.floor((starts - interval) * v)', '0'],
  ]),
  ...changesOf(video('cvrl'), [
    ['colors change from frame to frame', "(['channels', 'rows'] as const)", "(['channels', 'apart'] as const)"],
    ['both clips are blurred as the first', 'view === 1 ? 1 : 0.1', 'view >= 1 ? 1 : 0.1', wiring],
    ['the ratio of crops is that of images', 'const RATIO = [0.5, 2]', 'const RATIO = [0.75, 1.33]', wiring],
    [
      'clips are compared with those of their own side',
      'inHalves(this.projection.forward(features))',
      'inHalves(this.projection.forward(features.flip([0])))',
      ['src/methods/video/cvrl.test.ts'],
      'a loss that is the same for both clips in any order',
    ],
  ]),
  ...changesOf('backbones/resnet.ts', [
    [
      'layers beyond the output stride go on',
      'doubled <= (outputStride ?? doubled)',
      'doubled <= 2 * (outputStride ?? doubled)',
    ],
    [
      'pictures end at the edge after all',
      'padding: 1, paddingMode, bias: false',
      "padding: 1, paddingMode: paddingMode && 'zeros', bias: false",
    ],
  ]),
  ...changesOf('engine/nn/conv.ts', [
    [
      'rows are mirrored as often as columns',
      'pad(x, [across, across, down, down]',
      'pad(x, [across, across, across, across]',
      ['src/engine/nn/layers.test.ts'],
    ],
  ]),
  ...changesOf('data/clip-dataset.ts', [
    [
      'an encoder of shorter clips sees long ones',
      'if (frames === this.clip.frames && fps === this.clip.fps) return this;',
      'if (frames > 0) return this;',
    ],
  ]),
];
