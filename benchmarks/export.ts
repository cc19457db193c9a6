/**
 * Taking a ResNet-50 away and searching, one thread: export with its check, the exported model in Node (ONNX Runtime's WebAssembly build)
 * beside ONNX Runtime for Python on the same file, and neighbors of one query. CPU seconds, which other programs on the machine change
 * little. Run it with `npm run bench export`.
 */
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { peerPython } from './lib/peer-python.js';
import { median, ourSide, ours, type Row, report, stepInTurn } from './lib/run.js';

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
const peer = { command: python, args: [script, JSON.stringify(config)], env: process.env };
const [node, native] = await stepInTurn([ourSide('onnx-inference.ts', config), peer], CONFIG);
rmSync(join(dirname(own.model), '..', '..'), { recursive: true });
const ratio = median(native!.seconds.map((seconds, i) => seconds / node!.seconds[i]!));
const query = median(own.queries);
const milliseconds = (seconds: number) => `${Math.round(1000 * seconds)} ms`;
const rows: Row[] = [
  {
    what: 'export of a folder, ONNX check at batches of 1 and 5 included',
    measured: `${own.exportCpuSeconds.toFixed(1)} s`,
    target: '<= 10 s',
    isMet: own.exportCpuSeconds <= 10,
  },
  { what: 'an image in Node, onnxruntime-web (WebAssembly)', measured: milliseconds(median(node!.seconds)) },
  { what: 'an image in Python, onnxruntime', measured: milliseconds(median(native!.seconds)) },
  {
    what: 'ONNX inference: speed in Node / in Python',
    measured: ratio.toFixed(2),
    target: '>= 0.80',
    isMet: ratio >= 0.8,
    reason: 'WebAssembly has vectors of 128 bits, native kernels of 256 or 512',
  },
  {
    what: 'neighbors of one query among 50,000 x 512',
    measured: `${query.toFixed(0)} ms`,
    target: '<= 100 ms',
    isMet: query <= 100,
  },
];
report('export', 'Export and search: ResNet-50 at 224 pixels, one thread, CPU time', rows, {
  ...{ export: own, node: node!.seconds, python: native!.seconds },
});
