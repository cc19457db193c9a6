import { cpus, totalmem } from 'node:os';
import { type Device, threads } from '../engine/index.js';
import type { RunConfig } from './run-config.js';

/** The machine that a run is made on, as its configuration names it. */
export function machineOf(device: Device): RunConfig['machine'] {
  return {
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    threads: threads(),
    memoryBytes: totalmem(),
    device,
  };
}
