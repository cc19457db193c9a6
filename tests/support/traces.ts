/** What can be noticed of a method at work on tiny data, piece by piece, so that two of them can be compared. */
import { createHash } from 'node:crypto';
import { samplesTo, tensorsOf } from '../../src/data/index.js';
import { Generator as Draws, manualSeed, noGrad, scope, Tensor } from '../../src/engine/index.js';
import type { Module } from '../../src/engine/nn/index.js';
import { beginEpoch } from '../../src/train/epoch.js';
import { makeOptimizers } from '../../src/train/optimizers.js';
import { type Bench, testDevice } from './tiny.js';

/** One observation: what was looked at, and a digest of it. */
export interface Trace {
  what: string;
  digest: string;
}

const LENGTH = { totalSteps: 100, totalEpochs: 8 };

/**
 * The observations of a bench, cheapest first: its encoder, state and optimizers, the views and loss of one batch, then the state after
 * steps in several epochs and in every stage, and what it generates. Each starts from a seed of its own, so that the traces of two
 * benches can be taken in turn.
 */
export function* traces(bench: Bench, epochs: number): Generator<Trace> {
  const { method, training, dataset, state } = bench;
  const seen = dataset.seenBy(method.encoder.spec)!;
  let seed = 0;
  const look = (what: string, value: () => unknown): Trace => {
    manualSeed(seed++);
    return { what, digest: scope(() => digest(value())) };
  };
  const batch = () => bench.batch([0, 1, 2, 3]);
  yield look('encoder', () => [
    method.backbone.architecture,
    method.backbone.options,
    method.encoder.preparation,
    noGrad(() => method.encoder.prepare(samplesTo(seen.collate([0, 1, 2, 3]), testDevice) as never)),
  ]);
  yield look('state', () => [...method.stateDict()]);
  yield look('stages and optimizers', () => [method.stages, method.stages.map((_, stage) => groupsOf(bench, stage))]);
  yield look('views', () => noGrad(() => method.train().views(batch(), new Draws(1, testDevice))));
  for (const [stage] of method.stages.entries()) {
    if (stage > 0) {
      for (const optimizer of state.optimizers.values()) optimizer.dispose();
      state.position = { ...state.position, stage };
      state.optimizers = makeOptimizers(method, stage, training);
      noGrad(() => method.onStageStart({ ...state.position, ...LENGTH }));
    }
    for (let epoch = 0; epoch < epochs; epoch++) {
      const where = `stage ${stage}, epoch ${epoch}`;
      state.position = { ...state.position, epoch, step: 8 * epoch };
      // The bench has begun the first epoch.
      if (stage + epoch > 0)
        yield look(`plan of ${where}`, () => {
          beginEpoch(state, { ...state.position, ...LENGTH }, training, dataset, testDevice);
          return [state.order, [...method.stateDict()]];
        });
      for (let step = 0; step < (epoch === 0 ? 2 : 1); step++)
        yield look(`loss and state of ${where}`, () => [bench.step().loss, [...method.stateDict()]]);
    }
  }
  if (method.generate !== undefined)
    yield look('what it generates', () =>
      method.eval().generate!(tensorsOf(batch().samples)[0]!, new Draws(1, testDevice)),
    );
}

/** The optimizer groups of a stage, with parameters by their keys instead of modules. */
function groupsOf({ method }: Bench, stage: number): unknown {
  const names = new Map(method.namedParameters().map(([name, value]) => [value, name]));
  const keys = (modules: readonly Module[]) =>
    modules.map((module) => module.parameters().map((value) => [names.get(value), value.requiresGrad]));
  return method.optimizerGroups(stage).map(({ modules, constantRate, ...rest }) => ({
    ...rest,
    modules: keys(modules),
    constantRate: keys(constantRate ?? []),
  }));
}

function digest(value: unknown): string {
  const hash = createHash('sha1');
  const add = (part: unknown): void => {
    if (part instanceof Tensor) {
      hash.update(`${part.dtype} ${part.shape}`);
      hash.update(part.toBytes());
    } else if (Array.isArray(part)) {
      hash.update(`[${part.length}]`);
      part.forEach(add);
    } else if (typeof part === 'object' && part !== null) {
      add(Object.entries(part));
    } else hash.update(`${part};`);
  };
  add(value);
  return hash.digest('hex');
}

/** The observations of a bench that is compared with several others; each is made once, when it is first asked for. */
export class Recording {
  private readonly taken: Trace[] = [];
  private readonly rest: Generator<Trace>;

  constructor(
    private readonly bench: Bench,
    private readonly epochs: number,
  ) {
    this.rest = traces(bench, epochs);
  }

  /** The first observation in which the other bench differs, or null; disposes the other bench. */
  differenceTo(other: Bench): string | null {
    try {
      let i = 0;
      for (const { what, digest } of traces(other, this.epochs)) {
        const own = this.at(i++);
        if (own === undefined || own.what !== what || own.digest !== digest) return what;
      }
      return this.at(i)?.what ?? null;
    } finally {
      other.dispose();
    }
  }

  private at(index: number): Trace | undefined {
    while (this.taken.length <= index) {
      const { value, done } = this.rest.next();
      if (done) return undefined;
      this.taken.push(value);
    }
    return this.taken[index];
  }

  dispose(): void {
    this.bench.dispose();
  }
}
