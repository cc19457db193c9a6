/**
 * The whole of pretraining, end to end: images/s of SimCLR, MoCo, BYOL and SwAV with a ResNet-18 (width 64, stem for small
 * images) on 32x32 images in batches of 256, two threads, data and views included.
 *
 * - ours: the loop of `autodidact pretrain` with its defaults
 * - lightly 1.6: its transforms on PIL images, a DataLoader with two workers that stay, fp32, as its examples recommend
 * - the same under autocast in bfloat16, where ours runs in it
 * - PyTorch, tuned by hand: augmentation of whole batches, channels-last, bfloat16, fused updates
 * - the same with glibc's malloc tuned too, by the environment of the process
 *
 * Ours and the tuned loops, each in a process of its own, take turns step by step, and the ratio is the median over pairs of
 * neighboring steps; lightly, which is several times slower, runs by itself.
 *
 * lightly needs torchvision, which has no build for the CPU alone: it gets a virtual environment of its own in the cache, made at
 * the first run (several GB). Run it with `npm run bench pretraining` on an idle machine; `-- simclr` measures one method
 * anew, `-- --device cuda` sets ours beside the hand-tuned loop on a GPU.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { selectDevice } from '../src/engine/index.js';
import { autocastType } from '../src/train/precision.js';
import { peerPython } from './lib/peer-python.js';
import {
  keptResult,
  median,
  ourSide,
  pairedRatio,
  peerSide,
  type Row,
  ratioRow,
  report,
  runSide,
  stepInTurn,
} from './lib/run.js';

export interface PretrainingConfig {
  method: string;
  batch: number;
  size: number;
  images: number;
  threads: number;
  workers: number;
  device: 'cpu' | 'cuda';
  warmup: number;
  steps: number;
  /** Of our method; the peers are given the same in their own words. */
  options: Record<string, unknown>;
}

type Common = Omit<PretrainingConfig, 'method' | 'options'>;
const LENGTH = { images: 1024, warmup: 2, steps: 10 };
const COMMON: Common = { batch: 256, size: 32, threads: 2, workers: 2, device: 'cpu', ...LENGTH };
const COMMON_GPU: Common = { ...COMMON, images: 4096, warmup: 10, steps: 60, device: 'cuda' };
// The same crops, queue and head sizes on all sides.
const OPTIONS: Record<string, Record<string, unknown>> = {
  simclr: { temperature: 0.5 },
  moco: { queueSize: 4096, normGroups: 1, useShuffle: false, projectionLayers: 2 },
  byol: { hiddenSize: 1024 },
  swav: { prototypes: 128, smallCrops: 4, smallCropSize: 16, blurProbability: 0, queueSize: 0 },
};

/** glibc keeps freed blocks instead of asking the system for fresh pages, which costs PyTorch's defaults a tenth of their speed. */
const TUNED_MALLOC = {
  MALLOC_MMAP_THRESHOLD_: '4294967296',
  MALLOC_TRIM_THRESHOLD_: '4294967296',
  MALLOC_TOP_PAD_: '268435456',
};

const LIGHTLY_PACKAGES = ['torch==2.14.1', 'torchvision==0.29.1', 'lightly==1.6.*'];

/** The Python that has lightly. */
const lightlyPython = (): string =>
  peerPython('lightly', LIGHTLY_PACKAGES, 'import lightly, torchvision', 'several GB');

/** Images/s of lightly. */
function lightly(python: string, config: PretrainingConfig & { precision: 'fp32' | 'bf16' }): number {
  const script = fileURLToPath(new URL('peers/lightly_pretraining.py', import.meta.url));
  const { GOMP_SPINCOUNT: _, ...env } = process.env;
  const args = ['-W', 'ignore', script, JSON.stringify(config)];
  return runSide<{ imagesPerSecond: number }>({ command: python, args, env }).imagesPerSecond;
}

const { values, positionals: asked } = parseArgs({
  allowPositionals: true,
  options: {
    device: { type: 'string', default: 'cpu' },
  },
});
const common = selectDevice(values.device) === 'cpu' ? COMMON : COMMON_GPU;
const names = Object.keys(OPTIONS).filter((name) => asked.length === 0 || asked.includes(name));
const python = common.device === 'cpu' ? lightlyPython() : null;
const rows: Row[] = [];
const raw: Record<string, Record<string, number | number[]>> = {};
for (const method of names) {
  const config: PretrainingConfig = { ...common, method, options: OPTIONS[method]! };
  const tunedSide = (env: NodeJS.ProcessEnv = {}) => peerSide('tuned_pretraining.py', config, env);
  const sides = [ourSide('pretraining.ts', config), tunedSide(), ...(python ? [tunedSide(TUNED_MALLOC)] : [])];
  const [our, tuned, tunedMalloc] = (await stepInTurn(sides, config)).map(({ seconds }) => seconds);
  const imagesPerSecond = (seconds: readonly number[]): number => config.batch / median(seconds);
  const ours = imagesPerSecond(our!);
  raw[method] = { oursSeconds: our!, tunedSeconds: tuned!, ...(tunedMalloc && { tunedMallocSeconds: tunedMalloc }) };
  rows.push(
    { what: `${method}, ours`, measured: rate(ours) },
    { what: `${method}, PyTorch tuned by hand`, measured: rate(imagesPerSecond(tuned!)) },
    ratioRow(`${method}: ours / tuned`, pairedRatio(tuned!, our!), 1),
  );
  if (tunedMalloc) {
    rows.push(
      { what: `${method}, PyTorch tuned by hand, malloc too`, measured: rate(imagesPerSecond(tunedMalloc)) },
      ratioRow(`${method}: ours / tuned, malloc too`, pairedRatio(tunedMalloc, our!)),
    );
  }
  if (python === null) continue;
  const own = autocastType('auto', common.device) === null ? 'fp32' : 'bf16';
  const theirs = lightly(python, { ...config, steps: config.steps / 2, precision: 'fp32' });
  raw[method].lightlyImagesPerSecond = theirs;
  rows.push(
    { what: `${method}, lightly, fp32`, measured: rate(theirs) },
    ratio(`${method}: ours (${own}) / lightly (fp32)`, ours / theirs, 2),
  );
  if (own === 'fp32') continue;
  const alike = lightly(python, { ...config, steps: config.steps / 2, precision: own });
  raw[method].lightlyBf16ImagesPerSecond = alike;
  rows.push(
    { what: `${method}, lightly, ${own}`, measured: rate(alike) },
    { what: `${method}: ours / lightly, both ${own}`, measured: (ours / alike).toFixed(2) },
  );
}

function rate(imagesPerSecond: number): string {
  return `${imagesPerSecond.toFixed(0)} images/s`;
}

function ratio(what: string, value: number, wanted: number): Row {
  return { what, measured: value.toFixed(2), target: `>= ${wanted.toFixed(2)}`, isMet: value >= wanted };
}

const trial = common.device === 'cpu' ? 'pretraining' : `pretraining-${common.device}`;
// Methods that were not asked for keep their rows.
const kept = keptResult(trial);
const isKept = ({ what }: Row): boolean => !names.some((name) => what.startsWith(name));
report(
  trial,
  [
    'Pretraining end to end: ResNet-18 (width 64) on 3x32x32, batches of 256',
    common.device === 'cpu' ? 'two threads' : 'on a GPU',
  ].join(', '),
  [...(kept?.rows.filter(isKept) ?? []), ...rows],
  { ...kept?.raw, ...raw },
);
