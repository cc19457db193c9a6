/** Means over the steps of an epoch; a metric that only some steps have, over those. */
export class EpochMeter {
  private readonly sums = new Map<string, { sum: number; count: number }>();

  /** What was gathered so far, for a checkpoint. */
  state(): Record<string, { sum: number; count: number }> {
    return Object.fromEntries(this.sums);
  }

  static of(state: Readonly<Record<string, { sum: number; count: number }>>): EpochMeter {
    const meter = new EpochMeter();
    for (const [name, entry] of Object.entries(state)) meter.sums.set(name, entry);
    return meter;
  }

  add(loss: number, metrics: Record<string, number>): void {
    for (const [name, value] of [['loss', loss] as const, ...Object.entries(metrics)]) {
      const { sum, count } = this.sums.get(name) ?? { sum: 0, count: 0 };
      this.sums.set(name, { sum: sum + value, count: count + 1 });
    }
  }

  means(): { loss: number; metrics: Record<string, number> } {
    const means = Object.fromEntries([...this.sums].map(([name, { sum, count }]) => [name, sum / count]));
    const { loss = Number.NaN, ...metrics } = means;
    return { loss, metrics };
  }
}
