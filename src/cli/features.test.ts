import { writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../tests/data-files.js';
import { createBackbone } from '../backbones/registry.js';
import { ops } from '../engine/index.js';
import { writeEmbeddings } from '../export/embeddings.js';
import type { LoadedEncoder } from '../train/load-encoder.js';
import { featuresFor } from './features.js';

const at = temporaryFolder();

const backbone = createBackbone('resnet18', { inputChannels: 3, imageSize: 16, width: 2 });
const spec = { modality: 'image', channels: 3, height: 16, width: 16, mean: [0, 0, 0], std: [1, 1, 1] };
const loaded = { encoder: { backbone, spec } } as unknown as LoadedEncoder;

it('labels from a table stand in place of those of a file of embeddings', async () => {
  const embeddings = at('found.parquet');
  const features = ops.ones([3, backbone.featureSize]);
  writeEmbeddings(embeddings, { ids: ['a.png', 'b.png', 'c.png'], features, labels: ['cat', 'cat', null] });
  expect((await featuresFor(loaded, { embeddings })).labels).toEqual(['cat', 'cat', null]);
  const labels = at('labels.csv');
  writeFileSync(labels, 'id,label\nc.png,dog\na.png, fox\n');
  expect((await featuresFor(loaded, { embeddings, labels })).labels).toEqual(['fox', null, 'dog']);
  await expect(featuresFor(loaded, { embeddings, limit: 2 })).rejects.toThrow('--limit with --data');
});
