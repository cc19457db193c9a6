/**
 * The shortest way from a folder of unlabeled images to vectors: learn, load, embed, look for neighbors.
 *
 *   npx tsx examples/embed-images.ts ./photos
 */
import { extractFeatures, loadRun, openRunData, pretrain } from '../src/index.js';

const data = process.argv[2] ?? 'synthetic:objects?count=512&test=0';
const job = pretrain({ method: 'rotation', data, training: { width: 8, epochs: 2, batchSize: 32 } });
for await (const event of job)
  if (event.type === 'epoch') console.log(`epoch ${event.epoch + 1}: loss ${event.loss.toFixed(3)}`);
const { folder } = await job;

const run = loadRun(folder.path);
const images = await openRunData(run.config); // or other data in the same form: { spec: './elsewhere' }
const features = await extractFeatures(run.encoder, images); // (N, D)
const directions = features.div(features.vectorNorm(2, [1], true));
const [, nearest] = directions.narrow(0, 0, 5).mm(directions.t()).topk(4, 1); // each image's first neighbor is itself
for (const [i, row] of (nearest.toList() as number[][]).entries()) {
  const neighbors = row.slice(1).map((j) => images.ids[j]);
  console.log(`${images.ids[i]} is most like ${neighbors.join(', ')}`);
}
