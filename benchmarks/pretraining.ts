/**
 * The whole of pretraining, end to end: images/s of SimCLR, MoCo, BYOL and SwAV with a ResNet-18 (width 64, stem for small
 * images) on 32x32 images in batches of 256, two threads, data and views included.
 *
 * - ours: the loop of `autodidact pretrain` with its defaults
 * - lightly 1.6: its transforms on PIL images, a DataLoader with two workers, fp32, as its examples recommend
 * - PyTorch, tuned by hand: augmentation of whole batches, channels-last, bfloat16, fused updates, large blocks kept by malloc
 *
 * lightly needs torchvision, which has no build for the CPU alone: it gets a virtual environment of its own in the cache, made at
 * the first run (several GB). Run it with `npm run bench pretraining` on an idle machine; `-- simclr` measures one method,
 * `-- --rounds 1` takes each side once instead of the median of three. `-- --device cuda` sets ours beside the hand-tuned loop
 * on a GPU.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { selectDevice } from '../src/engine/index.js';
import { median, ours, peer, type Row, report } from './lib/run.js';

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

interface Measured {
  imagesPerSecond: number;
}

type Common = Omit<PretrainingConfig, 'method' | 'options'>;
const LENGTH = { images: 1024, warmup: 1, steps: 4 };
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

/** The Python that has lightly; made when it is not there. */
function lightlyPython(): string {
  const cache =
    process.env.AUTODIDACT_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'autodidact');
  const folder = join(cache, 'peers', 'lightly');
  const python = join(folder, 'bin', 'python');
  const isReady = existsSync(python) && isThere(python);
  if (!isReady) {
    process.stderr.write('installing lightly into an environment of its own (several GB)\n');
    execFileSync('python3', ['-m', 'venv', folder], { stdio: 'inherit' });
    execFileSync(python, ['-m', 'pip', 'install', '--quiet', ...LIGHTLY_PACKAGES], { stdio: 'inherit' });
  }
  return python;
}

function isThere(python: string): boolean {
  try {
    execFileSync(python, ['-c', 'import lightly, torchvision'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function lightly(python: string, config: PretrainingConfig): Measured {
  const script = fileURLToPath(new URL('peers/lightly_pretraining.py', import.meta.url));
  const { GOMP_SPINCOUNT: _, ...environment } = process.env;
  const output = execFileSync(python, ['-W', 'ignore', script, JSON.stringify(config)], {
    env: environment,
    encoding: 'utf8',
  });
  return JSON.parse(output.trim().split('\n').at(-1)!) as Measured;
}

const { values, positionals: asked } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    device: { type: 'string', default: 'cpu' },
  },
});
const rounds = Number(values.rounds);
const common = selectDevice(values.device) === 'cpu' ? COMMON : COMMON_GPU;
const names = Object.keys(OPTIONS).filter((name) => asked.length === 0 || asked.includes(name));
const python = common.device === 'cpu' ? lightlyPython() : null;
const rows: Row[] = [];
const raw: Record<string, Record<string, number[]>> = {};
for (const method of names) {
  const config: PretrainingConfig = { ...common, method, options: OPTIONS[method]! };
  const speeds = { ours: [] as number[], lightly: [] as number[], tuned: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    speeds.ours.push(ours<Measured>('pretraining.ts', config).imagesPerSecond);
    if (python !== null) speeds.lightly.push(lightly(python, config).imagesPerSecond);
    speeds.tuned.push(peer<Measured>('tuned_pretraining.py', config, TUNED_MALLOC).imagesPerSecond);
  }
  raw[method] = speeds;
  const us = median(speeds.ours);
  rows.push({ what: `${method}, ours`, measured: rate(us) });
  if (python !== null) rows.push(...beside(method, us, 'lightly', 'lightly', speeds.lightly, 2));
  rows.push(...beside(method, us, 'tuned', 'PyTorch tuned by hand', speeds.tuned, 1));
}

function rate(imagesPerSecond: number): string {
  return `${imagesPerSecond.toFixed(0)} images/s`;
}

function beside(method: string, us: number, short: string, name: string, theirs: number[], wanted: number): Row[] {
  const ratio = us / median(theirs);
  const target = { target: `>= ${wanted.toFixed(2)}`, isMet: ratio >= wanted };
  return [
    { what: `${method}, ${name}`, measured: rate(median(theirs)) },
    { what: `${method}: ours / ${short}`, measured: ratio.toFixed(2), ...target },
  ];
}

report(
  common.device === 'cpu' ? 'pretraining' : `pretraining-${common.device}`,
  [
    'Pretraining end to end: ResNet-18 (width 64) on 3x32x32, batches of 256',
    common.device === 'cpu' ? 'two threads' : 'on a GPU',
    rounds === 1 ? 'one round' : `median of ${rounds} rounds`,
  ].join(', '),
  rows,
  raw,
);
