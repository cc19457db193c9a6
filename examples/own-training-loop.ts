/**
 * The engine alone: a small network learns to tell two spirals apart. What PyTorch users know, under the same names.
 *
 *   npx tsx examples/own-training-loop.ts
 */
import { manualSeed, nn, ops, optim, scope, tensor } from '../src/index.js';

manualSeed(0);
const points = Array.from({ length: 400 }, (_, i) => {
  const turn = i % 2;
  const radius = i / 400;
  const angle = 4 * radius * Math.PI + turn * Math.PI;
  return { at: [radius * Math.cos(angle), radius * Math.sin(angle)], turn };
});
const x = tensor(points.map(({ at }) => at)); // (400, 2)
const y = tensor(
  points.map(({ turn }) => turn),
  { dtype: 'int64' },
); // (400)

const network = new nn.Sequential(
  new nn.Linear(2, 64),
  new nn.ReLU(),
  new nn.Linear(64, 64),
  new nn.ReLU(),
  new nn.Linear(64, 2),
);
const optimizer = new optim.AdamW(optim.parameterGroups(network), { learningRate: 0.01 });

for (let step = 1; step <= 400; step++) {
  // Everything made inside is freed at its end; what the optimizer keeps stays.
  const [loss, accuracy] = scope(() => {
    const logits = network.forward(x);
    const loss = ops.crossEntropy(logits, y);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    return [loss.item(), logits.argmax(1).eq(y).mean(null, false, { dtype: 'float32' }).item()] as const;
  });
  if (step % 100 === 0) console.log(`step ${step}: loss ${loss.toFixed(4)}, accuracy ${(100 * accuracy).toFixed(1)} %`);
}
