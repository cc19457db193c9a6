import { type Device, Tensor } from '../engine/index.js';

/** The tensors of a batch: one, or several by name. The first dimension of each counts the samples. */
export type Samples = Tensor | { readonly [name: string]: Samples };

/** Every tensor of the samples replaced by what `change` makes of it. */
export function mapSamples<X extends Samples>(samples: X, change: (tensor: Tensor) => Tensor): X {
  if (samples instanceof Tensor) return change(samples) as Samples as X;
  const parts = Object.entries(samples as Readonly<Record<string, Samples>>);
  return Object.fromEntries(parts.map(([name, part]) => [name, mapSamples(part, change)])) as Samples as X;
}

/** All tensors of the samples, in the order of their names' insertion. */
export function tensorsOf(samples: Samples): Tensor[] {
  if (samples instanceof Tensor) return [samples];
  return Object.values(samples).flatMap(tensorsOf);
}

/** Number of samples N. */
export function countSamples(samples: Samples): number {
  return tensorsOf(samples)[0]!.size(0);
}

/** Samples `from` to before `from + count`, as views. */
export function narrowSamples<X extends Samples>(samples: X, from: number, count: number): X {
  return mapSamples(samples, (tensor) => tensor.narrow(0, from, count));
}

/** The first samples, at most `most`. */
export function firstSamples<X extends Samples>(samples: X, most: number): X {
  return narrowSamples(samples, 0, Math.min(most, countSamples(samples)));
}

/** The samples on a device; what lies there already is not copied. */
export function samplesTo<X extends Samples>(samples: X, device: Device): X {
  return mapSamples(samples, (tensor) => tensor.to(device));
}

/** Frees every tensor of the samples. */
export function disposeSamples(samples: Samples): void {
  for (const tensor of tensorsOf(samples)) tensor.dispose();
}
