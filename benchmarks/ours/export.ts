/** Our side of export.ts: exports a ResNet-50, then asks for neighbors. Prints what it took as JSON. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBackbone } from '../../src/backbones/registry.js';
import { Generator, manualSeed, ops, threads } from '../../src/engine/index.js';
import { exportEncoder } from '../../src/export/export-encoder.js';
import { standardizedBy } from '../../src/methods/encoders.js';
import { FeatureSearch } from '../../src/search/neighbors.js';

interface Config {
  size: number;
  rows: number;
  features: number;
  k: number;
  warmup: number;
  steps: number;
}

const config = JSON.parse(process.argv[2]!) as Config;
threads(1);
manualSeed(0);
const cpuSeconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

async function main(): Promise<void> {
  const { size } = config;
  const network = createBackbone('resnet50', { inputChannels: 3, imageSize: size, stem: 'imagenet' });
  const statistics = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
  const spec = { modality: 'image', channels: 3, height: size, width: size, ...statistics };
  const folder = join(mkdtempSync(join(tmpdir(), 'autodidact-bench-')), 'resnet50');
  const [began, beganCpu] = [performance.now(), cpuSeconds()];
  await exportEncoder(standardizedBy(network, spec, statistics), 'folder', folder);
  const exportSeconds = (performance.now() - began) / 1000;
  const exportCpuSeconds = cpuSeconds() - beganCpu;

  const random = new Generator(1);
  const search = new FeatureSearch(ops.randn([config.rows, config.features], { generator: random }));
  const queries: number[] = [];
  for (let i = 0; i < config.warmup + config.steps; i++) {
    const query = ops.randn([1, config.features], { generator: random });
    const start = cpuSeconds();
    search.nearest(query, config.k);
    if (i >= config.warmup) queries.push(1000 * (cpuSeconds() - start));
  }
  const model = join(folder, 'onnx', 'model.onnx');
  process.stdout.write(`${JSON.stringify({ model, exportSeconds, exportCpuSeconds, queries })}\n`);
}

void main();
