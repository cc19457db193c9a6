import { expected } from '../errors.js';
import { type Device, type GeneratorHandle, native } from './bridge.js';
import { Tensor } from './ops.generated.js';

function checkSeed(seed: number): number {
  if (!Number.isSafeInteger(seed) || seed < 0) throw expected('an integer from 0 to 2^53 - 1', 'seed', seed);
  return seed;
}

/** Seeds the default generators: initializers, dropout, and every random operator that is not given a `Generator`. */
export function manualSeed(seed: number): void {
  checkSeed(seed);
  for (const device of native().devices()) native().seedGenerator(device, seed);
}

/** The default generator's state of a device, as a uint8 tensor that `setRandomState` takes back. */
export function randomState(device: Device = 'cpu'): Tensor {
  return new Tensor(native().getGeneratorState(device));
}

export function setRandomState(state: Tensor, device: Device = 'cpu'): void {
  native().setGeneratorState(device, state.id);
}

/** Generators are few and small: their native side goes when the object does. */
const collected = new FinalizationRegistry<number>((handle) => native().freeGenerator(handle));

/** A stream of random numbers of its own, whose state can be saved and restored. */
export class Generator implements GeneratorHandle {
  /** @internal */
  readonly handle: number;

  constructor(
    seed: number,
    readonly device: Device = 'cpu',
  ) {
    this.handle = native().newGenerator(device, checkSeed(seed));
    collected.register(this, this.handle);
  }

  seed(seed: number): this {
    native().seedGenerator(this.handle, checkSeed(seed));
    return this;
  }

  get state(): Tensor {
    return new Tensor(native().getGeneratorState(this.handle));
  }

  set state(state: Tensor) {
    native().setGeneratorState(this.handle, state.id);
  }
}
