/** RotNet's classifier on frozen maps: one fresh NIN block, global average pooling and a linear layer. */
import { reestimateBatchNorm } from '../../src/backbones/statistics.js';
import { labelSubset } from '../../src/data/index.js';
import { manualSeed, noGrad, ops, scope, type Tensor, tensor } from '../../src/engine/index.js';
import { BatchNorm, Conv2d, Lambda, Linear, ReLU, Sequential } from '../../src/engine/nn/index.js';
import { parameterGroups, Sgd, schedule } from '../../src/engine/optim/index.js';
import type { Encoder } from '../../src/methods/method.js';
import type { Sets } from './support.js';

const STEPS = 300;
const BATCH = 64;

/**
 * Accuracy on the test images after training on a few labels per class; the encoder stays frozen, its batch statistics are
 * those of the training images, whether it was trained or not.
 */
export async function convolutionalProbe(
  encoder: Encoder,
  layer: string,
  { train, test }: Sets,
  { perClass }: { perClass: number },
): Promise<number> {
  reestimateBatchNorm(
    encoder.backbone,
    batches(train.count).map((indices) => encoder.prepare(train.batch(indices))),
  );
  encoder.backbone.eval();
  const chosen = labelSubset(train.labels!, { perClass, seed: 0 });
  const maps = (dataset: typeof train, indices: readonly number[]): Tensor =>
    scope(() => noGrad(() => encoder.backbone.maps(encoder.prepare(dataset.batch(indices)), layer)));
  const inputs = maps(train, Array.from(chosen));
  const labels = tensor(BigInt64Array.from(chosen, (i) => BigInt(train.labels![i]!)));
  manualSeed(0);
  const classes = train.classes!.length;
  const classifier = new Sequential(
    ...block(encoder.backbone.layerSize(layer), 48),
    new Lambda((x) => x.mean([2, 3])),
    new Linear(48, classes),
  );
  const optimizer = new Sgd(parameterGroups(classifier), {
    learningRate: 0.1,
    momentum: 0.9,
    useNesterov: true,
    weightDecay: 5e-4,
  });
  const factor = schedule.cosine({ total: STEPS });
  for (let step = 0; step < STEPS; step++)
    scope(() => {
      const rows = ops.randint(0, chosen.length, [BATCH], { dtype: 'int64' });
      const loss = ops.crossEntropy(classifier.forward(inputs.indexSelect(0, rows)), labels.indexSelect(0, rows));
      optimizer.zeroGrad();
      loss.backward();
      optimizer.scaleLearningRate(factor(step));
      optimizer.step();
    });
  classifier.eval();
  const right = batches(test.count).map((indices) =>
    scope(() => {
      const answers = noGrad(() => classifier.forward(maps(test, indices)).argmax(1).toNumbers());
      return answers.filter((answer, i) => answer === test.labels![indices[i]!]).length;
    }),
  );
  return right.reduce((sum, count) => sum + count, 0) / test.count;
}

function block(inputs: number, width: number): (Conv2d | BatchNorm | ReLU)[] {
  return [3, 1, 1].flatMap((kernel, i) => [
    new Conv2d(i === 0 ? inputs : width, width, kernel, { padding: (kernel - 1) / 2, bias: false }),
    new BatchNorm(width),
    new ReLU(),
  ]);
}

function batches(count: number): number[][] {
  return Array.from({ length: Math.ceil(count / 200) }, (_, i) =>
    Array.from({ length: Math.min(200, count - 200 * i) }, (_, k) => 200 * i + k),
  );
}
