import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { AutodidactError } from '../errors.js';
import { native } from './bridge.js';
import { memory, ops, scope, type Tensor, tensor, threads } from './index.js';
import { readSafetensors } from './safetensors.js';

function fails(body: () => unknown): AutodidactError {
  try {
    body();
  } catch (error) {
    return error as AutodidactError;
  }
  throw new Error('Expected an error, none was thrown');
}

/** As /proc/meminfo has it, with what can be swapped. */
function freeBytes(): number {
  const lines = readFileSync('/proc/meminfo', 'utf8').matchAll(/^(?:MemAvailable|SwapFree):\s+(\d+) kB$/gm);
  return [...lines].reduce((sum, [, kilobytes]) => sum + Number(kilobytes) * 1024, 0);
}

describe('a tensor larger than the memory', () => {
  it.runIf(process.platform === 'linux').each<[string, () => Tensor]>([
    ['far beyond it', () => ops.zeros([1e12])],
    ['just beyond what is free', () => ops.empty([freeBytes() + 2 ** 30], { dtype: 'uint8' })],
    ['from a count', () => ops.randperm(2 ** 40)],
    ['from a range', () => ops.arange(0, 2 ** 40)],
    ['from repeats', () => scope(() => tensor([1]).repeat([2 ** 40]))],
    ['from an identity matrix', () => ops.eye(2 ** 20)],
  ])('is refused before it is written: %s', (_name, body) => {
    const before = memory();
    const error = fails(body);
    expect(error.code).toBe('ENGINE');
    expect(error.message).toMatch(/ot enough memory for \d+\.\d\d GiB: \d+\.\d\d [GM]iB are available/);
    expect(memory().tensors).toBe(before.tensors);
  });

  it.each([[[2 ** 40, 2 ** 40]], [[2 ** 52, 2 ** 52, 0]], [[-1]], [[2, -3]], [[1.5]], [[Number.NaN]], [[2 ** 60]]])(
    'is refused when its sizes are %j',
    (sizes) => {
      expect(fails(() => ops.zeros(sizes)).message).toMatch(/overflow|non-negative|expected an integer/);
    },
  );

  describe.runIf(process.platform === 'linux')('with the memory limit of a control group', () => {
    const block = (): Tensor => ops.zeros([2 ** 26], { dtype: 'uint8' });

    afterEach(() => native().setMemoryLimit(Number.MAX_SAFE_INTEGER));

    it('is refused, alone or with others', () => {
      native().setMemoryLimit(memory().residentBytes + 2 ** 28);
      scope(() => {
        expect(fails(() => ops.zeros([2 ** 29], { dtype: 'uint8' })).message).toContain(
          'ot enough memory for 512.00 MiB',
        );
        const made: Tensor[] = [];
        expect(
          fails(() => {
            for (let i = 0; i < 100; i++) made.push(block());
          }).code,
        ).toBe('ENGINE');
        expect(made.length).toBeGreaterThan(0);
        expect(made.length).toBeLessThan(8);
        made[0]!.dispose();
        expect(block().shape).toEqual([2 ** 26]);
      });
    });

    it('counts tensors that were never written', () => {
      native().setMemoryLimit(2 ** 31);
      scope(() => {
        const made: Tensor[] = [];
        const fill = (): void => {
          for (let i = 0; i < 100; i++) made.push(ops.empty([2 ** 28], { dtype: 'uint8' }));
        };
        expect(fails(fill).message).toContain('ot enough memory for 256.00 MiB');
        expect(made.length).toBeLessThan(9);
      });
    });

    it('reuses or unmaps the blocks of freed tensors', () => {
      native().setMemoryLimit(memory().residentBytes + 2 ** 28);
      for (let i = 0; i < 20; i++) block().dispose();
      // No block fits the next size, and together they exceed the limit.
      for (const mebibytes of [80, 110, 140, 180, 230]) ops.zeros([mebibytes * 2 ** 20], { dtype: 'uint8' }).dispose();
    });

    it('is refused as a JavaScript array', () => {
      scope(() => {
        const bytes = ops.zeros([2 ** 27], { dtype: 'uint8' });
        native().setMemoryLimit(2 ** 27);
        expect(fails(() => bytes.toTypedArray()).message).toContain('Not enough memory for 128.00 MiB');
        expect(fails(() => bytes.toBytes()).code).toBe('ENGINE');
        native().setMemoryLimit(2 ** 40);
        expect(bytes.toTypedArray().length).toBe(2 ** 27);
      });
    });
  });
});

describe.runIf(process.platform === 'linux')('a safetensors file larger than the memory', () => {
  it('is refused before it is read', () => {
    const folder = mkdtempSync(join(tmpdir(), 'limits-'));
    const path = join(folder, 'sparse.safetensors');
    try {
      const header = JSON.stringify({ x: { dtype: 'U8', shape: [2 ** 27], data_offsets: [0, 2 ** 27] } });
      writeFileSync(
        path,
        Buffer.concat([Buffer.from(new BigUint64Array([BigInt(header.length)]).buffer), Buffer.from(header)]),
      );
      truncateSync(path, 8 + header.length + 2 ** 27); // a hole, which takes no space on the disk
      native().setMemoryLimit(2 ** 27);
      const error = fails(() => readSafetensors(path));
      expect([error.code, error.message]).toEqual([
        'ENGINE',
        expect.stringContaining('Not enough memory for 256.00 MiB'),
      ]);
    } finally {
      native().setMemoryLimit(Number.MAX_SAFE_INTEGER);
      rmSync(folder, { recursive: true });
    }
  });
});

describe('lists', () => {
  const huge = tensor([1]).expand([2 ** 20, 2 ** 20]);

  it('of more numbers than the heap can hold are refused', () => {
    for (const body of [() => huge.toNumbers(), () => huge.toList(), () => ops.zeros([2 ** 40, 0]).toList()]) {
      expect(fails(body).code).toBe('SHAPE');
      expect(fails(body).message).toMatch(/at most \d+ list items .*Use `toTypedArray`/);
    }
  });

  it('are abbreviated when printed', () => {
    expect(String(huge).length).toBeLessThan(1000);
    expect(String(ops.zeros([2 ** 40, 0]))).toContain('...');
  });
});

it('more than 64 dimensions are refused', () => {
  const sizes = (count: number): number[] => Array.from({ length: count }, () => 1);
  expect(ops.zeros(sizes(64)).ndim).toBe(64);
  for (const count of [65, 100_000]) {
    const error = fails(() => ops.zeros(sizes(count)));
    expect(error).toMatchObject({ code: 'SHAPE', message: `Expected at most 64 dimensions, received ${count}` });
  }
});

it('a long sparse list is read up to its first hole', () => {
  expect(fails(() => ops.zeros(new Array(2 ** 32 - 1))).message).toContain('expected an integer');
});

describe('the number of threads', () => {
  const wrong = ['0', '-1', 'abc', '1.5', '100000', 'NaN', 'Infinity'];

  afterEach(() => {
    vi.unstubAllEnvs();
    vi.resetModules();
  });

  it.each(wrong)('AUTODIDACT_THREADS=%s is refused at every attempt', async (value) => {
    vi.resetModules();
    vi.stubEnv('AUTODIDACT_THREADS', value);
    const fresh = await import('./bridge.js');
    for (let i = 0; i < 2; i++) {
      const error = fails(() => fresh.native());
      expect(error.code).toBe('USAGE');
      expect(error.message).toMatch(/^Expected an integer from 1 to \d+ for `AUTODIDACT_THREADS`, received "/);
    }
  });

  it.each(['', '1'])('AUTODIDACT_THREADS=%j is allowed', async (value) => {
    vi.resetModules();
    vi.stubEnv('AUTODIDACT_THREADS', value);
    const fresh = await import('./bridge.js');
    expect(fresh.native().threads(0)).toBeGreaterThan(0);
  });

  it.each(wrong.map(Number))('threads(%d) is refused', (count) => {
    const before = threads();
    expect(fails(() => threads(count))).toMatchObject({ code: 'USAGE' });
    expect(threads()).toBe(before);
  });
});
