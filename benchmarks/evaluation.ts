/**
 * What evaluation computes beside the usual Python: exact k-NN beside PyTorch's product and topk, the linear probe's fit beside scikit-learn's
 * L-BFGS down to the same loss, COCO's average precision beside pycocotools. One thread each, in turn, in processes of their own; what counts is
 * the time of the processor, which other programs disturb less.
 *
 * The peer gets a virtual environment of its own in the cache, made at the first run. Run it with `npm run bench evaluation` on an idle machine.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { libtorchInfo } from '../src/engine/libtorch.js';
import { writeBoxes, writeClasses } from './lib/evaluation-data.js';
import { peerPython } from './lib/peer-python.js';
import { median, ourSide, pairedRatio, type Row, ratioRow, report, type Side, stepInTurn } from './lib/run.js';

const PACKAGES = [
  ...['scikit-learn==1.9.1', 'pycocotools==2.0.11', 'numpy==2.4.6'],
  // What PyTorch imports.
  ...['typing_extensions', 'sympy', 'networkx', 'jinja2', 'fsspec', 'filelock'],
];
const CHECK = 'import sklearn, pycocotools, numpy, typing_extensions, sympy, networkx, jinja2, fsspec, filelock';
const ONE_THREAD = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' };

const TRIALS = [
  {
    ...{ kind: 'knn', result: 'accuracy', what: 'k-NN of 10,000 in 50,000 x 512, k = 200', peer: 'PyTorch', target: 1 },
    ...{ train: 50_000, test: 10_000, size: 512, classes: 100, warmup: 1, steps: 3 },
  },
  {
    ...{
      kind: 'linear',
      result: 'loss',
      what: 'linear probe on 10,000 x 512, 10 classes',
      peer: 'scikit-learn',
      target: 1,
    },
    ...{ train: 10_000, test: 0, size: 512, classes: 10, warmup: 1, steps: 5 },
  },
  {
    ...{ kind: 'coco', result: 'AP', what: 'COCO AP of 250,000 boxes in 5,000 images', peer: 'pycocotools', target: 3 },
    ...{ train: 5000, test: 0, size: 50, classes: 80, warmup: 1, steps: 3 },
  },
] as const;

const folder = mkdtempSync(join(tmpdir(), 'autodidact-evaluation-'));
const rows: Row[] = [];
const raw: Record<string, unknown> = {};
const python = peerPython('evaluation', PACKAGES, CHECK, '60 MB');
const script = fileURLToPath(new URL('./peers/evaluation.py', import.meta.url));
try {
  for (const trial of TRIALS) {
    const config = { ...trial, folder };
    if (trial.kind === 'coco') writeBoxes(folder, trial);
    else writeClasses(folder, trial);
    const own: Side = { ...ourSide('evaluation.ts', config), env: { ...process.env, AUTODIDACT_THREADS: '1' } };
    // PyTorch's Python package lies around its libtorch.
    const env = { ...process.env, ...ONE_THREAD, PYTHONPATH: dirname(libtorchInfo().folder) };
    const peer: Side = { command: python, args: [script, JSON.stringify(config)], env };
    const [mine, theirs] = await stepInTurn<{ value: number }>([own, peer], trial);
    const ratio = pairedRatio(theirs!.seconds, mine!.seconds);
    const difference = mine!.result.value / theirs!.result.value - 1;
    raw[trial.kind] = { ours: mine, theirs };
    rows.push(
      { what: `${trial.what}, ours`, measured: `${median(mine!.seconds).toFixed(2)} s` },
      { what: `${trial.what}, ${trial.peer}`, measured: `${median(theirs!.seconds).toFixed(2)} s` },
      ratioRow(`${trial.kind}: our speed / ${trial.peer}`, ratio, trial.target),
      {
        what: `${trial.kind}: our ${trial.result} / ${trial.peer}'s - 1`,
        measured: difference.toExponential(1),
      },
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
report('evaluation', 'Evaluation: k-NN, linear probe and COCO AP, one thread, CPU time', rows, raw);
