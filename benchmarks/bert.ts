/**
 * The training step of BERT-Mini (4 blocks, 256 dimensions, 128 tokens, batch 16, 15 % of the words hidden, two threads) beside Python PyTorch's
 * eager mode with `scaled_dot_product_attention` and fused AdamW, float32 and bfloat16, step by step in turn. Run it with `npm run bench bert` on
 * an idle machine; `-- --steps 2` tries it without keeping the figures.
 */
import { parseArgs } from 'node:util';
import {
  median,
  ourSide,
  pairedRatio,
  peerSide,
  printRows,
  type Row,
  ratioRow,
  report,
  stepInTurn,
} from './lib/run.js';

type Measured = { seconds: number[]; result: { loss: number; parameters: number; peakBytes: number } };

const { values } = parseArgs({ options: { steps: { type: 'string' } } });
const isTry = values.steps !== undefined;
const CONFIG = {
  ...{ vocabulary: 8000, context: 128, batch: 16, threads: 2 },
  ...{ warmup: isTry ? 1 : 10, steps: isTry ? Number(values.steps) : 100 },
};
/** The engine cuts libgomp's spinning short; without the same for the peer, a busy machine decides everything. */
const SPINNING = { GOMP_SPINCOUNT: process.env.GOMP_SPINCOUNT ?? '1000' };

const precisions = ['fp32', 'bf16'] as const;
const sides = precisions.flatMap((precision) => [
  ourSide('bert-step.ts', { ...CONFIG, precision }),
  peerSide('bert_step.py', { ...CONFIG, precision }, SPINNING),
]);
const measured = (await stepInTurn(sides, CONFIG)) as Measured[];
const sizes = new Set(measured.map(({ result }) => result.parameters));
if (sizes.size > 1) throw new Error(`The networks differ: ${[...sizes].join(' and ')} parameters`);

const time = ({ seconds }: Measured): string => `${(1000 * median(seconds)).toFixed(1)} ms`;
const rows: Row[] = [];
for (const [i, precision] of precisions.entries()) {
  const [own, peer] = [measured[2 * i]!, measured[2 * i + 1]!];
  rows.push(
    { what: `step, ours, ${precision}`, measured: time(own) },
    { what: `step, Python PyTorch eager, ${precision}`, measured: time(peer) },
    ratioRow(`our speed / PyTorch, ${precision}`, pairedRatio(peer.seconds, own.seconds), 1),
  );
}
const title =
  'BERT-Mini: 4 blocks, 256 dimensions, 128 tokens, batch 16, 8,000 words, 2 threads; in brackets 95 % of the paired ratio';
if (isTry) printRows(rows);
else report('bert', title, rows, { measured });
