/**
 * The shortest way from a folder of unlabeled images to vectors: learn, load, embed, look for neighbors.
 *
 *   npx tsx examples/embed-images.ts ./photos
 */
import {
  extractFeatures,
  findMethod,
  fromRecipe,
  loadRun,
  openImages,
  parseMethodOptions,
  pretrain,
} from '../src/index.js';

const spec = process.argv[2] ?? 'synthetic:objects?count=512&test=0';
const dataset = await openImages(spec);
const definition = findMethod('rotation');

const { folder } = await pretrain(
  {
    definition,
    options: parseMethodOptions(definition, {}, true),
    training: { ...fromRecipe(definition.recipes.small), width: 8, epochs: 2, batchSize: Math.min(64, dataset.count) },
    dataset,
    source: { spec, split: 'all', limit: null, asked: { size: null, channels: 'auto' } },
    out: `runs/example-${Date.now()}`,
  },
  {
    onEvent: (event) =>
      event.type === 'epoch' && console.log(`epoch ${event.epoch + 1}: loss ${event.loss.toFixed(3)}`),
  },
);

const run = loadRun(folder.path);
const features = await extractFeatures(run.method, dataset); // (N, D)
const directions = features.div(features.vectorNorm(2, [1], true));
const [, nearest] = directions.narrow(0, 0, 5).mm(directions.t()).topk(4, 1); // each image's first neighbor is itself
for (const [i, row] of (nearest.toList() as number[][]).entries())
  console.log(
    `${dataset.ids[i]} is most like ${row
      .slice(1)
      .map((j) => dataset.ids[j])
      .join(', ')}`,
  );
