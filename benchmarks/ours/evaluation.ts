/** Our side of evaluation.ts. Waits for a line before each step and prints the processor's seconds; at the end what it found. */
import { readSync, writeSync } from 'node:fs';
import { scope, tensor, threads } from '../../src/engine/index.js';
import { knn } from '../../src/evaluate/knn.js';
import { fitLogistic, standardization } from '../../src/evaluate/logistic.js';
import { cocoAp } from '../../src/evaluate/metrics/coco.js';
import { readBoxes, readClasses } from '../lib/evaluation-data.js';

interface Config {
  kind: 'knn' | 'linear' | 'coco';
  folder: string;
  train: number;
  test: number;
  size: number;
  classes: number;
  warmup: number;
  steps: number;
}

const config = JSON.parse(process.argv[2]!) as Config;
const { folder, train, test, size, classes } = config;
threads(1);

/** One step, which gives what the peer's is compared with. */
function prepared(): () => number {
  if (config.kind === 'coco') {
    const { truth, found } = readBoxes(folder);
    const boxOf = ([image, label, left, top, width, height, score]: number[]) => ({
      ...{ image: image!, class: label!, score: score! },
      box: { left: left!, top: top!, width: width!, height: height! },
    });
    const [objects, detections] = [truth.map(boxOf), found.map(boxOf)];
    return () => cocoAp(objects, detections, classes).ap!;
  }
  const { features, labels } = readClasses(folder);
  const all = tensor(features, { shape: [train + test, size] });
  const part = (from: number, count: number) => ({
    features: all.narrow(0, from, count),
    labels: labels.slice(from, from + count),
  });
  const own = part(0, train);
  if (config.kind === 'knn') {
    const queries = part(train, test);
    return () => knn(own, queries, { k: 200, temperature: 0.1, classes }).accuracy;
  }
  const x = standardization(own.features)(own.features);
  return () => scope(() => fitLogistic(x, own.labels, { classes, l2: 1e-3, tolerance: 1e-6 }).loss);
}

const step = prepared();
let value = 0;
for (let i = 0; i < config.warmup + config.steps; i++) {
  readSync(0, Buffer.alloc(1));
  const began = process.cpuUsage();
  value = step();
  const { user, system } = process.cpuUsage(began);
  writeSync(1, `${(user + system) / 1e6}\n`);
}
writeSync(1, `${JSON.stringify({ value })}\n`);
