import { MultiBar, Presets, type SingleBar } from 'cli-progress';
import { duration, rounded } from '../format.js';
import { say, visible } from './output.js';

/** Seconds between the lines that a pipe or a log file gets. */
const LINE_EVERY = 10;

/** How far a long piece of work has come, on stderr: a bar on a terminal, a line now and then in a pipe. */
export class Progress {
  private started = performance.now();
  private last: { done: number; unit: string } | undefined;
  private lastLine = performance.now();
  private bars: MultiBar | undefined;
  private bar: SingleBar | undefined;

  /**
   * @param unit what is counted, in the plural: `images`, `steps`
   * @param startAt what was done before, and does not count for the rate
   */
  constructor(
    private readonly label: string,
    private readonly unit: string,
    private startAt = 0,
  ) {}

  /**
   * A count that falls, or another unit, is that of the next piece of work, which has a rate of its own.
   *
   * @param perUnit things of another kind per unit, to tell the rate in them (`images` in a step)
   * @param unit what is counted, where it is not what was said at the start
   */
  update(done: number, total: number, perUnit?: { count: number; unit: string }, unit = this.unit): void {
    if (this.last !== undefined && (done < this.last.done || unit !== this.last.unit)) {
      this.started = performance.now();
      this.startAt = done;
    }
    this.last = { done, unit };
    const seconds = (performance.now() - this.started) / 1000;
    const perSecond = (done - this.startAt) / Math.max(seconds, 1e-9);
    const rate = perSecond > 0 ? `${rounded(perSecond * (perUnit?.count ?? 1))} ${perUnit?.unit ?? unit}/s` : '';
    const left = perSecond > 0 ? `${duration((total - done) / perSecond)} left` : '';
    const notes = [rate, left].filter((note) => note !== '').join(', ');
    if (process.stderr.isTTY) this.draw(done, total, notes, unit);
    else if (performance.now() - this.lastLine >= LINE_EVERY * 1000) {
      this.lastLine = performance.now();
      say(`${this.label}: ${done} of ${total} ${unit}${notes === '' ? '' : `, ${notes}`}`);
    }
  }

  /** Writes a line; on a terminal above the bar. */
  log(line: string): void {
    if (this.bars === undefined) say(line);
    else this.bars.log(`${visible(line)}\n`);
  }

  stop(): void {
    this.bars?.stop();
    this.bars = undefined;
  }

  private draw(done: number, total: number, notes: string, unit: string): void {
    this.bars ??= new MultiBar(
      {
        stream: process.stderr,
        // The label is a value: a name in it may hold what looks like a place for one.
        format: '{label} {bar} {percentage}% | {value} of {total} {unit} | {notes}',
        barsize: 24,
        clearOnComplete: true,
        hideCursor: false,
        linewrap: true,
        // Ctrl-C belongs to the command: training saves first.
        gracefulExit: false,
      },
      Presets.shades_classic,
    );
    const values = { notes, unit, label: visible(this.label) };
    this.bar ??= this.bars.create(total, done, values);
    this.bar.setTotal(total);
    this.bar.update(done, values);
  }
}
