/**
 * The fastest matrix product that this machine shows, in floating-point operations per second; prints one line of JSON. The same
 * product is asked of both libraries that libtorch carries: the BLAS behind `mm`, and oneDNN behind a 1x1 convolution.
 */
import { type DType, ops, scope, type Tensor, threads } from '../../src/engine/index.js';

const config = JSON.parse(process.argv[2] ?? '{}') as { threads: number };
threads(config.threads);

const SIZE = 2048;
const ROUNDS = 12;

function fastest(product: () => Tensor): number {
  let seconds = Number.POSITIVE_INFINITY;
  for (let i = 0; i < ROUNDS; i++) {
    const began = performance.now();
    scope(product);
    seconds = Math.min(seconds, (performance.now() - began) / 1000);
  }
  return (2 * SIZE ** 3) / seconds;
}

function best(dtype: DType): number {
  return scope(() => {
    const [a, b] = [ops.randn([SIZE, SIZE]).to(dtype), ops.randn([SIZE, SIZE]).to(dtype)];
    // 32 x 64 positions of SIZE channels: the rows of a.
    const image = a.view([1, 32, 64, SIZE]).permute([0, 3, 1, 2]);
    const kernel = b.view([SIZE, SIZE, 1, 1]).to({ memoryFormat: 'channelsLast' });
    return Math.max(
      fastest(() => a.mm(b)),
      fastest(() => ops.conv2d(image, kernel)),
    );
  });
}

process.stdout.write(`${JSON.stringify({ fp32: best('float32'), bf16: best('bfloat16') })}\n`);
