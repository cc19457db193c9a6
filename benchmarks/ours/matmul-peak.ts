/**
 * The fastest matrix product that this machine shows. Waits for a line before each step and prints its seconds, and at the end its
 * floating-point operations as one line of JSON. The same product is asked of both libraries that libtorch carries: the BLAS behind `mm`,
 * and oneDNN behind a 1x1 convolution; the faster one counts.
 */
import { readSync, writeSync } from 'node:fs';
import { ops, scope, type Tensor, threads } from '../../src/engine/index.js';

interface Config {
  threads: number;
  warmup: number;
  steps: number;
  precision: 'fp32' | 'bf16';
}

const config = JSON.parse(process.argv[2] ?? '{}') as Config;
threads(config.threads);

const SIZE = 2048;

function seconds(product: () => Tensor): number {
  const began = performance.now();
  scope(product);
  return (performance.now() - began) / 1000;
}

scope(() => {
  const dtype = config.precision === 'bf16' ? 'bfloat16' : 'float32';
  const [a, b] = [ops.randn([SIZE, SIZE]).to(dtype), ops.randn([SIZE, SIZE]).to(dtype)];
  // 32 x 64 positions of SIZE channels: the rows of a.
  const image = a.view([1, 32, 64, SIZE]).permute([0, 3, 1, 2]);
  const kernel = b.view([SIZE, SIZE, 1, 1]).to({ memoryFormat: 'channelsLast' });
  for (let i = 0; i < config.warmup + config.steps; i++) {
    readSync(0, Buffer.alloc(1));
    const fastest = Math.min(
      seconds(() => a.mm(b)),
      seconds(() => ops.conv2d(image, kernel)),
    );
    writeSync(1, `${fastest}\n`);
  }
});
process.stdout.write(`${JSON.stringify({ operations: 2 * SIZE ** 3 })}\n`);
