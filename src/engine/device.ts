import { readFileSync, writeFileSync } from 'node:fs';
import { expected } from '../errors.js';
import { checkThreads, type Device, native } from './bridge.js';

/** The devices that libtorch can use on this machine: `cpu`, then `cuda:0`, ..., `mps`. */
export function devices(): Device[] {
  return native().devices() as Device[];
}

/**
 * Resolves a device name; `auto` is the first CUDA device, else MPS, else the CPU.
 *
 * @throws AutodidactError `USAGE` when the device is unknown or not available
 */
export function selectDevice(wanted: string): Device {
  const available = devices();
  if (wanted === 'auto') return available.find((name) => name !== 'cpu') ?? 'cpu';
  const match = available.find((name) => name === wanted || (name.startsWith('cuda:') && wanted === 'cuda'));
  if (match === undefined) throw expected(`one of auto, ${available.join(', ')}`, 'device', wanted);
  return match;
}

/**
 * Sets the number of threads that one operator uses; without a count only returns it.
 *
 * @throws AutodidactError `USAGE` for anything but a whole number of threads that the machine can start
 */
export function threads(count?: number): number {
  return native().threads(count === undefined ? 0 : checkThreads(count, 'count'));
}

/** Runs `work`, which ends at once, with so many threads for operators on the CPU; those after it run with as many as before. */
export function withThreads<T>(count: number, work: () => T): T {
  const before = threads();
  threads(count);
  try {
    return work();
  } finally {
    threads(before);
  }
}

/** Waits for the work queued on a device; returns at once on the CPU. */
export function synchronize(device: Device): void {
  native().synchronize(device);
}

export interface MemoryFigures {
  /** Live tensors, and the bytes of their storages. */
  tensors: number;
  tensorBytes: number;
  /** Resident bytes of the process, current and peak; equal where the system reports no peak. */
  residentBytes: number;
  peakResidentBytes: number;
}

export function memory(): MemoryFigures {
  const [tensors, tensorBytes] = native().memory();
  const residentBytes = process.memoryUsage.rss();
  const peakResidentBytes = Math.max(residentBytes, process.resourceUsage().maxRSS * 1024);
  return { tensors, tensorBytes, residentBytes, peakResidentBytes };
}

/** Lets the peak of `memory` start again from what is resident now, where the system can do that (Linux). */
export function resetPeakMemory(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // The peak stays that of the whole process.
  }
}

/** Limits of `ONEDNN_MAX_CPU_ISA` that leave oneDNN its bfloat16 products. */
const WITH_BFLOAT16 = /^(default|all|avx512_core_(bf16|fp16|amx\w*)|avx10\w*)$/i;

/** Whether a CPU with these flags multiplies bfloat16, and the environment leaves it to oneDNN. */
export function multipliesBfloat16(flags: string, environment: NodeJS.ProcessEnv): boolean {
  const limit = environment.ONEDNN_MAX_CPU_ISA || environment.DNNL_MAX_CPU_ISA || 'default';
  return WITH_BFLOAT16.test(limit) && /\b(avx512_bf16|amx_bf16)\b/.test(flags);
}

/**
 * Whether the CPU has instructions for bfloat16 products (AVX512-BF16 or AMX) and oneDNN may use them; without them bf16 is slower than
 * fp32, five times and more for convolutions.
 */
export function hasFastBfloat16(): boolean {
  try {
    return multipliesBfloat16(readFileSync('/proc/cpuinfo', 'utf8'), process.env);
  } catch {
    return process.arch === 'arm64' && process.platform === 'darwin';
  }
}
