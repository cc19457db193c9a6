import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scope } from '../engine/index.js';
import { PackWriter, readPack, recordsOf, targetsOf } from './pack-file.js';
import type { RecordLayout } from './records.js';
import type { MaskTargets } from './targets.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'autodidact-records-'));
  mkdirSync(folder, { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const VARYING: RecordLayout = { dtype: 'int16', shape: [2], isVarying: true };
const described = (count: number) => ({
  ...{ kind: 'test', count, details: {}, labels: null, classes: null, masks: null, skipped: [] },
  ids: Array.from({ length: count }, (_, i) => `r${i}`),
  splits: Array.from({ length: count }, () => null),
});

const bytes = (values: number[]) => new Uint8Array(Int16Array.from(values).buffer);

async function writeVarying(key: string, records: number[][]): Promise<void> {
  const writer = await PackWriter.create(folder, key, VARYING, 1000);
  for (const record of records) {
    // In two parts, as a decoder gives them.
    await writer.append(bytes(record.slice(0, 2)));
    await writer.append(bytes(record.slice(2)));
    writer.endRecord();
  }
  await writer.commit(described(records.length));
}

describe('records of varying length', () => {
  const records = [
    [1, 2, 3, 4, 5, 6],
    [7, 8],
    [9, 10, 11, 12],
  ];

  it('come back whole and in parts, also after reopening', async () => {
    await writeVarying('varying', records);
    const pack = await readPack(folder, 'varying');
    const read = recordsOf(pack!);
    scope(() => {
      expect(records.map((_, i) => read.lengthOf(i))).toEqual([3, 1, 2]);
      for (const [i, record] of records.entries()) expect(read.slice(i).flatten().toNumbers()).toEqual(record);
      expect(read.slice(0, 1, 2).toList()).toEqual([
        [3, 4],
        [5, 6],
      ]);
    });
    expect(() => read.slice(1, 0, 2)).toThrow(/Expected a part of the 1 items of record 1/);
  });

  it('have a fingerprint that knows where one ends and the next begins', async () => {
    await writeVarying('a', records);
    await writeVarying('b', [
      [1, 2, 3, 4],
      [5, 6, 7, 8],
      [9, 10, 11, 12],
    ]);
    const [a, b] = [await readPack(folder, 'a'), await readPack(folder, 'b')];
    expect(readFileSync(a!.path).equals(readFileSync(b!.path))).toBe(true);
    expect(a!.index.fingerprint).not.toBe(b!.index.fingerprint);
  });
});

describe('a pack with masks', () => {
  it('gives them as targets, in the order of subsets', async () => {
    const writer = await PackWriter.create(
      folder,
      'masks',
      { dtype: 'uint8', shape: [1, 2, 1], isVarying: false },
      100,
    );
    for (let i = 0; i < 3; i++) {
      await writer.append(Uint8Array.of(10 + i, 20 + i));
      await writer.appendMasks(Uint8Array.of(i, 255));
    }
    await writer.commit({ ...described(3), masks: { classes: ['background', 'cat', 'dog'], shape: [1, 2] } });
    const [targets] = targetsOf((await readPack(folder, 'masks'))!) as [MaskTargets];
    scope(() => {
      expect(targets.collate([2, 0]).toList()).toEqual([[[2, 255]], [[0, 255]]]);
      expect(targets.subset([1, 2]).collate([1]).toList()).toEqual([[[2, 255]]]);
    });
  });
});

describe('a pack of several files', () => {
  const layout: RecordLayout = { dtype: 'uint8', shape: [2], isVarying: true };

  async function write(key: string): Promise<void> {
    const writer = await PackWriter.create(folder, key, layout, 1000);
    for (let i = 0; i < 3; i++) {
      await writer.append(Uint8Array.of(i, i, i, i));
      await writer.appendMasks(Uint8Array.of(i, i));
      writer.endRecord();
    }
    await writer.commit({ ...described(3), masks: { classes: ['background', 'a', 'b'], shape: [1, 2] } });
  }

  it.each(['.json', '.records', '.records.offsets', '.records.masks'])(
    'is not used when %s was changed',
    async (ending) => {
      const key = `several${ending}`;
      await write(key);
      expect(await readPack(folder, key)).not.toBeNull();
      const whole = readFileSync(join(folder, key + ending));
      // In a folder of its own: what was intact is remembered.
      for (const [i, at] of [0, whole.length >> 1, whole.length - 1].entries()) {
        const copy = join(folder, `${key}-${i}`);
        mkdirSync(copy);
        for (const name of readdirSync(folder))
          if (name.startsWith(`${key}.`)) cpSync(join(folder, name), join(copy, name));
        const damaged = Buffer.from(whole);
        damaged[at]! ^= 1;
        writeFileSync(join(copy, key + ending), damaged);
        expect(await readPack(copy, key)).toBeNull();
      }
    },
  );

  it('is not used when the labels in its index were changed', async () => {
    const writer = await PackWriter.create(folder, 'labels', { ...layout, isVarying: false }, 1000);
    await writer.append(Uint8Array.of(0, 1, 2, 3));
    await writer.commit({ ...described(2), labels: [0, 1], classes: ['a', 'b'] });
    const path = join(folder, 'labels.json');
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replace('"labels":[0,1]', '"labels":[1,1]'));
    expect(await readPack(folder, 'labels')).toBeNull();
    writeFileSync(path, text);
    expect((await readPack(folder, 'labels'))!.index.labels).toEqual([0, 1]);
  });
});

describe('a pack that was changed on disk', () => {
  it.each([
    ['zeroed bytes', (content: Buffer) => content.fill(0, 1_500_000, 1_500_010)],
    ['one flipped bit', (content: Buffer) => content.fill(content[2_000_000]! ^ 1, 2_000_000, 2_000_001)],
    ['a byte less', (content: Buffer) => content.subarray(0, -1)],
  ])('is not used: %s', async (name, damage) => {
    const key = `damaged-${name.replaceAll(' ', '-')}`;
    const writer = await PackWriter.create(folder, key, { dtype: 'uint8', shape: [1_000_000], isVarying: false }, 4e6);
    for (let i = 0; i < 3; i++) await writer.append(new Uint8Array(1_000_000).fill(i + 1));
    const { path, index } = await writer.commit(described(3));
    expect(index.count).toBe(3);
    const content = readFileSync(path);
    const changed = damage(content);
    writeFileSync(path, changed instanceof Buffer ? changed : content);
    expect(await readPack(folder, key)).toBeNull();
  });
});

describe('a pack that is cut while it is in use', () => {
  /** Three records of 100,000 bytes that are mapped. */
  async function inUse(name: string, isVarying = false) {
    const writer = await PackWriter.create(
      folder,
      name,
      { dtype: 'uint8', shape: isVarying ? [] : [100_000], isVarying },
      3e5,
    );
    for (let i = 0; i < 3; i++) {
      await writer.append(new Uint8Array(100_000).fill(i + 1));
      if (isVarying) writer.endRecord();
    }
    const pack = await writer.commit(described(3));
    return { path: pack.path, records: recordsOf(pack) };
  }

  it('is an error, not the end of the process', async () => {
    const { path, records } = await inUse('cut');
    scope(() => expect(records.copy(Int32Array.of(2)).select(1, 0).toNumbers()).toEqual([3]));
    truncateSync(path, 4096);
    const refused = {
      code: 'IO',
      message: expect.stringMatching(/cut while it was in use: it has 4096 of at least 300000/),
    };
    for (const read of [
      () => records.copy(Int32Array.of(2)),
      () => records.take(Int32Array.of(1, 2)),
      () => records.mapped(),
    ])
      expect(failureOf(read)).toMatchObject(refused);
    expect(failureOf(() => records.readRow(2))).toMatchObject({ code: 'IO' });
    expect(failureOf(() => records.readRow(0))).toMatchObject({
      message: expect.stringMatching(/4096 of at least 100000/),
    });
  });

  it('is an error where records vary in length', async () => {
    const { path, records } = await inUse('cut-varying', true);
    scope(() => expect(records.slice(2, 0, 1).toNumbers()).toEqual([3]));
    truncateSync(path, 4096);
    expect(failureOf(() => records.slice(2, 0, 1))).toMatchObject({ code: 'IO' });
  });

  it('goes on with what it was when the file is removed or another takes its place', async () => {
    const { path, records } = await inUse('replaced');
    records.mapped();
    rmSync(path);
    scope(() => expect(records.copy(Int32Array.of(2)).select(1, 9).toNumbers()).toEqual([3]));
    writeFileSync(path, 'short');
    scope(() => expect(records.copy(Int32Array.of(1)).select(1, 9).toNumbers()).toEqual([2]));
  });
});

function failureOf(read: () => unknown): unknown {
  try {
    scope(() => read());
    return 'none';
  } catch (error) {
    return error;
  }
}
