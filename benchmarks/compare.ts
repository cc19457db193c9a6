/**
 * The share of a comparison's time that is neither training nor evaluation: opening data, trial steps, folders, statistics. Two methods with a
 * minute each beside an untrained and a supervised network; about ten minutes.
 *
 *   npm run bench compare
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compare } from '../src/compare/compare.js';
import { report } from './lib/run.js';

const MOST = 0.05;
const DATA = 'synthetic:objects?count=2000&test=500';

const folder = mkdtempSync(join(tmpdir(), 'autodidact-compare-'));
try {
  const began = performance.now();
  const { seconds } = await compare({
    ...{ data: DATA, methods: ['simclr', 'rotation'], baselines: ['random', 'supervised'] },
    ...{ budget: '1m', blocks: 2, freshBlocks: 1, labels: '10/class' },
    ...{ open: { cacheFolder: join(folder, 'cache') }, out: join(folder, 'comparison') },
  });
  const all = (performance.now() - began) / 1000;
  const share = 1 - seconds.all / all;
  const shown = (value: number): string => `${Math.round(value)} s`;
  report(
    'compare',
    'Compare: two methods with a minute each, on generated objects',
    [
      { what: 'all', measured: shown(all) },
      { what: 'pretraining', measured: shown(seconds.pretraining) },
      { what: 'evaluation, supervised training included', measured: shown(seconds.evaluation) },
      {
        ...{ what: 'share outside both', measured: `${(100 * share).toFixed(1)} %` },
        ...{ target: `<= ${100 * MOST} %`, isMet: share <= MOST },
      },
    ],
    { wall: all, ...seconds },
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
