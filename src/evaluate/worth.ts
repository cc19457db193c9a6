import type { Comparison, EncoderKind, EvaluationResult } from './result.js';

type Judged = Pick<EvaluationResult, 'comparisons' | 'score' | 'options' | 'summary'>;

const NAMES: Partial<Record<EncoderKind, string>> = {
  random: 'random initialization',
  'data-dependent': 'data-dependent initialization',
  supervised: 'supervised training',
  'bag-of-words': 'a bag of words',
  'frequent-tag': 'the most frequent tag of each word',
};

/** What an encoder is kept for comes first; it is settled before anything is measured, so that no score chooses the line. */
const PREFERRED = ['finetune', 'linear', 'finetune-top', 'finetune-head', 'knn'];

/**
 * One sentence on whether pretraining was worth it: the pretrained encoder beside random initialization, supervised training and
 * what no network makes, with the intervals, where labels are fewest; null where it was measured beside none of them.
 */
export function worthOf({ comparisons, score, summary }: Judged): string | null {
  const own = comparisons.filter(
    ({ encoder, against, metric }) =>
      encoder === 'pretrained' && NAMES[against] !== undefined && metric === score.metric,
  );
  if (own.length === 0) return null;
  const countOf = (labels: string) =>
    Math.min(...summary.filter((entry) => entry.labels === labels).map(({ labelCount }) => labelCount));
  const [labels] = [...new Set(own.map((entry) => entry.labels))].sort((a, b) => countOf(a) - countOf(b));
  const among = own.filter((entry) => entry.labels === labels);
  const place = (protocol: string) => (PREFERRED.includes(protocol) ? PREFERRED.indexOf(protocol) : PREFERRED.length);
  const protocol = among.map((entry) => entry.protocol).sort((a, b) => place(a) - place(b))[0]!;
  const line = among.filter((entry) => entry.protocol === protocol);
  const of = (verdict: Comparison['verdict']) => line.filter((entry) => entry.verdict === verdict);
  const [better, worse, open] = [of('better'), of('worse'), of('no difference can be shown')];
  const named = (entries: readonly Comparison[], word: 'and' | 'or') =>
    entries.map((entry) => `${NAMES[entry.against]} by ${difference(entry, score.isShare)}`).join(` ${word} `);
  const verdict =
    worse.length > 0
      ? 'It was not worth it'
      : open.length > 0
        ? 'It is not shown to have been worth it'
        : 'It was worth it';
  const parts = [
    ...(better.length > 0 ? [`it beats ${named(better, 'and')}`] : []),
    ...(worse.length > 0 ? [`it loses to ${named(worse, 'and')}`] : []),
    ...(open.length > 0
      ? [
          `no difference can be shown to ${open.map((entry) => `${NAMES[entry.against]} (${difference(entry, score.isShare)})`).join(' or ')}`,
        ]
      : []),
  ];
  return `${verdict}: with ${amount(labels!)} (${countOf(labels!).toLocaleString('en')}) and ${protocol} of the pretrained encoder, ${parts.join(', and ')}.`;
}

/** "1% of the labels", "10 labels per class", "labels of the first frame". */
function amount(labels: string): string {
  if (labels === 'none') return 'no labels';
  if (labels.endsWith('%')) return `${labels} of the labels`;
  const each = /^(\d+)\/class$/.exec(labels)?.[1];
  return each === undefined ? `labels of the ${labels}` : `${each} ${each === '1' ? 'label' : 'labels'} per class`;
}

/** "5.4 points (1.2 to 9.6)"; the size of a loss without its sign. */
function difference({ difference: mean, interval, verdict }: Comparison, isShare: boolean): string {
  const sign = verdict === 'no difference can be shown' || mean >= 0 ? 1 : -1;
  const written = (value: number) => (isShare ? (100 * value).toFixed(1) : String(Number(value.toPrecision(3))));
  const unit = isShare ? ' points' : '';
  if (interval === null) return `${written(sign * mean)}${unit}`;
  const [low, high] = sign > 0 ? interval : [-interval[1], -interval[0]];
  return `${written(sign * mean)}${unit} (${written(low)} to ${written(high)})`;
}
