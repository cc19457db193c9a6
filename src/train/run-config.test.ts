import { expect, it } from 'vitest';
import type { ImageSpec } from '../data/index.js';
import { imageSpec } from '../methods/make.test-util.js';
import { methods } from '../methods/registry.js';
import { fromRecipe } from './config.js';
import { formatRunConfig, parseRunConfig, type RunConfig, upgrade } from './run-config.js';

const config: RunConfig = {
  format: 2,
  method: 'simclr',
  options: { temperature: 0.5, sizes: [1, 2], note: null },
  training: fromRecipe(methods[0]!.recipes.small),
  data: {
    ...{ count: 40, spec: '/photos', split: 'train', name: 'photos', fingerprint: 'f', skipped: 0, limit: null },
    samples: imageSpec(16),
    asked: { size: null, channels: 'auto', length: null },
  },
  versions: { autodidact: '0.1.0', libtorch: '2.11.0', node: '20.0.0' },
  machine: { platform: 'linux x64', cpu: 'unknown', cores: 2, threads: 1, memoryBytes: 2 ** 34, device: 'cpu' },
  createdAt: '2026-01-01T00:00:00.000Z',
};

const failure = (json: unknown): unknown => {
  const text = typeof json === 'string' ? json : JSON.stringify(json);
  try {
    return parseRunConfig(text, 'runs/a/config.json');
  } catch (error) {
    return error;
  }
};

it('reads back what is written, for the recipes of every method', () => {
  expect(parseRunConfig(JSON.stringify(config), 'config.json')).toEqual(config);
  for (const { recipes } of methods)
    for (const recipe of [recipes.paper, recipes.small]) {
      const other = { ...config, training: fromRecipe(recipe) };
      expect(parseRunConfig(JSON.stringify(other), 'config.json')).toEqual(other);
    }
});

it('reads a configuration from before there were checkpoints in the middle of epochs', () => {
  const { checkpointMinutes, ...training } = config.training;
  expect(parseRunConfig(JSON.stringify({ ...config, training }), 'config.json')).toEqual(config);
  expect(checkpointMinutes).toBe(5);
});

it('refuses what was changed since it was written, unless the checksum is taken out', () => {
  const text = formatRunConfig(config);
  expect(parseRunConfig(text, 'config.json')).toEqual(config);
  const changed = text.replace('"temperature": 0.5', '"temperature": 0.7');
  expect(failure(changed)).toMatchObject({
    code: 'CHECKPOINT',
    message: expect.stringMatching(
      /^runs\/a\/config\.json was changed since it was written.* delete the checksum in it\.$/,
    ),
  });
  const { checksum, ...meant } = JSON.parse(changed);
  expect(checksum).toMatch(/^[0-9a-f]{64}$/);
  expect(failure(meant)).toEqual({ ...config, options: { ...config.options, temperature: 0.7 } });
});

it('takes the present format as it is', () => {
  const json = { ...config };
  expect(upgrade(json)).toEqual(config);
});

it('upgrades format 1, in which every sample was a square image', () => {
  const { samples: _, asked: __, ...rest } = config.data;
  const numbers = { channels: 3, imageSize: 16, mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] };
  const old = { ...config, format: 1, data: { ...rest, ...numbers, asked: { size: null, channels: 'auto' } } };
  expect(parseRunConfig(JSON.stringify(old), 'config.json')).toEqual(config);
  const sound = {
    ...old,
    method: 'cpc-sound',
    data: { ...old.data, channels: 1, mean: [0.5], std: [0.1], imageSize: 48 },
  };
  expect(parseRunConfig(JSON.stringify(sound), 'config.json').data).toMatchObject({
    samples: { modality: 'sound', rate: 8000, length: 2304 },
    asked: { length: 2304 },
  });
});

const { training, data } = config;
const samples = data.samples as ImageSpec;

it.each<[unknown, string]>([
  ['', 'it is not JSON'],
  ['{"format": 1,', 'it is not JSON'],
  ['\u0000\u0000', 'it is not JSON'],
  ['null', 'it holds no JSON object'],
  ['[]', 'it holds no JSON object'],
  ['"text"', 'it holds no JSON object'],
  [{}, '`format`'],
  [{ ...config, format: 0 }, '`format`'],
  [{ ...config, format: '1' }, '`format`'],
  [{ ...config, method: 5 }, '`method`'],
  [{ ...config, options: [] }, '`options`'],
  [{ ...config, training: null }, '`training`'],
  [{ ...config, training: { ...training, batchSize: 1.5 } }, '`training.batchSize`'],
  [{ ...config, training: { ...training, batchSize: -8 } }, '`training.batchSize`'],
  [{ ...config, training: { ...training, batchSize: 1e300 } }, '`training.batchSize`'],
  [{ ...config, training: { ...training, seed: undefined } }, '`training.seed`'],
  [JSON.stringify(config).replace(/"epochs":[\d.]+/, '"epochs":1e999'), '`training.epochs`'],
  [{ ...config, data: { ...data, count: 0 } }, '`data.count`'],
  [{ ...config, data: { ...data, samples: { ...samples, height: 1e9 } } }, '`data.samples.height`'],
  [{ ...config, data: { ...data, samples: { ...samples, channels: 1e9 } } }, '`data.samples.channels`'],
  [{ ...config, data: { ...data, samples: { ...samples, mean: [0.5] } } }, 'as many numbers in `mean` and `std`'],
  [{ ...config, data: { ...data, samples: { ...samples, std: [0.2, 0, 0.2] } } }, '`data.samples.std.1`'],
  [{ ...config, data: { ...data, samples: 'image' } }, '`data.samples`'],
  [{ ...config, format: 1 }, '`channels`'],
  [{ ...config, data: { ...data, split: 'half' } }, '`data.split`'],
  [{ ...config, data: { ...data, fingerprint: null } }, '`data.fingerprint`'],
  [{ ...config, data: { ...data, asked: {} } }, '`data.asked.size`'],
  [{ ...config, machine: { ...config.machine, threads: 'one' } }, '`machine.threads`'],
])('refuses what does not fit, and names it: %j', (json, name) => {
  const error = failure(json);
  expect(error).toMatchObject({ code: 'CHECKPOINT', message: expect.stringContaining(name) });
  expect(error).toMatchObject({ message: expect.stringContaining('runs/a/config.json') });
});

it('says that a later version wrote it', () => {
  const error = failure({ format: 99, anything: 'else' });
  expect(error).toMatchObject({
    code: 'CHECKPOINT',
    message: expect.stringMatching(/format 99 of a later .*update it/),
  });
});

it('keeps samples of a kind that is not registered, so that a run of it can be shown', () => {
  const samples = { modality: 'smell', odors: 3 };
  const read = parseRunConfig(JSON.stringify({ ...config, data: { ...data, samples } }), 'runs/a/config.json');
  expect(read.data.samples).toEqual(samples);
});
