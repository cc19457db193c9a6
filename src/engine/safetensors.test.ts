import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AutodidactError } from '../errors.js';
import { type DType, dtypes, isFloating, memory, ops, scope, type Tensor, tensor } from './index.js';
import { readSafetensors, writeSafetensors } from './safetensors.js';

/** Set by a test to make the next write fail like the system does. */
const fault = vi.hoisted(() => ({ code: '', afterWrites: 0 }));
/** Set by a test to what the system answers when a folder is opened or synced. */
const folders = vi.hoisted(() => ({ open: '', sync: '' }));

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const writeSync = ((...values: Parameters<typeof fs.writeSync>) => {
    if (fault.code !== '' && fault.afterWrites-- <= 0) throw Object.assign(new Error(fault.code), { code: fault.code });
    return fs.writeSync(...values);
  }) as typeof fs.writeSync;
  const fails = (code: string) => {
    throw Object.assign(new Error(code), { code });
  };
  const openSync = ((...values: Parameters<typeof fs.openSync>) => {
    const isFolder = fs.statSync(values[0], { throwIfNoEntry: false })?.isDirectory() ?? false;
    return folders.open !== '' && isFolder ? fails(folders.open) : fs.openSync(...values);
  }) as typeof fs.openSync;
  const fsyncSync = (file: number) =>
    folders.sync !== '' && fs.fstatSync(file).isDirectory() ? fails(folders.sync) : fs.fsyncSync(file);
  return { ...fs, writeSync, openSync, fsyncSync };
});

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'safetensors-'));
});
afterEach(() => {
  fault.code = '';
  Object.assign(folders, { open: '', sync: '' });
  rmSync(folder, { recursive: true, force: true });
});

const at = (name: string): string => join(folder, name);
const fails = (body: () => unknown): AutodidactError => {
  try {
    body();
  } catch (error) {
    expect(error).toBeInstanceOf(AutodidactError);
    return error as AutodidactError;
  }
  throw new Error('Expected an error, none was thrown');
};

/** A file with this header (text or object) and this many bytes of data, written without our writer. */
function handmade(name: string, header: unknown, dataBytes: number): string {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  for (let i = 0; i < dataBytes; i++) bytes[8 + text.length + i] = i;
  writeFileSync(at(name), bytes);
  return at(name);
}

describe('the byte layout', () => {
  it('matches the format, byte for byte', () => {
    writeSafetensors(at('a'), new Map([['x', tensor([1, 2])]]), { k: 'v' });
    const header = '{"__metadata__":{"k":"v"},"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}';
    const padded = header.padEnd(Math.ceil(header.length / 8) * 8, ' ');
    const bytes = readFileSync(at('a'));
    expect(bytes.readBigUInt64LE(0)).toBe(BigInt(padded.length));
    expect(bytes.toString('utf8', 8, 8 + padded.length)).toBe(padded);
    expect([...bytes.subarray(8 + padded.length)]).toEqual([0, 0, 0x80, 0x3f, 0, 0, 0, 0x40]);
  });

  it('has the widest elements first, so that tensors are aligned, and keeps the order of names', () => {
    const given = new Map<string, Tensor>([
      ['10', tensor([1, 0, 1], { dtype: 'bool' })],
      ['2', tensor([3], { dtype: 'float32' })],
      ['wide', tensor([4], { dtype: 'int64' })],
    ]);
    writeSafetensors(at('a'), given);
    expect([...readSafetensors(at('a')).tensors.keys()]).toEqual(['10', '2', 'wide']);
    const bytes = readFileSync(at('a'));
    const text = bytes.toString('utf8', 8, 8 + Number(bytes.readBigUInt64LE(0)));
    expect([...text.matchAll(/"([^"]+)":\{/g)].map((match) => match[1])).toEqual(['10', '2', 'wide']);
    const header = JSON.parse(text) as Record<string, { data_offsets: number[] }>;
    expect(header.wide!.data_offsets).toEqual([0, 8]);
    expect(header['2']!.data_offsets).toEqual([8, 12]);
    expect(header['10']!.data_offsets).toEqual([12, 15]);
  });
});

describe('a round trip', () => {
  it.each(dtypes)('keeps %s bit for bit', (dtype: DType) => {
    const values = isFloating(dtype) ? [0.1, -2.5, Number.POSITIVE_INFINITY, 1e-5] : [0, 1, 2, 127];
    const given = tensor(values, { dtype, shape: [2, 2] });
    writeSafetensors(at('a'), new Map([['x', given]]));
    const read = readSafetensors(at('a')).tensors.get('x')!;
    expect(read.dtype).toBe(dtype);
    expect(read.shape).toEqual([2, 2]);
    expect(read.toBytes()).toEqual(given.toBytes());
  });

  it('keeps names, metadata, scalars, empty tensors and views, in order', () => {
    const matrix = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const given = new Map([
      ['layer1.0.weight', matrix.t()],
      ['scalar', tensor(7)],
      ['empty', ops.zeros([0, 3])],
      ['ünïcode "quoted"', tensor([1])],
      ['images', ops.randn([2, 3, 4, 4]).to({ memoryFormat: 'channelsLast' })],
    ]);
    writeSafetensors(at('a'), given, { step: '3' });
    const { tensors, metadata } = readSafetensors(at('a'));
    expect(metadata).toEqual({ step: '3' });
    expect([...tensors.keys()]).toEqual([...given.keys()]);
    for (const [name, value] of given) {
      expect(tensors.get(name)!.shape).toEqual(value.shape);
      expect(tensors.get(name)!.toNumbers()).toEqual(value.toNumbers());
    }
    expect(tensors.get('layer1.0.weight')!.toList()).toEqual([
      [1, 4],
      [2, 5],
      [3, 6],
    ]);
  });

  it('writes a file without tensors', () => {
    writeSafetensors(at('a'), new Map());
    expect(readSafetensors(at('a'))).toEqual({ tensors: new Map(), metadata: {} });
  });

  it('returns copies: the file may be overwritten or removed afterwards', () => {
    writeSafetensors(at('a'), new Map([['x', tensor([1, 2])]]));
    const read = readSafetensors(at('a')).tensors.get('x')!;
    writeFileSync(at('a'), '');
    rmSync(at('a'));
    expect(read.add_(1).toNumbers()).toEqual([2, 3]);
  });

  it('leaks nothing, whether it succeeds or fails', () => {
    const values = new Map([
      ['b', tensor([1, 0], { dtype: 'bool' })],
      ['h', tensor([1], { dtype: 'bfloat16' })],
    ]);
    const before = memory().tensors;
    scope(() => {
      writeSafetensors(at('a'), values);
      readSafetensors(at('a'));
    });
    expect(memory().tensors).toBe(before);
    fails(() => readSafetensors(handmade('b', { x: { dtype: 'F8_E4M3', shape: [1], data_offsets: [0, 1] } }, 1)));
    expect(memory().tensors).toBe(before);
  });

  it('reads booleans other than 0 and 1 as true', () => {
    const path = handmade('a', { x: { dtype: 'BOOL', shape: [3], data_offsets: [0, 3] } }, 3);
    expect([...readSafetensors(path).tensors.get('x')!.toBytes()]).toEqual([0, 1, 1]);
  });

  it('reads names of object properties, and strings that look like keys', () => {
    const header = `{"__metadata__":{"note":"\\"x\\":{"},"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"toString":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}`;
    const { tensors, metadata } = readSafetensors(handmade('a', header, 2));
    expect([...tensors].map(([name, value]) => [name, value.item()])).toEqual([
      ['__proto__', 0],
      ['toString', 1],
    ]);
    expect(metadata).toEqual({ note: '"x":{' });
  });

  it('reads unaligned data', () => {
    const header = {
      b: { dtype: 'U8', shape: [1], data_offsets: [0, 1] },
      x: { dtype: 'I32', shape: [1], data_offsets: [1, 5] },
    };
    expect(
      readSafetensors(handmade('a', header, 5))
        .tensors.get('x')!
        .item(),
    ).toBe(0x04030201);
  });
});

describe('an invalid file', () => {
  const good = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };

  it('is refused at every wrong length', () => {
    writeSafetensors(at('a'), new Map([['x', tensor([1, 2])]]));
    const bytes = readFileSync(at('a'));
    for (let length = 0; length < bytes.length; length++) {
      writeFileSync(at('cut'), bytes.subarray(0, length));
      const error = fails(() => readSafetensors(at('cut')));
      expect(error.code).toBe('CHECKPOINT');
      expect(error.message).toContain(at('cut'));
    }
    writeFileSync(at('cut'), bytes.subarray(0, -3));
    expect(fails(() => readSafetensors(at('cut'))).message).toContain(
      `${bytes.length} bytes were expected, it has ${bytes.length - 3}`,
    );
    writeFileSync(at('long'), Buffer.concat([bytes, Buffer.from([0])]));
    expect(fails(() => readSafetensors(at('long'))).message).toContain(`${bytes.length} bytes were expected`);
    expect(readSafetensors(at('a')).tensors.get('x')!.toNumbers()).toEqual([1, 2]);
  });

  it.each([
    ['no JSON', 'nonsense', 0, 'not JSON'],
    ['a list', [], 0, 'not a JSON object'],
    ['null', null, 0, 'not a JSON object'],
    ['a byte-order mark', '\ufeff{}', 0, 'not JSON'],
    ['deep lists', '['.repeat(1e6), 0, 'not JSON'],
    [
      'a deep shape',
      `{"x":{"dtype":"F32","shape":[${'['.repeat(1e5)}${']'.repeat(1e5)}],"data_offsets":[0,8]}}`,
      8,
      'not JSON',
    ],
    ['a name twice', `{"x":${JSON.stringify(good)},"x":${JSON.stringify(good)}}`, 8, 'the key "x" twice'],
    [
      'a name twice, escaped differently',
      `{"x":${JSON.stringify(good)},"\\u0078" : ${JSON.stringify(good)}}`,
      8,
      'the key "x" twice',
    ],
    ['a field twice', '{"x":{"dtype":"F32","shape":[3],"shape":[2],"data_offsets":[0,8]}}', 8, 'the key "shape" twice'],
    ['metadata twice', '{"__metadata__":{"a":"1"},"__metadata__":{"b":"2"}}', 0, 'the key "__metadata__" twice'],
    ['metadata with a key twice', '{"__metadata__":{"a":"1","a":"2"}}', 0, 'the key "a" twice'],
    ['more than 64 dimensions', { x: { ...good, shape: [...Array(64).fill(1), 2] } }, 8, 'needs 8 bytes and has 8'],
    [
      'an empty tensor of impossible sizes',
      { x: { ...good, shape: [2 ** 40, 2 ** 40, 0], data_offsets: [0, 0] } },
      0,
      'needs 0 bytes',
    ],
    ['sizes beyond 2^53', '{"x":{"dtype":"F32","shape":[9007199254740993],"data_offsets":[0,8]}}', 8, 'the shape'],
    ['three offsets', { x: { ...good, data_offsets: [0, 8, 8] } }, 8, 'the bytes [0,8,8]'],
    ['a fraction among the offsets', { x: { ...good, data_offsets: [0.5, 8.5] } }, 8, 'the bytes [0.5,8.5]'],
    ['metadata of numbers', { __metadata__: { a: 1 } }, 0, 'values that are not strings'],
    ['an entry without offsets', { x: { dtype: 'F32', shape: [2] } }, 8, 'without dtype, shape and data_offsets'],
    ['an unknown dtype', { x: { ...good, dtype: 'F8_E4M3' } }, 8, 'received "F8_E4M3"'],
    ['a negative size', { x: { ...good, shape: [-2] } }, 8, 'the shape [-2]'],
    ['offsets the wrong way round', { x: { ...good, data_offsets: [8, 0] } }, 8, 'the bytes [8,0]'],
    ['bytes that do not fit the shape', { x: { ...good, shape: [3] } }, 8, 'needs 12 bytes and has 8'],
    ['a shape beyond all memory', { x: { ...good, shape: [2 ** 40, 2 ** 40] } }, 8, 'bytes and has 8'],
    ['an overlap', { x: good, y: { ...good, data_offsets: [4, 12] } }, 12, '"y" overlaps'],
    ['a gap', { x: good, y: { ...good, data_offsets: [12, 20] } }, 20, '"y" leaves a gap'],
    ['offsets beyond the end', { x: good, y: { ...good, data_offsets: [8, 16] } }, 8, 'bytes were expected, it has'],
  ])('is refused: %s', (_name, header, dataBytes, message) => {
    const error = fails(() => readSafetensors(handmade('a', header, dataBytes)));
    expect(error.code).toBe('CHECKPOINT');
    expect(error.message).toContain(message);
    expect(error.message).toContain(at('a'));
  });

  it('is refused when its header is not UTF-8', () => {
    const path = handmade('a', `{"${'x'.repeat(20)}":${JSON.stringify(good)}}`, 8);
    const bytes = readFileSync(path);
    bytes[12] = 0xff;
    writeFileSync(path, bytes);
    expect(fails(() => readSafetensors(path)).message).toContain('not JSON in UTF-8');
  });

  it.each([2n ** 63n, 100_000_001n, 1000n])('is refused when its first bytes announce %d bytes of header', (length) => {
    const path = handmade('a', { x: good }, 8);
    const bytes = readFileSync(path);
    bytes.writeBigUInt64LE(length);
    writeFileSync(path, bytes);
    const error = fails(() => readSafetensors(path));
    expect([error.code, error.message]).toEqual(['CHECKPOINT', expect.stringMatching(/header of \d+ bytes/)]);
  });

  it('is refused without waiting when it is a pipe', () => {
    execFileSync('mkfifo', [at('pipe')]);
    expect(fails(() => readSafetensors(at('pipe'))).message).toContain('no regular file');
  });

  it('is refused when it has another format', () => {
    writeFileSync(at('a'), Buffer.from('PK\u0003\u0004 a zip archive, as PyTorch writes'));
    expect(fails(() => readSafetensors(at('a'))).message).toContain('announce a header of');
  });

  it('is reported differently from a missing file and from a folder', () => {
    expect(fails(() => readSafetensors(at('none'))).code).toBe('NOT_FOUND');
    mkdirSync(at('folder'));
    expect(['IO', 'CHECKPOINT']).toContain(fails(() => readSafetensors(at('folder'))).code);
  });
});

describe('a write that fails', () => {
  it.each([0, 1, 2, 3])('on a full disk, after %i writes, leaves only the old file', (afterWrites) => {
    writeSafetensors(at('a'), new Map([['x', tensor([1])]]));
    Object.assign(fault, { code: 'ENOSPC', afterWrites });
    const values = new Map([
      ['x', tensor([5])],
      ['y', tensor([6])],
    ]);
    const error = fails(() => writeSafetensors(at('a'), values));
    fault.code = '';
    expect(error.code).toBe('IO');
    expect(error.message).toContain('the disk is full');
    expect(readdirSync(folder)).toEqual(['a']);
    expect(readSafetensors(at('a')).tensors.get('x')!.item()).toBe(1);
  });

  it('names the missing folder', () => {
    const error = fails(() => writeSafetensors(join(folder, 'none', 'a'), new Map()));
    expect(error.code).toBe('NOT_FOUND');
    expect(error.message).toContain(join('none', 'a'));
  });

  it.each([
    ['open', 'EACCES'],
    ['open', 'EPERM'],
    ['sync', 'EINVAL'],
    ['sync', 'ENOTSUP'],
    ['sync', 'EBADF'],
  ] as const)('to %s its folder (%s) leaves the whole file', (call, code) => {
    folders[call] = code;
    writeSafetensors(at('a'), new Map([['x', tensor([1])]]));
    expect(readSafetensors(at('a')).tensors.get('x')!.toNumbers()).toEqual([1]);
    expect(readdirSync(folder)).toEqual(['a']);
  });

  it('on a broken disk says so', () => {
    folders.sync = 'EIO';
    expect(fails(() => writeSafetensors(at('a'), new Map([['x', tensor([1])]]))).code).toBe('IO');
  });

  it('below a file says what is in the way', () => {
    writeFileSync(at('file'), '');
    const error = fails(() => writeSafetensors(join(at('file'), 'a'), new Map()));
    expect(error).toMatchObject({ code: 'IO' });
    expect(error.message).toContain('a part of the path is a file');
  });

  it('leaves what another process of the same number is writing', () => {
    writeFileSync(at(`a.partial-${process.pid}`), 'theirs');
    writeSafetensors(at('a'), new Map([['x', tensor([1])]]));
    expect(readFileSync(at(`a.partial-${process.pid}`), 'utf8')).toBe('theirs');
  });

  it('on a freed tensor writes nothing', () => {
    const freed = tensor([1]);
    freed.dispose();
    expect(fails(() => writeSafetensors(at('a'), new Map([['x', freed]]))).code).toBe('FREED');
    expect(readdirSync(folder)).toEqual([]);
  });

  it("refuses the format's own key as a name", () => {
    expect(fails(() => writeSafetensors(at('a'), new Map([['__metadata__', tensor([1])]]))).code).toBe('USAGE');
  });
});
