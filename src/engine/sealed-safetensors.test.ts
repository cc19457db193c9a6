import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { writeSafetensors } from './safetensors.js';
import { readSealed, writeSealed } from './sealed-safetensors.js';
import { tensor } from './tensor.js';

const folder = mkdtempSync(join(tmpdir(), 'autodidact-sealed-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, 'a.safetensors');
const tensors = new Map([
  ['b', tensor([1, 2])],
  ['a', tensor([[3]], { dtype: 'int64' })],
]);

it('gives back what it was given, without the seal', () => {
  const metadata = { format: 'pt', preparation: '{}' };
  writeSealed(path, tensors, metadata);
  const read = readSealed(path);
  expect(read.metadata).toEqual(metadata);
  expect(read.isSealed).toBe(true);
  expect([...read.tensors].map(([name, value]) => [name, value.toList()])).toEqual([
    ['b', [1, 2]],
    ['a', [[3]]],
  ]);
});

it('finds changed elements and changed metadata', () => {
  writeSealed(path, tensors, { format: 'pt', preparation: '{}' });
  const whole = readFileSync(path);
  const last = Buffer.from(whole);
  last[last.length - 1]! ^= 1;
  for (const bytes of [last, Buffer.from(whole.toString('latin1').replace('"{}"', '"{ "'), 'latin1')]) {
    writeFileSync(path, bytes);
    expect(() => readSealed(path)).toThrow(/a\.safetensors is damaged: its content does not have the SHA-256/);
  }
});

it('takes files of other programs as they are, whatever they call sha256', () => {
  writeSafetensors(path, tensors, { format: 'pt', sha256: 'of the training data' });
  expect(readSealed(path)).toMatchObject({ isSealed: false, metadata: { sha256: 'of the training data' } });
});
