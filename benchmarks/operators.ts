/** What a call over the bridge costs: the smallest operator, with the result freed. Run it with `npm run bench operators`. */
import { ops, scope, tensor } from '../src/engine/index.js';
import { median, type Row, report } from './lib/run.js';

const CALLS = 20_000;

function microseconds(body: () => unknown): number {
  const rounds = Array.from({ length: 11 }, () => {
    const began = performance.now();
    scope(() => {
      for (let i = 0; i < CALLS; i++) body();
    });
    return ((performance.now() - began) * 1000) / CALLS;
  });
  return median(rounds.slice(1));
}

const one = tensor([1]);
const matrix = ops.randn([4, 4]);
const add = microseconds(() => one.add(one));
const rows: Row[] = [
  { what: 'add of one element', measured: `${add.toFixed(2)} us`, target: '<= 2 us', isMet: add <= 2 },
  { what: 'add of a number', measured: `${microseconds(() => one.add(1)).toFixed(2)} us` },
  { what: 'product of two 4x4 matrices', measured: `${microseconds(() => matrix.mm(matrix)).toFixed(2)} us` },
  { what: 'reading a shape', measured: `${microseconds(() => matrix.shape).toFixed(2)} us` },
];
report('operators', 'Operators: one call over the bridge, its result freed', rows, { calls: CALLS });
