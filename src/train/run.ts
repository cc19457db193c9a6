import { inParts } from '../data/draw.js';
import { type Dataset, type SampleSpec, samplesTo } from '../data/index.js';
import { RandomSampler } from '../data/sampler.js';
import { type Device, Generator, memory, noGrad, scope } from '../engine/index.js';
import type { Schedule } from '../engine/optim/index.js';
import { AutodidactError } from '../errors.js';
import type { Batch, Encoder, MethodDefinition, Progress } from '../methods/method.js';
import { parseMethodOptions } from '../methods/registry.js';
import { modalityOf } from '../modalities/registry.js';
import { buildMethod } from './build.js';
import {
  checkStage,
  damageWarnings,
  readAssets,
  readNewestCheckpoint,
  restore,
  saveCheckpoint,
  setAside,
  type TrainingState,
} from './checkpoint.js';
import { CollapseWatch } from './collapse.js';
import { type TrainingOptions, usualMonitorEvery } from './config.js';
import { originOf, saveEncoder } from './encoder-file.js';
import { beginEpoch } from './epoch.js';
import { EpochMeter } from './epoch-meter.js';
import { samplesToLookAt } from './initialization.js';
import { makeOptimizers, makeSchedule } from './optimizers.js';
import { autocastType } from './precision.js';
import { showPretext } from './previews.js';
import type { RunConfig } from './run-config.js';
import type { RunEvent } from './run-events.js';
import type { RunFolder } from './run-folder.js';
import { readStartWeights } from './start-weights.js';
import { trainStep } from './step.js';

export interface Watcher {
  /** Every event as it is written to the run folder. */
  onEvent?(event: RunEvent): void;
  /** Measures the encoder between two epochs, without changing it; `TrainingOptions.monitorEvery` says how often. */
  monitor?(encoder: Encoder): Promise<Record<string, number>>;
  /** Stops after the step in progress, saves, and returns. */
  signal?: AbortSignal;
}

export interface TrainResult {
  folder: RunFolder;
  reason: 'finished' | 'stopped';
  step: number;
  seconds: number;
}

/** At most about this many step events are written per run. */
const MOST_STEP_EVENTS = 2000;

/** One run, from where its newest checkpoint left it to its end. */
export class Run {
  private readonly training: TrainingOptions;
  private readonly assets: ReadonlyMap<string, Uint8Array>;
  private readonly state: TrainingState;
  private readonly sampler: RandomSampler;
  private readonly stepsPerEpoch: number;
  private readonly totalSteps: number;
  private readonly schedule: Schedule;
  private readonly autocast: 'bfloat16' | null;
  private readonly watch = new CollapseWatch();
  private readonly started = performance.now();
  private saved = performance.now();

  constructor(
    private readonly folder: RunFolder,
    private readonly config: RunConfig,
    private readonly definition: MethodDefinition,
    private readonly dataset: Dataset,
    private readonly device: Device,
    private readonly watcher: Watcher,
  ) {
    this.training = config.training;
    const { batchSize, seed, epochs } = this.training;
    if (dataset.count < batchSize)
      throw new AutodidactError(
        'DATA',
        `Expected at least one batch of ${batchSize} ${dataset.plural}, received ${dataset.count}`,
        {
          remedy: `Take --batch-size ${dataset.count} or less, or more data.`,
        },
      );
    this.sampler = new RandomSampler(dataset.count, { batchSize, seed, dropLast: true });
    this.stepsPerEpoch = this.sampler.batchesPerEpoch;
    this.totalSteps = Math.max(1, Math.round(epochs * this.stepsPerEpoch));
    this.schedule = makeSchedule(this.training, this.stepsPerEpoch, this.totalSteps);
    this.autocast = autocastType(this.training.precision, device);
    const options = parseMethodOptions(definition, config.options, false);
    const { samples: spec, count } = config.data;
    this.assets = new Map([...dataset.assets, ...readAssets(folder)]);
    modalityOf(spec).checkAssets?.(spec, this.assets);
    const weight = modalityOf(spec).weight(spec);
    const initialization = {
      name: this.training.initialization,
      samples: (seenSpec: SampleSpec) => {
        const seen = dataset.seenBy(seenSpec) ?? dataset;
        return seen.collate(samplesToLookAt(seen.count, weight));
      },
    };
    // A checkpoint brings its own weights.
    const isNew = folder.checkpoints().length === 0;
    const weights = isNew && config.init !== undefined ? readStartWeights(config.init) : undefined;
    const start = isNew ? { initialization, ...(weights && { weights }) } : {};
    const built = { seed, device, assets: this.assets, ...start };
    const method = buildMethod(definition, options, this.training, { spec, count }, built);
    for (const value of weights?.values() ?? []) value.dispose();
    this.state = {
      method,
      optimizers: makeOptimizers(method, 0, this.training),
      random: new Generator(seed, device),
      position: { step: 0, epoch: 0, batch: 0, stage: 0 },
      order: null,
      meter: new EpochMeter(),
    };
  }

  async run(): Promise<TrainResult> {
    try {
      await this.begin();
      const reason = await this.loop();
      return await this.finish(reason);
    } catch (error) {
      if (error instanceof AutodidactError && error.code === 'DIVERGED') this.end('diverged');
      throw error;
    } finally {
      this.folder.unlock();
      this.state.method.dispose();
    }
  }

  private get progress(): Progress {
    const { step, epoch, stage } = this.state.position;
    return { step, epoch, stage, totalSteps: this.totalSteps, totalEpochs: Math.ceil(this.training.epochs) };
  }

  private async begin(): Promise<void> {
    const newest = readNewestCheckpoint(this.folder, this.definition.name);
    if (newest === undefined) {
      this.folder.rewindEvents(-1);
      const { method } = this.state;
      const counts = {
        totalSteps: this.totalSteps,
        totalEpochs: this.progress.totalEpochs,
        parameters: method.parameterCount(),
      };
      this.emit({ type: 'start', time: new Date().toISOString(), step: 0, ...counts });
      for (const message of this.warnings()) this.emit({ type: 'warning', step: 0, message });
      noGrad(() => method.onStageStart(this.progress));
      // What training adds is seen beside what the untrained encoder gives.
      await this.measure(-1);
      await this.preview();
      return;
    }
    const { path, checkpoint, damaged } = newest;
    checkStage(checkpoint, this.state.method);
    if (checkpoint.position.stage !== this.state.position.stage) this.enterStage(checkpoint.position.stage);
    Object.assign(this.state, restore(checkpoint, this.state));
    for (const tensors of [checkpoint.method, checkpoint.rest, ...checkpoint.optimizers.values()])
      for (const value of tensors.values()) value.dispose();
    const { step } = this.state.position;
    this.folder.rewindEvents(step);
    this.emit({ type: 'resume', time: new Date().toISOString(), step, checkpoint: path });
    for (const message of damageWarnings(newest)) this.emit({ type: 'warning', step, message });
    setAside(damaged);
  }

  private warnings(): string[] {
    const own = this.state.method.warnings();
    const { skipped } = this.dataset;
    if (skipped.length === 0) return [...own];
    const shown = skipped.slice(0, 3).map(({ id, reason }) => `${id} (${reason})`);
    return [`${skipped.length} files were skipped: ${shown.join(', ')}${skipped.length > 3 ? ', ...' : ''}`, ...own];
  }

  private async loop(): Promise<'finished' | 'stopped'> {
    const { state, training } = this;
    while (state.position.step < this.totalSteps) {
      const epochStarted = performance.now();
      // A stop comes before the start of an epoch or after a step of it: what the start draws is drawn once, also after a resume.
      if (this.watcher.signal?.aborted) return 'stopped';
      const shuffled = this.sampler.epoch(state.position.epoch);
      do {
        this.startEpochOrStage();
        this.oneStep(this.nextBatch(shuffled));
        await new Promise<void>((resolve) => setImmediate(resolve));
        if (state.position.step >= this.totalSteps) break;
        if (state.position.batch >= this.epochLength) continue;
        if (this.watcher.signal?.aborted) return 'stopped';
        if (this.isSaveDue) this.save();
      } while (state.position.batch < this.epochLength);
      const { epoch, step } = state.position;
      this.emit({
        type: 'epoch',
        epoch,
        step,
        ...state.meter.means(),
        seconds: (performance.now() - epochStarted) / 1000,
      });
      state.position = { ...state.position, epoch: epoch + 1, batch: 0 };
      state.order = null;
      state.meter = new EpochMeter();
      const isLast = state.position.step >= this.totalSteps;
      if (isLast || (this.monitorEvery > 0 && (epoch + 1) % this.monitorEvery === 0)) await this.measure(epoch);
      if (!isLast && training.previewEvery > 0 && (epoch + 1) % training.previewEvery === 0) await this.preview();
      if (!isLast && (epoch + 1) % training.checkpointEvery === 0) this.save();
    }
    return 'finished';
  }

  /**
   * Begins the epoch, or the stage of the coming step if that is another one. A stage that begins in the middle of an epoch starts as
   * an epoch does, with labels and an order of its own for the rest of it.
   */
  private startEpochOrStage(): void {
    const { batch, step } = this.state.position;
    const stage = this.stageAt(step);
    const isOther = stage !== this.state.position.stage;
    if (isOther) {
      this.enterStage(stage);
      noGrad(() => this.state.method.onStageStart(this.progress));
    }
    if (isOther || batch === 0) beginEpoch(this.state, this.progress, this.training, this.dataset, this.device);
  }

  private stageAt(step: number): number {
    const { stages } = this.state.method;
    let end = 0;
    for (const [index, { share }] of stages.entries()) {
      end += share;
      if (step < Math.round(end * this.totalSteps)) return index;
    }
    return stages.length - 1;
  }

  private enterStage(stage: number): void {
    for (const optimizer of this.state.optimizers.values()) optimizer.dispose();
    this.state.position = { ...this.state.position, stage };
    this.state.optimizers = makeOptimizers(this.state.method, stage, this.training);
  }

  /** Steps of the epoch in progress. */
  private get epochLength(): number {
    const { order } = this.state;
    return order === null ? this.stepsPerEpoch : Math.floor(order.length / this.training.batchSize);
  }

  /** The positions of the coming batch, in the order that the method chose or the shuffled one. */
  private nextBatch(shuffled: Int32Array): readonly number[] {
    const { order, position } = this.state;
    const from = position.batch * this.training.batchSize;
    return Array.from((order ?? shuffled).slice(from, from + this.training.batchSize));
  }

  private oneStep(indices: readonly number[]): void {
    const { state, training } = this;
    const { step, epoch } = state.position;
    const factor = this.schedule(step);
    const every = Math.max(1, Math.ceil(this.totalSteps / MOST_STEP_EVENTS));
    const isLogged = step % every === 0;
    const began = performance.now();
    const result = scope(() =>
      trainStep(state, this.microBatches(indices), this.progress, {
        device: this.device,
        autocast: this.autocast,
        clipNorm: training.clipNorm,
        learningRateFactor: factor,
        learningRate: training.learningRate * factor,
        nextLearningRate: training.learningRate * this.schedule(step + 1),
        watchFeatures: isLogged,
      }),
    );
    const seconds = (performance.now() - began) / 1000;
    state.position = { ...state.position, step: step + 1, batch: state.position.batch + 1 };
    state.meter.add(result.loss, result.metrics);
    if (!isLogged) return;
    const learningRate = training.learningRate * factor;
    const samplesPerSecond = indices.length / seconds;
    this.emit({ type: 'step', step: step + 1, epoch, ...result, learningRate, samplesPerSecond });
    const warning = result.featureSpread === null ? undefined : this.watch.observe(result.featureSpread);
    if (warning !== undefined) this.emit({ type: 'warning', step: step + 1, message: warning });
  }

  /** The batch in `accumulate` parts whose sizes differ by at most one. */
  private microBatches(indices: readonly number[]): Batch<SampleSpec>[] {
    const draw = { seed: this.training.seed, epoch: this.state.position.epoch };
    return inParts(indices.length, Math.min(this.training.accumulate, indices.length)).map(({ from, to }) => {
      const part = indices.slice(from, to);
      return { samples: samplesTo(this.dataset.collate(part, draw), this.device), indices: part };
    });
  }

  private async preview(): Promise<void> {
    const files = await showPretext(
      this.folder,
      this.state.method,
      this.dataset,
      this.device,
      this.state.position.step,
    );
    this.emit({ type: 'preview', step: this.state.position.step, files });
  }

  /** Epochs between two measurements of the encoder. */
  private get monitorEvery(): number {
    return this.training.monitorEvery ?? usualMonitorEvery(this.training.epochs);
  }

  private async measure(epoch: number): Promise<void> {
    const { monitor, signal } = this.watcher;
    if (monitor === undefined || this.monitorEvery === 0 || signal?.aborted) return;
    let scores: Record<string, number>;
    try {
      scores = await monitor(this.state.method.encoder);
    } catch (error) {
      // Stopped in the middle of it: the loop saves and ends.
      if (error instanceof AutodidactError && error.code === 'INTERRUPTED') return;
      throw error;
    }
    this.emit({ type: 'scores', epoch, step: this.state.position.step, scores });
  }

  /** Whether a long epoch should not wait for its end. */
  private get isSaveDue(): boolean {
    const { checkpointMinutes } = this.training;
    return checkpointMinutes > 0 && performance.now() - this.saved >= checkpointMinutes * 60_000;
  }

  private save(): void {
    const path = saveCheckpoint(this.folder, this.definition.name, this.state, this.training.keepCheckpoints);
    this.emit({ type: 'checkpoint', step: this.state.position.step, path });
    this.saved = performance.now();
  }

  private async finish(reason: 'finished' | 'stopped'): Promise<TrainResult> {
    this.save();
    if (reason === 'finished') {
      await this.preview();
      const { encoder } = this.state.method;
      saveEncoder(this.folder.file('encoder.safetensors'), encoder, originOf(this.config, this.assets));
    }
    const seconds = this.end(reason);
    return { folder: this.folder, reason, step: this.state.position.step, seconds };
  }

  private end(reason: 'finished' | 'stopped' | 'diverged'): number {
    const seconds = (performance.now() - this.started) / 1000;
    const { peakResidentBytes } = memory();
    this.emit({
      type: 'end',
      time: new Date().toISOString(),
      step: this.state.position.step,
      reason,
      seconds,
      peakResidentBytes,
    });
    return seconds;
  }

  private emit(event: RunEvent): void {
    this.folder.append(event);
    this.watcher.onEvent?.(event);
  }
}
