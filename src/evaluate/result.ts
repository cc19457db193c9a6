/** The ways to use a frozen or fine-tuned encoder, cheapest first. */
export const PROTOCOLS = ['knn', 'linear', 'finetune-head', 'finetune-top', 'finetune'] as const;

export type Protocol = (typeof PROTOCOLS)[number];

/**
 * The encoders that are compared: the one in question, the same network untrained, untrained with weights that fit the data
 * (Krähenbühl et al. 2015), and trained on the labels alone.
 */
export const ENCODERS = ['pretrained', 'random', 'data-dependent', 'supervised'] as const;

export type EncoderKind = (typeof ENCODERS)[number];

/** One measurement; JSON-safe. */
export interface EvaluationRow {
  encoder: EncoderKind;
  /** Training from scratch is a protocol of its own, once per amount of labels. */
  protocol: Protocol | 'supervised';
  /** The amount of labels as asked for: `1%`, `10/class`. */
  labels: string;
  /** How many images that was. */
  labelCount: number;
  seed: number;
  /** Top-1 accuracy on the test images, in [0, 1]. */
  score: number;
  /** What was chosen and how it went: k, l2, learning rate, steps. */
  details: Record<string, number | string | boolean | null>;
}

/** The measurements that differ only in their seed. */
export interface EvaluationSummary extends Pick<EvaluationRow, 'encoder' | 'protocol' | 'labels' | 'labelCount'> {
  mean: number;
  /** Sample standard deviation over the seeds; 0 for a single one. */
  std: number;
  n: number;
}

/** Everything that `evaluate` measured; JSON-safe, saved as `evaluation.json`. */
export interface EvaluationResult {
  rows: EvaluationRow[];
  summary: EvaluationSummary[];
  /** Accuracy of always answering the most frequent test class. */
  chance: number;
  testCount: number;
  classes: string[];
  /** The layer that was read, null for the last. */
  layer: string | null;
  seconds: number;
}

/** Mean and deviation over the seeds, in the order in which the rows first appear. */
export function summarize(rows: readonly EvaluationRow[]): EvaluationSummary[] {
  const groups = new Map<string, EvaluationRow[]>();
  for (const row of rows) {
    const key = JSON.stringify([row.encoder, row.protocol, row.labels]);
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()].map((group) => {
    const { encoder, protocol, labels, labelCount } = group[0]!;
    const n = group.length;
    const mean = group.reduce((sum, { score }) => sum + score, 0) / n;
    const squares = group.reduce((sum, { score }) => sum + (score - mean) ** 2, 0);
    return { encoder, protocol, labels, labelCount, mean, std: n > 1 ? Math.sqrt(squares / (n - 1)) : 0, n };
  });
}
