/**
 * The training step of a GPT (4 blocks, 128 dimensions, context 64, batch 12, characters, two threads) beside Python PyTorch's eager mode with
 * `scaled_dot_product_attention` and fused AdamW, float32 and bfloat16, step by step in turn; then writing 256 tokens with and without kept
 * keys and values. Run it with `npm run bench gpt` on an idle machine.
 */
import { median, ourSide, ours, pairedRatio, peerSide, type Row, ratioRow, report, stepInTurn } from './lib/run.js';

type Measured = { seconds: number[]; result: { loss: number; peakBytes: number } };

const CONFIG = { vocabulary: 97, context: 64, width: 128, batch: 12, threads: 2, warmup: 10, steps: 100 };
const GENERATION = { vocabulary: 97, tokens: 256, width: 128, threads: 2, trials: 5 };
/** The engine cuts libgomp's spinning short; without the same for the peer, a busy machine decides everything. */
const SPINNING = { GOMP_SPINCOUNT: process.env.GOMP_SPINCOUNT ?? '1000' };

const precisions = ['fp32', 'bf16'] as const;
const sides = precisions.flatMap((precision) => [
  ourSide('gpt-step.ts', { ...CONFIG, precision }),
  peerSide('gpt_step.py', { ...CONFIG, precision }, SPINNING),
]);
const measured = (await stepInTurn(sides, CONFIG)) as Measured[];
const generation = ours<{ cached: number[]; whole: number[]; isSame: boolean }>('gpt-generation.ts', GENERATION);

const rate = ({ seconds }: Measured): string => `${(1000 * median(seconds)).toFixed(1)} ms`;
const rows: Row[] = [];
for (const [i, precision] of precisions.entries()) {
  const [own, peer] = [measured[2 * i]!, measured[2 * i + 1]!];
  rows.push(
    { what: `step, ours, ${precision}`, measured: rate(own) },
    { what: `step, Python PyTorch eager, ${precision}`, measured: rate(peer) },
    ratioRow(`our speed / PyTorch, ${precision}`, pairedRatio(peer.seconds, own.seconds), 1),
  );
}
const gain = median(generation.whole.map((seconds, i) => seconds / generation.cached[i]!));
rows.push(
  { what: '256 tokens, keys and values kept', measured: `${median(generation.cached).toFixed(2)} s` },
  { what: '256 tokens, everything read again', measured: `${median(generation.whole).toFixed(2)} s` },
  {
    ...{ what: 'gain of keeping', measured: gain.toFixed(1), target: '>= 5', isMet: gain >= 5 && generation.isSame },
  },
);
report('gpt', 'GPT: 4 blocks, 128 dimensions, context 64, batch 12, 97 characters, 2 threads', rows, {
  ...{ measured, generation },
});
