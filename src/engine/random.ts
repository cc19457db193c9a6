import { expected } from '../errors.js';
import { type Device, type GeneratorHandle, native } from './bridge.js';
import { Tensor } from './ops.generated.js';
import { idOf } from './tensor-arguments.js';

function checkSeed(seed: number): number {
  if (!Number.isSafeInteger(seed) || seed < 0) throw expected('an integer from 0 to 2^53 - 1', 'seed', seed);
  return seed;
}

/** Seeds the default generators: initializers, dropout, and every random operator without a `Generator`. */
export function manualSeed(seed: number): void {
  checkSeed(seed);
  for (const device of native().devices()) native().seedGenerator(device, seed);
}

/** State of a device's default generator, a uint8 tensor for `setRandomState`. */
export function randomState(device: Device = 'cpu'): Tensor {
  return new Tensor(native().getGeneratorState(device));
}

export function setRandomState(state: Tensor, device: Device = 'cpu'): void {
  native().setGeneratorState(device, idOf(state, 'state'));
}

/** Generators are few and small, so the garbage collector frees them. */
const collected = new FinalizationRegistry<number>((handle) => native().freeGenerator(handle));

/** An independent stream of random numbers; its state can be saved and restored. */
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
    native().setGeneratorState(this.handle, idOf(state, 'state'));
  }
}
