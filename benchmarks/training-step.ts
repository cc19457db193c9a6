/**
 * The training step of ResNet-18 (width 32, batch 64 of 3x32x32, channels-last, two threads) beside Python PyTorch's eager
 * mode, our bfloat16 beside our float32, and matrix products of both types, whose speed is the peak that steps have a share of: each in a
 * process of its own, step by step in turn; then memory. Run it with `npm run bench training-step` on an idle machine.
 */
import { hasFastBfloat16 } from '../src/engine/index.js';
import { median, ourSide, ours, pairedRatio, peerSide, type Row, ratioRow, report, stepInTurn } from './lib/run.js';

type Measured = { seconds: number[]; result: { peakBytes: number } };
type Peak = { seconds: number[]; result: { operations: number } };

const CONFIG = {
  width: 32,
  batch: 64,
  size: 32,
  threads: 2,
  warmup: 5,
  steps: 60,
  precision: 'fp32' as 'fp32' | 'bf16',
};

/** Multiply-adds of a forward pass of this ResNet-18 at 32x32, from its shapes: 3x3 convolutions, shortcuts, classifier. */
function forwardMacs(width: number): number {
  const stem = 3 * 9 * width * 32 * 32;
  const stages = [0, 1, 2, 3].map((stage) => {
    const out = width * 2 ** stage;
    const into = stage === 0 ? width : out / 2;
    const positions = (32 / 2 ** stage) ** 2;
    const shortcut = stage === 0 ? 0 : into * out * positions;
    return 9 * (into * out + 3 * out * out) * positions + shortcut;
  });
  return stem + stages.reduce((sum, macs) => sum + macs, 0) + 8 * width * 10;
}

const sides = [
  ourSide('training-step.ts', CONFIG),
  peerSide('training_step.py', CONFIG),
  ourSide('training-step.ts', { ...CONFIG, precision: 'bf16' }),
  ourSide('matmul-peak.ts', CONFIG),
  ourSide('matmul-peak.ts', { ...CONFIG, precision: 'bf16' }),
];
const measured = await stepInTurn<unknown>(sides, CONFIG);
const [fp32, theirs, bf16, peak, peakBf16] = measured as [Measured, Measured, Measured, Peak, Peak];
const growth = ours<{ growth: number }>('training-step.ts', {
  ...CONFIG,
  width: 8,
  batch: 32,
  warmup: 200,
  steps: 1000,
}).growth;

const rate = ({ seconds }: Measured): string => `${Math.round(CONFIG.batch / median(seconds))} images/s`;
// A step is a forward pass and a backward pass of twice its cost; a multiply-add is two operations.
const flops = 3 * 2 * CONFIG.batch * forwardMacs(CONFIG.width);
/** The share of a step in the peak of the product that ran beside it. */
function shareRow(precision: string, { seconds }: Measured, { seconds: products, result }: Peak): Row {
  const { median: share, interval } = pairedRatio(products, seconds);
  const percent = (ratio: number): string => ((100 * ratio * flops) / result.operations).toFixed(0);
  return {
    what: `share of the ${precision} matrix-product peak (${(result.operations / median(products) / 1e9).toFixed(0)} GFLOP/s)`,
    measured: `${percent(share)} % (${interval.map(percent).join(' to ')})`,
  };
}

const memoryRatio = fp32.result.peakBytes / theirs.result.peakBytes;
const rows: Row[] = [
  { what: 'step, ours, fp32', measured: rate(fp32) },
  { what: 'step, Python PyTorch eager, fp32', measured: rate(theirs) },
  { what: 'step, ours, bf16', measured: rate(bf16) },
  ratioRow('our speed / PyTorch, fp32', pairedRatio(theirs.seconds, fp32.seconds), 1),
  ratioRow('our bf16 / our fp32', pairedRatio(fp32.seconds, bf16.seconds), hasFastBfloat16() ? 1.5 : undefined),
  {
    what: 'our peak memory / PyTorch',
    measured: memoryRatio.toFixed(2),
    target: '<= 1.15',
    isMet: memoryRatio <= 1.15,
  },
  {
    what: 'growth of memory over 1,000 steps',
    measured: `${(100 * growth).toFixed(1)} %`,
    target: '<= 2 %',
    isMet: growth <= 0.02,
  },
  shareRow('fp32', fp32, peak),
  shareRow('bf16', bf16, peakBf16),
];
report('training-step', 'Training step: ResNet-18 of width 32, batch 64 of 3x32x32, 2 threads, channels-last', rows, {
  ours: fp32,
  pytorch: theirs,
  oursBf16: bf16,
  growth,
  peak,
  peakBf16,
});
