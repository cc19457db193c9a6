/** Every option does something: with another value of it, a method or a run on tiny data is another one. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Dataset } from '../src/data/index.js';
import { devices, ops } from '../src/engine/index.js';
import { imageBatch, imageSpec } from '../src/methods/make.test-util.js';
import type { MethodDefinition } from '../src/methods/method.js';
import { findMethod, methods, parseMethodOptions } from '../src/methods/registry.js';
import { openData } from '../src/modalities/registry.js';
import { type TrainingOptions, trainingOptions } from '../src/train/config.js';
import { saveEncoder } from '../src/train/encoder-file.js';
import { train } from '../src/train/loop.js';
import { MemoryDataset } from './support/memory-dataset.js';
import { optionCases } from './support/option-cases.js';
import { otherValues, propertiesOf } from './support/other-values.js';
import { Bench, temporaryFolder, tinyClipsOfMethods, tinyImages, tinyTraining } from './support/tiny.js';
import { Recording } from './support/traces.js';

const folder = temporaryFolder();
const COUNT = 24;
const open = (side: number) => tinyImages(folder, `count=${COUNT}&test=0&size=${side}`);
const smallImages = await open(16);
const images = new Map([
  [16, smallImages],
  [32, await open(32)],
  [48, await open(48)],
]);
const sounds = await openData(`synthetic:sounds?count=${COUNT}&test=0&length=1024`, { cacheFolder: folder });
const clipsOf = await tinyClipsOfMethods(methods, folder, COUNT);
const sixChannels = imageSpec(16, 6);
/** RGB and three channels of depth. */
const imagesWithDepth: Dataset = new MemoryDataset({
  spec: sixChannels,
  count: COUNT,
  make: (positions) => ops.cat(positions.map((position) => imageBatch(1, sixChannels, position).samples)),
});

const rotation = findMethod('rotation');
const encoderFile = join(folder, 'encoder.safetensors');
{
  const bench = new Bench(rotation, smallImages);
  saveEncoder(encoderFile, bench.method.encoder);
  bench.dispose();
}
const cases = optionCases(encoderFile);

const BATCH = 4;
/** So many that every hook that comes every few epochs has come again. */
const EPOCHS = 4;

interface BenchChanges {
  options?: Record<string, unknown>;
  backbone?: string | undefined;
  data?: Dataset;
}

describe.each(methods.map((definition) => ({ name: definition.name, definition })))('$name', ({ name, definition }) => {
  const { side: smallest = 16 } = definition.needs?.(parseMethodOptions(definition, {}, true)) ?? {};
  const { side = smallest > 16 ? 32 : 16 } = cases[name] ?? {};
  const dataset = clipsOf.get(name) ?? (definition.modalities[0] === 'sound' ? sounds : images.get(side)!);
  const { base = {}, values = {}, partners = {}, backbone: usual, backbones = {} } = cases[name] ?? {};
  const properties = propertiesOf(definition.options);
  const make = ({ options = {}, backbone = usual, data = dataset }: BenchChanges = {}): Bench => {
    const training = tinyTraining(definition, { batchSize: BATCH, ...(backbone && { backbone }) });
    return new Bench(definition, data, training, { ...base, ...options });
  };
  let recording: Recording;
  beforeAll(() => {
    recording = new Recording(make(), EPOCHS);
  });
  afterAll(() => recording.dispose());

  it('is the same with the same options', () => {
    expect(recording.differenceTo(make())).toBeNull();
  });

  it('has every option that the cases name', () => {
    const named = [base, values, partners, backbones].flatMap((table) => Object.keys(table));
    expect(named.filter((option) => !(option in properties))).toEqual([]);
  });

  it.each(Object.keys(properties))('reads `%s`', (option) => {
    const options = partners[option] ?? {};
    const backbone = backbones[option] ?? usual;
    const isAlone = partners[option] === undefined && backbones[option] === undefined;
    const reference = isAlone ? recording : new Recording(make({ options, backbone }), EPOCHS);
    const given = parseMethodOptions(definition, { ...base, ...options }, true)[option];
    const data = option === 'pair' ? imagesWithDepth : dataset;
    for (const value of values[option] ?? otherValues(properties[option]!, given)) {
      const difference = reference.differenceTo(make({ options: { ...options, [option]: value }, backbone, data }));
      expect(difference, `what changes with ${option}=${value} instead of ${given}`).not.toBeNull();
    }
    if (!isAlone) reference.dispose();
  });
});

it('notices an option that nothing reads', () => {
  const options = rotation.options.extend({ forgotten: z.number().default(1) });
  const definition = { ...rotation, options } as MethodDefinition;
  const make = (given: Record<string, unknown>): Bench =>
    new Bench(definition, smallImages, tinyTraining(definition, { batchSize: BATCH }), given);
  const recording = new Recording(make({}), EPOCHS);
  expect(recording.differenceTo(make({ forgotten: 2 }))).toBeNull();
  expect(recording.differenceTo(make({ useFlip: false }))).toBe('views');
  recording.dispose();
});

describe('a run', () => {
  const base: TrainingOptions = tinyTraining(rotation, { epochs: 3, device: 'cpu' });
  const values: Partial<Record<keyof TrainingOptions, readonly unknown[]>> = {
    backbone: ['resnet34'],
    // Whole minutes do not pass in a run of a second.
    checkpointMinutes: [1e-9],
    clipNorm: [0.01],
    milestones: [[0.5]],
    monitorEvery: [2, 0],
    // `auto` is one of both.
    precision: ['bf16'],
  };
  const partners: Partial<Record<keyof TrainingOptions, Partial<TrainingOptions>>> = {
    milestones: { schedule: 'step' },
    gamma: { schedule: 'step', milestones: [0.5] },
  };
  const source = {
    spec: 'generated',
    split: 'train' as const,
    limit: null,
    asked: { size: null, channels: 'auto' as const, length: null },
  };
  let runs = 0;

  /** A digest of the events and files of a run, without times and without the settings themselves, such as the learning rate. */
  async function run(changes: Partial<TrainingOptions>): Promise<string> {
    const out = join(folder, `run-${runs++}`);
    const hash = createHash('sha1');
    const options = parseMethodOptions(rotation, {}, true);
    const request = { definition: rotation, options, training: { ...base, ...changes }, dataset: smallImages, source };
    const unseen = ['time', 'seconds', 'samplesPerSecond', 'peakResidentBytes', 'learningRate'];
    const only = (key: string, value: unknown) => (unseen.includes(key) ? undefined : value);
    await train(
      { ...request, out },
      {
        monitor: async () => ({ score: 1 }),
        onEvent: (event) => hash.update(JSON.stringify(event, only).replaceAll(out, '')),
      },
    );
    for (const file of readdirSync(out, { recursive: true, withFileTypes: true })) {
      const path = join(file.parentPath, file.name);
      if (!file.isFile() || ['config.json', 'events.jsonl'].includes(file.name)) continue;
      hash.update(path.replace(out, '')).update(readFileSync(path));
    }
    return hash.digest('hex');
  }

  const usual = run({});

  it('is the same with the same settings', async () => {
    expect(await run({})).toBe(await usual);
  });

  const properties = propertiesOf(trainingOptions);
  it.each(Object.keys(properties).filter((name) => name !== 'device') as (keyof TrainingOptions)[])(
    'reads `%s`',
    async (setting) => {
      const own = { ...base, ...partners[setting] };
      const reference = partners[setting] === undefined ? usual : run(own);
      for (const value of values[setting] ?? otherValues(properties[setting]!, own[setting]))
        expect(await run({ ...own, [setting]: value }), `${setting}=${value} instead of ${own[setting]}`).not.toBe(
          await reference,
        );
    },
  );

  it('reads `device`', async () => {
    const other = devices().find((name) => name !== 'cpu');
    if (other === undefined) await expect(run({ device: 'cuda' })).rejects.toThrow(/one of auto, cpu for `device`/);
    else expect(await run({ device: other })).not.toBe(await usual);
  });
});
