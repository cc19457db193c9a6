/**
 * SimCLR's two views of 256 color images of 32x32 (the CIFAR pipeline: crop, flip, color jitter, gray) beside the training
 * step of ResNet-18 of width 32 on them. Run it with `npm run bench augmentation` on an idle machine.
 */
import { simclrView } from '../src/augment/index.js';
import { Generator, ops, scope, threads } from '../src/engine/index.js';
import { median, ours, type Row, report } from './lib/run.js';

const BATCH = 256;
threads(2);
const random = new Generator(0);
const images = ops.randint(0, 256, [2 * BATCH, 3, 32, 32], { dtype: 'uint8' }).to({ memoryFormat: 'channelsLast' });
const view = simclrView({ size: 32, strength: 0.5, useBlur: false });
const times = Array.from({ length: 15 }, () => {
  const began = performance.now();
  scope(() => view(images, random));
  return (performance.now() - began) / 1000;
});
const views = median(times.slice(3));
const config = { width: 32, batch: 2 * BATCH, size: 32, threads: 2, warmup: 2, steps: 5 };
const step = (precision: 'fp32' | 'bf16') =>
  ours<{ secondsPerStep: number }>('training-step.ts', { ...config, precision }).secondsPerStep;
const [fp32, bf16] = [step('fp32'), step('bf16')];
const share = (whole: number): string => `${((100 * views) / whole).toFixed(1)} %`;
const rows: Row[] = [
  { what: 'two views of 256 images', measured: `${(1000 * views).toFixed(0)} ms` },
  { what: 'step on the 512 views, fp32', measured: `${(1000 * fp32).toFixed(0)} ms` },
  { what: 'views / step, fp32', measured: share(fp32), target: '<= 10 %', isMet: views / fp32 <= 0.1 },
  { what: 'views / step, bf16', measured: share(bf16), target: '<= 10 %', isMet: views / bf16 <= 0.1 },
];
report(
  'augmentation',
  "Augmentation: SimCLR's two views of 256 images of 3x32x32 beside the step of ResNet-18 of width 32",
  rows,
  {
    views,
    fp32,
    bf16,
  },
);
