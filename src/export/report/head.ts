import type { MethodDefinition } from '../../methods/method.js';
import { modalityOf } from '../../modalities/registry.js';
import type { Origin, PlanRecord, RunConfig } from '../../train/run-config.js';
import type { RunEvent } from '../../train/run-events.js';
import { formatBytes, formatCount, formatDuration, formatNumber, inWords, plural } from './format.js';
import { type Html, type HtmlValue, html, link } from './html.js';
import { drawFacts } from './tables.js';

type Of<Type extends RunEvent['type']> = Extract<RunEvent, { type: Type }>;

const only = <Type extends RunEvent['type']>(events: readonly RunEvent[], type: Type): Of<Type>[] =>
  events.filter((event): event is Of<Type> => event.type === type);

/** The top of the page: what was trained on what, whether it was worth it, how it ended, and what it cost. */
export function drawHead(
  config: RunConfig,
  events: readonly RunEvent[],
  definition: MethodDefinition | undefined,
  { warnings, worth }: { warnings: number; worth: string | null },
): Html {
  const { data, training, machine, versions } = config;
  const state = stateOf(events);
  const start = only(events, 'start')[0];
  const steps = only(events, 'step');
  const reached = reachedBy(events);
  const ends = only(events, 'end');
  const width = training.width === null ? '' : `, width ${training.width}`;
  const facts: [string, ...HtmlValue[]][] = [
    [
      'Data',
      html`<b>${data.name}</b>`,
      describeSamples(config.data),
      data.skipped > 0 ? html`<a href="#warnings">${plural(data.skipped, 'file')} skipped</a>` : 'no file skipped',
      html`<span class="unit">fingerprint</span> <code title="${data.fingerprint}">${data.fingerprint.slice(0, 12)}</code>`,
    ],
    [
      'Network',
      html`<b>${training.backbone}${width}</b>`,
      start && `${formatCount(start.parameters)} parameters trained`,
      `${training.optimizer}, learning rate ${formatNumber(training.learningRate)}, batch ${training.batchSize}`,
    ],
    ...(config.plan === undefined ? [] : [planFact(config.plan)]),
    [
      'Time and cost',
      timeOf(events),
      steps.length > 0 &&
        `${formatNumber(Number(median(steps.map(({ samplesPerSecond }) => samplesPerSecond)).toPrecision(3)))} samples/s`,
      reached.step > 0 &&
        `${formatCount(reached.step)}${start ? ` of ${formatCount(start.totalSteps)}` : ''} steps, ${epochs(start, reached)}`,
      ends.length > 0 &&
        `${formatBytes(Math.max(...ends.map(({ peakResidentBytes }) => peakResidentBytes)))} peak memory`,
    ],
    [
      'Machine',
      html`<b>${machine.device}</b>`,
      machine.cpu,
      `${plural(machine.threads, 'thread')} of ${plural(machine.cores, 'core')}, ${formatBytes(machine.memoryBytes)}`,
      `${machine.platform}, libtorch ${versions.libtorch}`,
    ],
  ];
  return html`<p class="kicker">Self-supervised pretraining · ${dateOf(config.createdAt)}</p>
<h1>${definition?.title ?? config.method} <span>on ${data.name}</span></h1>
<p class="lead">${definition?.summary ?? `The method ${config.method} is not known to this version.`}</p>
<p class="badges"><strong class="badge ${state.kind}">${state.text}</strong>${only(events, 'resume').map(
    ({ step }) => html`<span class="badge">resumed at step ${formatCount(step)}</span>`,
  )}${warnings > 0 && html`<a class="badge warn" href="#warnings">${plural(warnings, 'warning')}</a>`}</p>
${worth !== null && html`<p class="worth">${worth}</p>`}
${definition && paperLine(definition)}
${drawFacts(facts)}`;
}

/** "1,200 images, 28 x 28, gray" */
function describeSamples({ samples, count }: RunConfig['data']): string {
  try {
    const { plural: name, describe } = modalityOf(samples);
    return `${formatCount(count)} ${name}, ${describe(samples)}`;
  } catch {
    return `${formatCount(count)} samples of the kind ${samples.modality}, which is not known to this version`;
  }
}

const RECIPES = { paper: "The paper's recipe", small: 'The recipe for small samples' } as const;

/** Where the settings of the run come from, and what was noted when they were settled. */
function planFact({ recipe, origins, notes }: PlanRecord): [string, ...HtmlValue[]] {
  const from = (origin: Origin): string[] => Object.keys(origins).filter((name) => origins[name] === origin);
  const named = (names: readonly string[]): string => names.map((name) => inWords(name).toLowerCase()).join(', ');
  const [fitted, given] = [from('fitted'), from('given')];
  return [
    'Plan',
    html`<b>${RECIPES[recipe]}</b>`,
    fitted.length > 0 && `Fitted to the machine and the data: ${named(fitted)}`,
    given.length > 0 && `Given: ${named(given)}`,
    ...notes,
  ];
}

function paperLine({ paper }: MethodDefinition): Html {
  return html`<p class="paper">${paper.authors}: ${link(paper.url, paper.title)}, ${paper.year}.${paper.code && html` ${link(paper.code, 'Reference code')}.`}</p>`;
}

function stateOf(events: readonly RunEvent[]): { kind: string; text: string } {
  const end = events.findLast((event) => event.type === 'end' || event.type === 'resume' || event.type === 'start');
  if (end === undefined) return { kind: 'open', text: 'not started' };
  if (end.type !== 'end') return { kind: 'open', text: 'running or interrupted' };
  const at = `at step ${formatCount(end.step)}`;
  if (end.reason === 'finished') return { kind: 'good', text: 'finished' };
  return end.reason === 'stopped' ? { kind: 'open', text: `stopped ${at}` } : { kind: 'bad', text: `diverged ${at}` };
}

/** Wall time over all sessions of the run; where the last one has not ended, that of its whole epochs. */
function timeOf(events: readonly RunEvent[]): Html {
  const lastEnd = events.findLastIndex(({ type }) => type === 'end');
  const parts = [...only(events, 'end'), ...only(events.slice(lastEnd + 1), 'epoch')];
  if (parts.length === 0) return html`no epoch has ended yet`;
  const isOver = events.at(-1)?.type === 'end';
  return html`<b>${formatDuration(parts.reduce((sum, { seconds }) => sum + seconds, 0))}</b>${!isOver && ' so far'}`;
}

/** The last step and its epoch. Long runs record only some of their steps: other events tell of later ones. */
function reachedBy(events: readonly RunEvent[]): { step: number; epoch: number } {
  const last = { step: 0, epoch: 0 };
  for (const event of events) {
    last.step = Math.max(last.step, event.step);
    if ('epoch' in event) last.epoch = Math.max(last.epoch, event.epoch);
  }
  return last;
}

function epochs(start: Of<'start'> | undefined, { epoch }: { epoch: number }): string {
  return start ? `epoch ${epoch + 1} of ${start.totalEpochs}` : `epoch ${epoch + 1}`;
}

function median(values: readonly number[]): number {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function dateOf(time: string): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? time : date.toISOString().slice(0, 10);
}
