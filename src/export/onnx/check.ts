import type { InferenceSession } from 'onnxruntime-web';
import { noGrad, scope } from '../../engine/index.js';
import { AutodidactError } from '../../errors.js';
import { figure } from '../../format.js';
import type { TracedFunction } from './to-onnx.js';

/** Largest difference from our own result, as a share of its largest number. */
export const TOLERANCE = 1e-5;
/** Sizes of the batches that are compared; neither is one that was traced. */
const BATCHES = [1, 5] as const;

/** A model that was loaded into ONNX Runtime's WebAssembly build, the one that browsers run. */
export class OnnxModel {
  private constructor(
    private readonly runtime: typeof import('onnxruntime-web'),
    private readonly session: InferenceSession,
    private readonly name: string,
  ) {}

  /** @throws AutodidactError `ENGINE` when the runtime does not take the model */
  static async load(bytes: Uint8Array, name: string): Promise<OnnxModel> {
    // Loaded when it is needed: a program that imports the library does not wait for it.
    const runtime = await import('onnxruntime-web');
    runtime.env.wasm.numThreads = 1;
    runtime.env.logLevel = 'error';
    try {
      const session = await runtime.InferenceSession.create(bytes, { executionProviders: ['wasm'] });
      return new OnnxModel(runtime, session, name);
    } catch (cause) {
      throw refused(`does not load ${name}`, cause);
    }
  }

  /** @param input row-major float32 of this shape */
  async run(
    input: Float32Array,
    shape: readonly number[],
  ): Promise<{ values: Float32Array; shape: readonly number[] }> {
    const { session } = this;
    try {
      const fed = { [session.inputNames[0]!]: new this.runtime.Tensor('float32', input, shape) };
      const out = (await session.run(fed))[session.outputNames[0]!]!;
      const result = { values: Float32Array.from(out.data as Float32Array), shape: [...out.dims] };
      out.dispose();
      return result;
    } catch (cause) {
      throw refused(`does not run ${this.name} on a batch of ${shape[0]}`, cause);
    }
  }

  release(): Promise<void> {
    return this.session.release();
  }
}

function refused(what: string, cause: unknown): AutodidactError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new AutodidactError('ENGINE', `ONNX Runtime ${what}: ${reason.split('\n')[0]}`, { cause });
}

/**
 * Runs an ONNX model in ONNX Runtime beside the function that it was written from, on batches that were not traced.
 *
 * @returns the largest difference, as a share of the largest number
 * @throws AutodidactError `ENGINE` when they differ by more than `TOLERANCE`, or the runtime does not take the model
 */
export async function checkOnnx(bytes: Uint8Array, { sample, run }: TracedFunction, name: string): Promise<number> {
  const model = await OnnxModel.load(bytes, name);
  let worst = 0;
  try {
    for (const count of BATCHES) {
      const { x, y } = scope(() =>
        noGrad(() => {
          const batch = sample(count);
          const result = run(batch);
          return {
            x: { values: batch.toTypedArray() as Float32Array, shape: batch.shape },
            y: { values: result.to('float32').toTypedArray() as Float32Array, shape: result.shape },
          };
        }),
      );
      const given = await model.run(x.values, x.shape);
      if (given.shape.join() !== y.shape.join())
        throw new AutodidactError(
          'ENGINE',
          `${name} gives ${given.shape.join(' x ')} where the network gives ${y.shape.join(' x ')}`,
        );
      worst = Math.max(worst, relativeDifference(given.values, y.values));
    }
  } finally {
    await model.release();
  }
  if (worst <= TOLERANCE) return worst;
  throw new AutodidactError(
    'ENGINE',
    `${name} differs from the network by ${figure(worst)} of its largest number, more than ${TOLERANCE}`,
    { remedy: 'Nothing was written. Please report it with the architecture and its options.' },
  );
}

/** The largest difference, as a share of the largest of the wanted numbers; infinite for anything that is no number. */
export function relativeDifference(given: ArrayLike<number>, wanted: ArrayLike<number>): number {
  let difference = 0;
  let largest = 0;
  for (let i = 0; i < wanted.length; i++) {
    difference = Math.max(difference, Math.abs(given[i]! - wanted[i]!));
    largest = Math.max(largest, Math.abs(wanted[i]!));
  }
  // Math.max keeps NaN.
  if (Number.isNaN(difference)) return Number.POSITIVE_INFINITY;
  return difference === 0 ? 0 : difference / largest;
}
