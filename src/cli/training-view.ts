import { counted, duration, figure, rounded } from '../format.js';
import type { TrainingOptions } from '../train/config.js';
import type { RunEvent } from '../train/run-events.js';
import { say } from './output.js';
import { Progress } from './progress.js';

/** A run's events for people, on stderr: a bar with rate and time left, a line per epoch, warnings. */
export class TrainingView {
  private progress: Progress | undefined;
  private totalSteps = 0;
  private totalEpochs = 0;
  private firstStep = 0;
  private plural = 'samples';
  private started = performance.now();
  /** The last epoch's means, for the summary at the end. */
  last: { loss: number; metrics: Record<string, number> } | undefined;

  /** @param earlier the run's events so far, when it continues */
  constructor(
    private readonly training: TrainingOptions,
    earlier: readonly RunEvent[] = [],
  ) {
    for (const event of earlier) {
      if (event.type === 'start') this.measure(event);
      if (event.type === 'epoch') this.last = { loss: event.loss, metrics: event.metrics };
    }
  }

  /** @param plural what the samples are called */
  show(event: RunEvent, plural = 'samples'): void {
    this.plural = plural;
    switch (event.type) {
      case 'start':
        this.measure(event);
        this.started = performance.now();
        say(`${counted(event.parameters, 'parameter')}, ${counted(event.totalSteps, 'step')}`);
        break;
      case 'resume':
        this.firstStep = event.step;
        this.started = performance.now();
        say(`continuing after step ${event.step} of ${this.totalSteps}`);
        break;
      case 'preview':
        // The pictures at the start are no training.
        if (event.step === this.firstStep) this.started = performance.now();
        break;
      case 'step':
        this.progress ??= new Progress('training', 'steps', this.firstStep);
        this.progress.update(event.step, this.totalSteps, { count: this.training.batchSize, unit: plural });
        break;
      case 'epoch':
        this.last = { loss: event.loss, metrics: event.metrics };
        this.log(this.epochLine(event));
        break;
      case 'scores':
        this.log(
          `  encoder: ${Object.entries(event.scores)
            .map(([name, value]) => `${name} ${figure(value)}`)
            .join(', ')}`,
        );
        break;
      case 'warning':
        // Before the first step it is about files that were skipped, which was told when they were opened.
        if (event.step > 0) this.log(`warning: ${event.message}`);
        break;
    }
  }

  stop(): void {
    this.progress?.stop();
  }

  private measure({ totalSteps, totalEpochs }: RunEvent & { type: 'start' }): void {
    this.totalSteps = totalSteps;
    this.totalEpochs = totalEpochs;
  }

  private epochLine({ epoch, step, loss, metrics, seconds }: RunEvent & { type: 'epoch' }): string {
    const perStep = (performance.now() - this.started) / 1000 / Math.max(1, step - this.firstStep);
    const rate = this.training.batchSize / perStep;
    const parts = [
      `epoch ${epoch + 1} of ${this.totalEpochs}`,
      `loss ${figure(loss)}`,
      ...Object.entries(metrics).map(([name, value]) => `${name} ${figure(value)}`),
      `${rounded(rate)} ${this.plural}/s`,
      duration(seconds),
      ...(step < this.totalSteps ? [`${duration((this.totalSteps - step) * perStep)} left`] : []),
    ];
    return parts.join(', ');
  }

  private log(line: string): void {
    if (this.progress === undefined) say(line);
    else this.progress.log(line);
  }
}
