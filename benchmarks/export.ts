/**
 * Taking a ResNet-50 away and searching, one thread: export with its check, the exported model in Node (ONNX Runtime's WebAssembly and
 * native builds) beside ONNX Runtime for Python on the same file, and neighbors of one query. CPU seconds, which other programs on the machine change
 * little. Run it with `npm run bench export`.
 */
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { peerNode } from './lib/peer-node.js';
import { peerPython } from './lib/peer-python.js';
import { median, ourSide, ours, pairedRatio, type Row, ratioRow, report, stepInTurn } from './lib/run.js';

const CONFIG = { size: 224, batch: 1, rows: 50_000, features: 512, k: 10, warmup: 1, steps: 5 };

interface Own {
  /** The exported model. */
  model: string;
  exportSeconds: number;
  exportCpuSeconds: number;
  /** CPU milliseconds of each query. */
  queries: number[];
}

const own = ours<Own>('export.ts', CONFIG);
const python = peerPython('onnxruntime', ['onnxruntime', 'numpy'], 'import onnxruntime, numpy', '20 MB');
const config = { ...CONFIG, model: own.model };
const script = new URL('peers/onnxruntime_inference.py', import.meta.url).pathname;
const folder = peerNode('onnxruntime-node', '290 MB');
const sides = [
  ourSide('onnx-inference.ts', config),
  {
    command: process.execPath,
    args: [new URL('peers/onnxruntime-node.mjs', import.meta.url).pathname, JSON.stringify({ ...config, folder })],
    env: process.env,
  },
  { command: python, args: [script, JSON.stringify(config)], env: process.env },
];
const [web, native, inPython] = (await stepInTurn(sides, CONFIG)).map(({ seconds }) => seconds);
rmSync(join(dirname(own.model), '..', '..'), { recursive: true });
const query = median(own.queries);
const milliseconds = (seconds: number) => `${Math.round(1000 * seconds)} ms`;
const rows: Row[] = [
  {
    what: 'export of a folder, ONNX check at batches of 1 and 5 included',
    measured: `${own.exportCpuSeconds.toFixed(1)} s`,
    target: '<= 10 s',
    isMet: own.exportCpuSeconds <= 10,
  },
  { what: 'an image in Python, onnxruntime', measured: milliseconds(median(inPython!)) },
  { what: 'an image in Node, onnxruntime-node', measured: milliseconds(median(native!)) },
  ratioRow('speed of onnxruntime-node / onnxruntime in Python', pairedRatio(inPython!, native!), 0.8),
  { what: 'an image in Node, onnxruntime-web (WebAssembly, as in browsers)', measured: milliseconds(median(web!)) },
  {
    ...ratioRow('speed of onnxruntime-web / onnxruntime in Python', pairedRatio(inPython!, web!), 0.8),
    reason: 'WebAssembly has vectors of 128 bits and no fused multiply-add; the native kernels have 512 bits and it',
  },
  {
    what: 'neighbors of one query among 50,000 x 512',
    measured: `${query.toFixed(0)} ms`,
    target: '<= 100 ms',
    isMet: query <= 100,
  },
];
report('export', 'Export and search: ResNet-50 at 224 pixels, one thread, CPU time', rows, {
  ...{ export: { ...own, model: undefined }, web, native, python: inPython },
});
