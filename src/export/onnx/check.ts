import type { InferenceSession } from 'onnxruntime-web';
import { noGrad, scope } from '../../engine/index.js';
import { AutodidactError } from '../../errors.js';
import { figure } from '../../format.js';
import type { TracedFunction } from './to-onnx.js';

/** Largest difference from our own result, as a share of its largest number. */
export const TOLERANCE = 1e-5;
/** Sizes of the batches that are compared; neither is one that was traced. */
const BATCHES = [1, 5] as const;

/** A tensor outside the engine, row-major. */
export interface Numbers {
  values: Float32Array | BigInt64Array;
  shape: readonly number[];
}

/** A model that was loaded into ONNX Runtime's WebAssembly build, the one that browsers run. */
export class OnnxModel {
  private constructor(
    private readonly runtime: typeof import('onnxruntime-web'),
    private readonly session: InferenceSession,
    private readonly name: string,
  ) {}

  /** @throws AutodidactError `ENGINE` when the runtime is not there, or does not take the model */
  static async load(bytes: Uint8Array, name: string): Promise<OnnxModel> {
    const runtime = await loadRuntime();
    runtime.env.wasm.numThreads = 1;
    runtime.env.logLevel = 'error';
    try {
      const session = await runtime.InferenceSession.create(bytes, { executionProviders: ['wasm'] });
      return new OnnxModel(runtime, session, name);
    } catch (cause) {
      throw refused(`does not load ${name}`, cause);
    }
  }

  get inputNames(): readonly string[] {
    return this.session.inputNames;
  }

  get outputNames(): readonly string[] {
    return this.session.outputNames;
  }

  /** The first output for one float32 input. */
  async run(
    values: Float32Array,
    shape: readonly number[],
  ): Promise<{ values: Float32Array; shape: readonly number[] }> {
    const [first] = await this.runAll([{ values, shape }]);
    return first!;
  }

  /** All outputs, float32, for inputs in the order of the model's. */
  async runAll(inputs: readonly Numbers[]): Promise<{ values: Float32Array; shape: readonly number[] }[]> {
    const { session, runtime } = this;
    try {
      const fed = session.inputNames.map((name, i) => {
        const { values, shape } = inputs[i]!;
        return [name, new runtime.Tensor(values instanceof Float32Array ? 'float32' : 'int64', values, shape)];
      });
      const given = await session.run(Object.fromEntries(fed));
      return session.outputNames.map((name) => {
        const out = given[name]!;
        const result = { values: Float32Array.from(out.data as Float32Array), shape: [...out.dims] };
        out.dispose();
        return result;
      });
    } catch (cause) {
      throw refused(`does not run ${this.name} on a batch of ${inputs[0]!.shape[0]}`, cause);
    }
  }

  release(): Promise<void> {
    return this.session.release();
  }
}

/** Loaded when it is needed: a program that imports the library does not wait for it, and need not have it. */
async function loadRuntime(): Promise<typeof import('onnxruntime-web')> {
  try {
    return await import('onnxruntime-web');
  } catch (cause) {
    throw new AutodidactError(
      'ENGINE',
      'ONNX models are checked by the package onnxruntime-web, which cannot be loaded',
      {
        remedy: 'Install it with `npm install onnxruntime-web`, or export the weights alone: --to safetensors.',
        cause,
      },
    );
  }
}

function refused(what: string, cause: unknown): AutodidactError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new AutodidactError('ENGINE', `ONNX Runtime ${what}: ${reason.split('\n')[0]}`, { cause });
}

/**
 * Runs an ONNX model in ONNX Runtime beside the function that it was written from, on batches that were not traced, and on several lengths
 * where the length is free.
 *
 * @returns the largest difference, as a share of the largest number
 * @throws AutodidactError `ENGINE` when they differ by more than `TOLERANCE`, or the runtime does not take the model
 */
export async function checkOnnx(bytes: Uint8Array, traced: TracedFunction, name: string): Promise<number> {
  const model = await OnnxModel.load(bytes, name);
  let worst = 0;
  try {
    for (const count of BATCHES)
      for (const length of lengthsOf(traced)) {
        const { inputs, outputs } = expectedOf(traced, count, length);
        for (const [i, given] of (await model.runAll(inputs)).entries()) {
          const wanted = outputs[i]!;
          if (given.shape.join() !== wanted.shape.join())
            throw new AutodidactError(
              'ENGINE',
              `${name} gives ${given.shape.join(' x ')} where the network gives ${wanted.shape.join(' x ')}`,
            );
          worst = Math.max(worst, relativeDifference(given.values, wanted.values as Float32Array));
        }
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

/** The longest, the shortest, and one between them that was not traced. */
function lengthsOf({ mostLength = 1 }: TracedFunction): number[] {
  return [...new Set([mostLength, 1, Math.ceil((2 * mostLength) / 3)])];
}

/** Random inputs, and what the network makes of them. */
function expectedOf({ sample, run, reference = run }: TracedFunction, count: number, length: number) {
  return scope(() =>
    noGrad(() => {
      const inputs = sample(count, length);
      const outputs = reference(inputs).map((output) => output.to('float32'));
      const [given, wanted] = [inputs, outputs].map((tensors) =>
        tensors.map((value): Numbers => ({ values: value.toTypedArray() as Numbers['values'], shape: value.shape })),
      );
      return { inputs: given!, outputs: wanted! };
    }),
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
