/** Our side of training-step.ts. Waits for a line before each step and prints its seconds, and at the end one line of JSON. */
import { readSync, writeSync } from 'node:fs';
import { createBackbone } from '../../src/backbones/registry.js';
import { autocast, manualSeed, memory, ops, scope, threads } from '../../src/engine/index.js';
import { Linear, Module } from '../../src/engine/nn/index.js';
import { parameterGroups, Sgd } from '../../src/engine/optim/index.js';

interface Config {
  width: number;
  batch: number;
  size: number;
  threads: number;
  warmup: number;
  steps: number;
  precision: 'fp32' | 'bf16';
}

class Classifier extends Module {
  readonly backbone;
  readonly head;

  constructor(config: Config) {
    super();
    const { width, size: imageSize } = config;
    this.backbone = createBackbone('resnet18', { inputChannels: 3, imageSize, width, stem: 'small' });
    this.head = new Linear(this.backbone.featureSize, 10);
  }
}

const config = JSON.parse(process.argv[2] ?? '{}') as Config;
threads(config.threads);
manualSeed(0);
const model = new Classifier(config).to({ memoryFormat: 'channelsLast' });
const optimizer = new Sgd(parameterGroups(model, { weightDecay: 5e-4, excludeNormAndBias: false }), {
  learningRate: 0.01,
  momentum: 0.9,
  weightDecay: 5e-4,
});
const x = ops.randn([config.batch, 3, config.size, config.size]).to({ memoryFormat: 'channelsLast' });
const y = ops.randint(0, 10, [config.batch], { dtype: 'int64' });

function step(): number {
  return scope(() => {
    const loss = autocast('cpu', config.precision === 'bf16' ? 'bfloat16' : null, () =>
      ops.crossEntropy(model.head.forward(model.backbone.features(x)), y),
    );
    model.zeroGrad();
    loss.backward();
    optimizer.step();
    return loss.item();
  });
}

let settled = 0;
let loss = 0;
const times: number[] = [];
for (let i = 0; i < config.warmup + config.steps; i++) {
  if (i === config.warmup) settled = memory().residentBytes;
  readSync(0, Buffer.alloc(1));
  const began = performance.now();
  loss = step();
  times.push((performance.now() - began) / 1000);
  writeSync(1, `${times.at(-1)}\n`);
}
// The median: a burst of another program in one step does not count.
const timed = times.slice(config.warmup).sort((a, b) => a - b);
const secondsPerStep = timed[Math.floor(timed.length / 2)]!;
const { peakResidentBytes: peakBytes, residentBytes } = memory();
process.stdout.write(`${JSON.stringify({ secondsPerStep, peakBytes, loss, growth: residentBytes / settled - 1 })}\n`);
