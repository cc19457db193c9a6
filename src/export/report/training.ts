import { COLLAPSED_SPREAD } from '../../train/collapse.js';
import type { RunEvent } from '../../train/run-events.js';
import { type Curve, drawCurve } from './curves.js';
import { formatNumber, inWords } from './format.js';
import { type Html, html } from './html.js';

type Step = Extract<RunEvent, { type: 'step' }>;

/** Curves of the training, and of what was measured of the encoder in between; null when no step has been recorded. */
export function drawTraining(events: readonly RunEvent[]): Html | null {
  const steps = events.filter((event): event is Step => event.type === 'step');
  if (steps.length === 0) return null;
  const x = steps.map(({ step }) => step);
  const metrics = [...new Set(steps.flatMap((step) => Object.keys(step.metrics)))];
  const curves: Curve[] = [
    { title: 'Loss', x, y: steps.map(({ loss }) => orNaN(loss)), isSmoothed: true, best: 'lowest' },
    ...metrics.map((name): Curve => {
      const isShare = /accuracy$/i.test(name);
      const y = steps.map((step) => orNaN(step.metrics[name]));
      return {
        title: inWords(name),
        x,
        y,
        isSmoothed: true,
        format: isShare ? 'percent' : 'number',
        ...(isShare && { best: 'highest' }),
      };
    }),
    { title: 'Learning rate', x, y: steps.map(({ learningRate }) => orNaN(learningRate)) },
    {
      title: 'Throughput',
      unit: 'samples per second',
      x,
      y: steps.map((step) => orNaN(step.samplesPerSecond)),
      isSmoothed: true,
    },
  ];
  const spread = steps.filter(({ featureSpread }) => featureSpread !== null);
  if (spread.length > 0)
    curves.splice(1 + metrics.length, 0, {
      title: 'Feature spread',
      unit: '0 when all samples look alike, 1 when features point everywhere',
      x: spread.map(({ step }) => step),
      y: spread.map(({ featureSpread }) => orNaN(featureSpread)),
      isSmoothed: true,
      reference: { value: COLLAPSED_SPREAD, label: `collapsed below ${formatNumber(COLLAPSED_SPREAD)}` },
    });
  curves.push(...scoreCurves(events));
  return html`<p>Faint: single steps. Strong: the same, smoothed. Point at a curve, or move along it with the arrow keys, to read its values.</p>
<div class="curves">${curves.map(drawCurve)}</div>`;
}

/** What was measured of the encoder between epochs. */
function scoreCurves(events: readonly RunEvent[]): Curve[] {
  const measured = events.filter((event) => event.type === 'scores');
  const names = [...new Set(measured.flatMap(({ scores }) => Object.keys(scores)))];
  return names.map((name) => ({
    ...(SCORE_TITLES[name] ?? { title: inWords(name) }),
    x: measured.map(({ step }) => step),
    y: measured.map(({ scores }) => orNaN(scores[name])),
  }));
}

const SCORE_TITLES: Readonly<Record<string, Pick<Curve, 'title' | 'unit' | 'format'>>> = {
  spread: { title: 'Encoder: spread', unit: '1 for directions spread evenly, 0 at collapse' },
  uniformity: { title: 'Encoder: uniformity', unit: 'lower is more even, 0 at collapse' },
  rankMe: { title: 'Encoder: RankMe', unit: 'effective number of dimensions' },
  alignment: { title: 'Encoder: alignment', unit: 'squared distance of two views of a sample' },
  viewRetrieval: {
    title: 'Encoder: view retrieval',
    unit: 'views that find the other one of their sample',
    format: 'percent',
  },
  knnAccuracy: { title: 'Encoder: k-NN', unit: 'labels right by nearest neighbors', format: 'percent' },
};

/** JSON has no NaN: it comes back as null. */
const orNaN = (value: number | null | undefined): number => value ?? Number.NaN;
