import { type Device, hasFastBfloat16 } from '../engine/index.js';
import type { TrainingOptions } from './config.js';

/** The 16-bit type that autocast uses in a run, or null for float32 throughout. */
export function autocastType(precision: TrainingOptions['precision'], device: Device): 'bfloat16' | null {
  if (precision === 'fp32') return null;
  if (precision === 'bf16') return 'bfloat16';
  const isFast = device.startsWith('cuda') || (device === 'cpu' && hasFastBfloat16());
  return isFast ? 'bfloat16' : null;
}
