/** The fastest matrix product that this machine shows, in floating-point operations per second; prints one line of JSON. */
import { type DType, ops, scope, threads } from '../../src/engine/index.js';

const config = JSON.parse(process.argv[2] ?? '{}') as { threads: number };
threads(config.threads);

function best(dtype: DType): number {
  const size = 2048;
  return scope(() => {
    const [a, b] = [ops.randn([size, size]).to(dtype), ops.randn([size, size]).to(dtype)];
    let seconds = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 10; i++) {
      const began = performance.now();
      scope(() => a.mm(b));
      seconds = Math.min(seconds, (performance.now() - began) / 1000);
    }
    return (2 * size ** 3) / seconds;
  });
}

process.stdout.write(`${JSON.stringify({ fp32: best('float32'), bf16: best('bfloat16') })}\n`);
