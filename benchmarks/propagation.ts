/**
 * Following one mask through a video of 480 x 864 pixels with a ResNet-18 of a quarter of the width, two threads, beside the same rule
 * written plainly in Python PyTorch: each in a process of its own, frame by frame in turn. Run it with `npm run bench propagation` on an idle machine.
 */
import { median, ourSide, pairedRatio, peerSide, type Row, ratioRow, report, stepInTurn } from './lib/run.js';

/** The rule of the contrastive random walk with four frames of context: the first, and the last three. */
const CONFIG = {
  ...{ width: 16, height: 480, frameWidth: 864, threads: 2, classes: 3 },
  ...{ topK: 10, temperature: 0.05, radius: 12, last: 3 },
  ...{ warmup: 6, steps: 40 },
};

const rows: Row[] = [];
const raw: Record<string, unknown> = {};
for (const { layer, stride, steps, target } of [
  { layer: 'layer3', stride: 16, steps: 40, target: 10 },
  { layer: 'layer2', stride: 8, steps: 12, target: null },
]) {
  const config = { ...CONFIG, layer, steps };
  const [own, peer] = await stepInTurn([ourSide('propagation.ts', config), peerSide('propagation.py', config)], config);
  const rate = 1 / median(own!.seconds);
  rows.push(
    {
      what: `stride ${stride}, ours`,
      measured: `${rate.toFixed(1)} frames/s`,
      ...(target === null ? {} : { target: `>= ${target} frames/s`, isMet: rate >= target }),
    },
    { what: `stride ${stride}, Python PyTorch`, measured: `${(1 / median(peer!.seconds)).toFixed(1)} frames/s` },
    ratioRow(`stride ${stride}: our speed / PyTorch`, pairedRatio(peer!.seconds, own!.seconds), 1),
  );
  raw[layer] = { ours: own!.seconds, pytorch: peer!.seconds };
}
report(
  'propagation',
  'Propagation: a mask through 480 x 864 pixels, ResNet-18 of width 16, four frames of context, window of 12 cells, two threads',
  rows,
  raw,
);
