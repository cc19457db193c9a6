import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, it } from 'vitest';
import { Bench, temporaryFolder, tinyImages, tinyTraining } from '../../tests/support/tiny.js';
import { type Tensor, tensor } from '../engine/index.js';
import { readSafetensors, writeSafetensors } from '../engine/safetensors.js';
import { AutodidactError } from '../errors.js';
import { findMethod } from '../methods/registry.js';
import {
  damageWarnings,
  readAssets,
  readCheckpoint,
  readNewestCheckpoint,
  restore,
  saveCheckpoint,
  setAside,
} from './checkpoint.js';
import { RunFolder } from './run-folder.js';

const folder = temporaryFolder();
const dataset = await tinyImages(folder);
const definition = findMethod('rotation');
const { name } = definition;

let runs = 0;
const freshRun = (): RunFolder => RunFolder.create(join(folder, `run-${runs++}`));

/** A run folder with a checkpoint after each of the first steps. */
function saved(
  steps: number,
  bench = new Bench(definition, dataset),
): { run: RunFolder; paths: string[]; bench: Bench } {
  const run = freshRun();
  const paths = Array.from({ length: steps }, () => {
    bench.step();
    return saveCheckpoint(run, name, bench.state, steps);
  });
  return { run, paths, bench };
}

function flipBit(path: string, byte: number, bit: number): void {
  const bytes = readFileSync(path);
  bytes[byte]! ^= 1 << bit;
  writeFileSync(path, bytes);
}

/** Writes a checkpoint anew as version 0.1 wrote it: another format, no digest. */
function rewrite(
  path: string,
  change: (tensors: Map<string, Tensor>, metadata: Record<string, string>) => void = () => {},
): void {
  const { tensors, metadata } = readSafetensors(path);
  const earlier: Record<string, string> = { ...metadata, format: 'autodidact-checkpoint-1' };
  expect(earlier.sha256).toMatch(/^[0-9a-f]{64}$/);
  delete earlier.sha256;
  change(tensors, earlier);
  writeSafetensors(path, tensors, earlier);
}

const failureOf = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return error;
  }
};

it('finds any bit that has changed since the file was written', () => {
  const { paths, bench } = saved(1);
  const path = paths[0]!;
  const whole = readFileSync(path);
  const headerEnd = 8 + Number(whole.readBigUInt64LE(0));
  const spread = (from: number, to: number, count: number) =>
    Array.from({ length: count }, (_, i) => Math.floor(from + ((i + 0.5) * (to - from)) / count));
  const metadataEnd = whole.indexOf('}') + 200;
  const places = [
    ...spread(0, 8, 8),
    ...spread(8, metadataEnd, 200),
    ...spread(metadataEnd, headerEnd, 100),
    ...spread(headerEnd, whole.length, 100),
    whole.length - 1,
  ];
  for (const [i, byte] of places.entries()) {
    const damaged = Buffer.from(whole);
    damaged[byte]! ^= 1 << (i % 8);
    writeFileSync(path, damaged);
    const failure = failureOf(() => readCheckpoint(path, name));
    expect(failure, `bit ${i % 8} of byte ${byte}`).toMatchObject({ code: 'CHECKPOINT' });
    expect((failure as Error).message).toContain(path);
  }
  writeFileSync(path, whole);
  expect(readCheckpoint(path, name).position.step).toBe(1);
  bench.dispose();
});

it('refuses a file of the present format without a digest', () => {
  const { paths, bench } = saved(1);
  const { tensors, metadata } = readSafetensors(paths[0]!);
  const { sha256: _, ...rest } = metadata;
  writeSafetensors(paths[0]!, tensors, rest);
  expect(() => readCheckpoint(paths[0]!, name)).toThrow('the SHA-256 of its content is missing');
  bench.dispose();
});

it('reads the checkpoints of version 0.1, which have no digest', () => {
  const { paths, bench } = saved(2);
  rewrite(paths[1]!);
  const other = new Bench(definition, dataset);
  Object.assign(other.state, restore(readCheckpoint(paths[1]!, name), other.state));
  expect(other.step().loss).toBe(bench.step().loss);
  other.dispose();
  bench.dispose();
});

it.each<[string, (tensors: Map<string, Tensor>) => void, string]>([
  [
    'without what the optimizer accumulated',
    (tensors) => {
      for (const key of [...tensors.keys()]) if (key.startsWith('optimizer.')) tensors.delete(key);
    },
    'Expected what the optimizer of the turn `main` has accumulated in 1 steps, found nothing',
  ],
  [
    'with the state of another turn',
    (tensors) => tensors.set('optimizer.discriminator.w.momentum', tensor([1])),
    'received one with an optimizer of `discriminator`',
  ],
  [
    'with the state of another update rule',
    (tensors) => {
      for (const [key, value] of [...tensors])
        if (key.startsWith('optimizer.') && tensors.delete(key)) tensors.set(key.replace(/\w+$/, 'other'), value);
    },
    "The optimizer's state does not fit",
  ],
  ['without a generator', (tensors) => tensors.delete('random.views'), 'Expected `random.views` in the checkpoint'],
])('refuses a checkpoint %s', (_, change, sentence) => {
  const { paths, bench } = saved(1);
  rewrite(paths[0]!, change);
  const checkpoint = readCheckpoint(paths[0]!, name);
  expect(failureOf(() => restore(checkpoint, bench.state))).toMatchObject({
    code: 'CHECKPOINT',
    message: expect.stringContaining(sentence),
  });
  bench.dispose();
});

it('asks for nothing from an optimizer that accumulates nothing', () => {
  const before = new Bench(definition, dataset);
  const path = saveCheckpoint(freshRun(), name, before.state, 1);
  restore(readCheckpoint(path, name), before.state);
  before.dispose();

  const training = tinyTraining(definition, { optimizer: 'sgd', momentum: 0 });
  const { paths, bench } = saved(1, new Bench(definition, dataset, training));
  expect(readCheckpoint(paths[0]!, name).optimizers.size).toBe(0);
  restore(readCheckpoint(paths[0]!, name), bench.state);
  bench.dispose();
});

it.each<[string | undefined, string]>([
  [undefined, '`step`'],
  ['{"epoch":0,"batch":1,"stage":0}', '`step`'],
  ['{"step":-1,"epoch":0,"batch":1,"stage":0}', '`step`'],
  ['{"step":1,"epoch":0.5,"batch":1,"stage":0}', '`epoch`'],
  ['{"step":1,"epoch":0,"batch":1e300,"stage":0}', '`batch`'],
  ['{"step":1,"epoch":0,"batch":1e999,"stage":0}', '`batch`'],
  ['{"step":1,"epoch":0,"batch":1,"stage":"0"}', '`stage`'],
  ['{"step":1,"epoch":0,"batch":1,"stage":null}', '`stage`'],
  ['[]', 'damaged'],
  ['5', 'damaged'],
  ['null', 'damaged'],
  ['{"step":1', 'damaged'],
])('refuses the position %s', (position, part) => {
  const { paths, bench } = saved(1);
  rewrite(paths[0]!, (_, metadata) => {
    if (position === undefined) delete metadata.position;
    else metadata.position = position;
  });
  expect(failureOf(() => readCheckpoint(paths[0]!, name))).toMatchObject({
    code: 'CHECKPOINT',
    message: expect.stringContaining(part),
  });
  bench.dispose();
});

it('takes the newest checkpoint that is whole, and says what is wrong with the newer ones', () => {
  const { run, paths, bench } = saved(3);
  expect(readNewestCheckpoint(run, name)).toMatchObject({ path: paths[2], damaged: [] });
  flipBit(paths[2]!, readFileSync(paths[2]!).length - 1, 0);
  truncateSync(paths[1]!, 1000);
  const newest = readNewestCheckpoint(run, name)!;
  expect(newest.path).toBe(paths[0]);
  expect(newest.checkpoint.position.step).toBe(1);
  expect(newest.damaged.map(({ path }) => path)).toEqual([paths[2], paths[1]]);
  const warnings = damageWarnings(newest);
  expect(warnings[0]).toMatch(/step-000000003\.safetensors is damaged: .* Using step-000000001\.safetensors instead$/);
  expect(warnings[1]).toMatch(
    /step-000000002\.safetensors is not a valid safetensors file: .* Using step-000000001\.safetensors instead$/,
  );

  // A folder under the name of a checkpoint is named too, with what it is.
  const strange = run.file('checkpoints', 'step-000000009.safetensors');
  mkdirSync(strange);
  expect(damageWarnings(readNewestCheckpoint(run, name)!)[0]).toMatch(/step-000000009\.safetensors .*no regular file/);
  rmSync(strange, { recursive: true });

  flipBit(paths[0]!, 20, 0);
  const failure = failureOf(() => readNewestCheckpoint(run, name)) as AutodidactError;
  expect(failure).toBeInstanceOf(AutodidactError);
  expect(failure.code).toBe('CHECKPOINT');
  expect(failure.message).toMatch(/^None of the 3 checkpoints of the run can be used\. /);
  for (const path of paths) expect(failure.message).toContain(path);

  rmSync(paths[1]!);
  rmSync(paths[2]!);
  expect(failureOf(() => readNewestCheckpoint(run, name))).toMatchObject({ code: 'CHECKPOINT' });
  rmSync(paths[0]!);
  expect(readNewestCheckpoint(run, name)).toBeUndefined();
  bench.dispose();
});

it('sets damaged checkpoints aside, where they do not push out whole ones', () => {
  const { run, bench } = saved(1);
  const later = run.file('checkpoints', 'step-000000005.safetensors');
  writeFileSync(later, 'damaged');
  bench.step();
  // The file that was just written stays, whatever else is there.
  const second = saveCheckpoint(run, name, bench.state, 1);
  expect(readdirSync(run.file('checkpoints'))).toEqual([basename(second)]);

  writeFileSync(later, 'damaged');
  const newest = readNewestCheckpoint(run, name)!;
  expect(newest.path).toBe(second);
  setAside(newest.damaged);
  expect(readFileSync(`${later}.damaged`, 'utf8')).toBe('damaged');
  bench.step();
  const third = saveCheckpoint(run, name, bench.state, 2);
  expect(run.checkpoints()).toEqual([second, third]);
  expect(existsSync(`${later}.damaged`)).toBe(true);
  bench.dispose();
});

it('reads the assets that are whole', () => {
  const run = freshRun();
  expect(readAssets(run)).toEqual(new Map());
  mkdirSync(run.file('assets'));
  writeFileSync(run.file('assets', 'words.json'), 'whole');
  for (const name of ['words.json.partial-1', 'words.json.partial-1-0a9f'])
    writeFileSync(run.file('assets', name), 'ha');
  expect([...readAssets(run)].map(([key, bytes]) => [key, String(bytes)])).toEqual([['words.json', 'whole']]);
  rmSync(run.file('assets'), { recursive: true });
  writeFileSync(run.file('assets'), '');
  expect(failureOf(() => readAssets(run))).toMatchObject({ code: 'IO' });
});
