/** Our side of motion.ts. Waits for a line before each step and prints its seconds. */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { tensor, threads } from '../../src/engine/index.js';
import { cameraMotion, denseFlow, grayPictures, trackBox, VisionPool } from '../../src/motion/index.js';

interface Config {
  step: 'flow' | 'points' | 'tracks' | 'patch';
  threads: number;
  path: string;
  side: number;
  frames: number;
  box: [number, number, number, number];
}

const config = JSON.parse(process.argv[2] ?? '{}') as Config;
const { side, frames: count } = config;
threads(config.threads);
const pool = new VisionPool(config.threads);
const frames = tensor(readFileSync(config.path), { shape: [count, side, side, 3], dtype: 'uint8' }).permute([
  0, 3, 1, 2,
]);
const pictures = grayPictures(frames);
const pairs = pictures.slice(1).map((second, t) => [pictures[t]!, second] as const);
const [left, top, width, height] = config.box;

const steps = {
  flow: () => Promise.all(pairs.map(([first, second]) => denseFlow(first, second, {}, pool))),
  points: () => Promise.all(pairs.map(([first, second]) => cameraMotion(first, second, {}, pool))),
  tracks: async () => trackBox(frames, { left, top, width, height }),
  async patch() {
    await cameraMotion(...pairs[0]!, {}, pool);
    return steps.tracks();
  },
};

for await (const _ of createInterface(process.stdin)) {
  const began = performance.now();
  await steps[config.step]();
  process.stdout.write(`${(performance.now() - began) / 1000}\n`);
}
await pool.close();
process.stdout.write('null\n');
