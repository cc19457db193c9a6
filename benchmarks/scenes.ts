/**
 * Rendering scenes of 64x64 pixels with all their annotations, on one thread: what `synthetic:scenes` costs at its first opening,
 * and the method `synthetic-imagery` in every step. Run it with `npm run bench scenes` on an idle machine.
 */
import { renderScenes } from '../src/data/index.js';
import { scope, threads } from '../src/engine/index.js';
import { median, type Row, report } from './lib/run.js';

const SCENES = 128;
const ROUNDS = 9;

function scenesPerSecond(look: 'synthetic' | 'real-like', size: number): number {
  const rates = Array.from({ length: ROUNDS }, (_, round) => {
    const ids = Array.from({ length: SCENES }, (_, i) => ({ seed: 0, index: SCENES * round + i }));
    const began = performance.now();
    scope(() => {
      renderScenes(ids, { size, look });
    });
    return (1000 * SCENES) / (performance.now() - began);
  });
  return median(rates.slice(2));
}

threads(1);
const [plain, real, large] = [
  scenesPerSecond('synthetic', 64),
  scenesPerSecond('real-like', 64),
  scenesPerSecond('synthetic', 128),
];
const rows: Row[] = [
  { what: 'scenes of 64x64', measured: `${plain.toFixed(0)} per s`, target: '>= 100 per s', isMet: plain >= 100 },
  { what: 'scenes of 64x64 with look=real-like', measured: `${real.toFixed(0)} per s` },
  { what: 'scenes of 128x128', measured: `${large.toFixed(0)} per s` },
];
report('scenes', 'Scenes: color, depth, normals, contours, masks and boxes, 1 thread', rows, { plain, real, large });
