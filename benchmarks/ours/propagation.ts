/** Our side of propagation.ts. Waits for a line before each frame and prints the seconds that it took. */
import { normalize, toFloat } from '../../src/augment/index.js';
import { createBackbone } from '../../src/backbones/registry.js';
import { manualSeed, noGrad, ops, scope, type Tensor, threads } from '../../src/engine/index.js';
import { gridToMask } from '../../src/networks/propagation/grid.js';
import { LabelPropagation } from '../../src/networks/propagation/propagate.js';
import { PROPAGATION_RULES } from '../../src/networks/propagation/rule.js';
import { type Stepping, takeSteps } from './stepping.js';

interface Config extends Stepping {
  width: number;
  height: number;
  frameWidth: number;
  threads: number;
  classes: number;
  topK: number;
  temperature: number;
  radius: number;
  last: number;
  layer: string;
}

const config = JSON.parse(process.argv[2]!) as Config;
const { topK, temperature, radius, last, layer } = config;
threads(config.threads);
manualSeed(0);
const network = createBackbone('resnet18', { inputChannels: 3, imageSize: config.height, width: config.width }).eval();
const prepare = normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);
const size = { height: config.height, width: config.frameWidth };
const frames = Array.from({ length: 8 }, () =>
  ops.randint(0, 256, [1, size.height, size.width, 3], { dtype: 'uint8' }).permute([0, 3, 1, 2]),
);
const mapOf = (frame: Tensor) => network.maps(prepare(toFloat(frame)), layer).select(0, 0);
const rule = { ...PROPAGATION_RULES.crw, topK, temperature, radius, last, isPadded: false };
const video = scope(() =>
  noGrad(() => {
    const features = mapOf(frames[0]!);
    const labels = ops.rand([config.classes, ...features.shape.slice(1)]).softmax(0);
    return new LabelPropagation({ features, labels }, rule);
  }),
);

takeSteps(config, (i) =>
  scope(() => noGrad(() => gridToMask(video.next(mapOf(frames[i % 8]!)), size, size, rule.answer).toBytes())),
);
process.stdout.write('null\n');
