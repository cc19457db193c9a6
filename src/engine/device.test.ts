import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { multipliesBfloat16 } from './device.js';
import {
  devices,
  Generator,
  hasFastBfloat16,
  memory,
  ops,
  randomState,
  scope,
  selectDevice,
  synchronize,
  threads,
  withThreads,
} from './index.js';

describe('devices', () => {
  it('begin with the CPU', () => {
    expect(devices()[0]).toBe('cpu');
    expect(new Set(devices()).size).toBe(devices().length);
  });

  it('are selected by name; auto prefers an accelerator', () => {
    expect(selectDevice('cpu')).toBe('cpu');
    expect(selectDevice('auto')).toBe(devices().find((name) => name !== 'cpu') ?? 'cpu');
    const x = ops.zeros([1], { device: selectDevice('auto') });
    expect(x.device).toBe(selectDevice('auto'));
    synchronize(x.device);
  });

  it.runIf(devices().length === 1)('that libtorch lacks are refused in one sentence', () => {
    for (const use of [() => new Generator(1, 'cuda'), () => randomState('cuda'), () => synchronize('cuda')])
      expect(use).toThrow(/^This libtorch has no CUDA$/);
  });

  it.each(['tpu', 'cuda:99', ''])('unknown to libtorch are refused with the available ones: %j', (name) => {
    expect(() => selectDevice(name)).toThrow(`Expected one of auto, ${devices().join(', ')} for \`device\``);
  });
});

describe('threads', () => {
  it('are set and read', () => {
    const before = threads();
    expect(threads(1)).toBe(1);
    expect(threads()).toBe(1);
    threads(before);
  });
});

describe('memory', () => {
  it('counts tensors, and bytes once for all views of them', () => {
    scope(() => {
      const before = memory();
      const x = ops.zeros([100], { dtype: 'float64' });
      x.narrow(0, 0, 10);
      x.view([10, 10]);
      const after = memory();
      expect(after.tensors - before.tensors).toBe(3);
      expect(after.tensorBytes - before.tensorBytes).toBe(800);
      expect(after.residentBytes).toBeGreaterThan(1e6);
      expect(after.peakResidentBytes).toBeGreaterThanOrEqual(after.residentBytes);
    });
  });
});

describe('16-bit products', () => {
  it.each([
    ['fma avx512_bf16 clwb', {}, true],
    ['amx_bf16 amx_tile', {}, true],
    ['fma avx2 avx512f avx512_vnni', {}, false],
    ['fma avx512_bf16', { ONEDNN_MAX_CPU_ISA: 'AVX2' }, false],
    ['fma avx512_bf16', { ONEDNN_MAX_CPU_ISA: 'AVX512_CORE_VNNI' }, false],
    ['fma avx512_bf16', { DNNL_MAX_CPU_ISA: 'avx2' }, false],
    ['fma avx512_bf16', { ONEDNN_MAX_CPU_ISA: 'avx512_core_bf16' }, true],
    ['fma avx512_bf16', { ONEDNN_MAX_CPU_ISA: 'AVX512_CORE_AMX' }, true],
    ['fma avx512_bf16', { ONEDNN_MAX_CPU_ISA: 'DEFAULT' }, true],
    ['fma avx512_bf16', { ONEDNN_MAX_CPU_ISA: '' }, true],
  ])('of a CPU with %s under %j are fast: %s', (flags, environment, isFast) => {
    expect(multipliesBfloat16(flags, environment)).toBe(isFast);
  });

  it.runIf(existsSync('/proc/cpuinfo'))('are those of this CPU and this environment', () => {
    expect(hasFastBfloat16()).toBe(multipliesBfloat16(readFileSync('/proc/cpuinfo', 'utf8'), process.env));
  });
});

it('threads can be others for a while, whatever happens in it', () => {
  const before = threads();
  expect(withThreads(before + 1, () => threads())).toBe(before + 1);
  expect(threads()).toBe(before);
  expect(() =>
    withThreads(before + 1, () => {
      throw new Error('work');
    }),
  ).toThrow('work');
  expect(threads()).toBe(before);
});
