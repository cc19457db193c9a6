/** Our steps, one for each byte on stdin, as `stepInTurn` of lib/run.ts asks for them. */
import { readSync, writeSync } from 'node:fs';
import { autocast, memory, scope, type Tensor } from '../../src/engine/index.js';
import type { Module } from '../../src/engine/nn/index.js';
import { clipGradNorm, type Optimizer } from '../../src/engine/optim/index.js';

export interface Stepping {
  warmup: number;
  steps: number;
}

/** Waits before every step, and prints the seconds of each. @returns what the last one gave */
export function takeSteps<Result>({ warmup, steps }: Stepping, step: (index: number) => Result): Result | undefined {
  let result: Result | undefined;
  for (let i = 0; i < warmup + steps; i++) {
    readSync(0, Buffer.alloc(1));
    const began = performance.now();
    result = step(i);
    writeSync(1, `${(performance.now() - began) / 1000}\n`);
  }
  return result;
}

/** The steps of training a language model, whose gradient is clipped at a norm of 1; then prints what came of them. */
export function trainLanguageModel(
  config: Stepping & { precision: 'fp32' | 'bf16' },
  model: Module,
  optimizer: Optimizer,
  lossOf: () => Tensor,
): void {
  const loss = takeSteps(config, () =>
    scope(() => {
      const loss = autocast('cpu', config.precision === 'bf16' ? 'bfloat16' : null, lossOf);
      model.zeroGrad();
      loss.backward();
      clipGradNorm(model.parameters(), 1);
      optimizer.step();
      return loss.item();
    }),
  );
  const result = { loss, parameters: model.parameterCount(), peakBytes: memory().peakResidentBytes };
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
