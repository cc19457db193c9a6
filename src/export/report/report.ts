import { writeAtomically } from '../../files.js';
import { methods } from '../../methods/registry.js';
import type { RunEvent } from '../../train/run-events.js';
import { RunFolder } from '../../train/run-folder.js';
import { drawSavedAnswers } from './answers.js';
import { readEmbedding } from './embedding-file.js';
import { type ReportedEvaluation, readEvaluations } from './evaluations.js';
import { formatCount, formatPercent } from './format.js';
import type { Embedding } from './gather.js';
import { drawHead } from './head.js';
import { type Html, html, page, type Section } from './html.js';
import { drawMap } from './map.js';
import { drawNeighbors, type Sample } from './neighbors.js';
import { drawPretext } from './pretext.js';
import { SCRIPT } from './script.js';
import { STYLE } from './style.js';
import { drawConfiguration, drawEvaluation, drawWarnings } from './tables.js';
import { drawTraining } from './training.js';

/**
 * Writes report.html into a run folder: one page that opens offline, with everything that the folder holds - the method,
 * the data and the cost, the evaluations (`evaluation.json`), the pretext task (`previews/`), neighbors and map of the features
 * (`embedding.json`), the curves, the configuration. A part that is not there leaves a sentence that says how to get it.
 *
 * @returns the path of the page
 * @throws AutodidactError `NOT_FOUND` when there is no run at the path, `IO` when the page cannot be written
 */
export async function writeReport(runFolder: string): Promise<string> {
  const folder = RunFolder.open(runFolder);
  const config = folder.readConfig();
  const events = folder.events();
  const definition = methods.find(({ name }) => name === config.method);
  const embedding = readEmbedding(folder);
  const step = presentStep(folder);
  const evaluations = readEvaluations(folder, step);
  const warnings = events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));
  const sections: Section[] = [
    {
      id: 'evaluation',
      title: 'Evaluation',
      body: html`${evaluationSection(evaluations, step)}${await drawSavedAnswers(folder)}`,
    },
    {
      id: 'pretext',
      title: 'The pretext task',
      body:
        (await drawPretext(folder, lastStep(events))) ??
        missing('No previews of the pretext task have been saved yet.'),
    },
    { id: 'neighbors', title: 'Nearest neighbors', body: neighborsSection(embedding, step) },
    { id: 'map', title: 'Map of the embedding', body: mapSection(embedding, step) },
    {
      id: 'training',
      title: 'Training',
      body: drawTraining(events) ?? missing('No training step has been recorded yet.'),
    },
    {
      id: 'warnings',
      title: 'Warnings',
      body: warnings.length > 0 ? drawWarnings(warnings) : html`<p class="missing">The run gave no warnings.</p>`,
    },
    { id: 'configuration', title: 'Configuration', body: drawConfiguration(config) },
  ];
  const title = `${definition?.title ?? config.method} on ${config.data.name}`;
  const worth = evaluations.find(({ isOfThisEncoder }) => isOfThisEncoder !== false)?.worth ?? gain(events);
  const head = drawHead(config, events, definition, { warnings: warnings.length, worth });
  const path = folder.file('report.html');
  writeAtomically(path, page({ title, head, sections, style: STYLE, script: SCRIPT }));
  return path;
}

/** Step of the newest checkpoint: the encoder that `evaluate` would measure now. */
function presentStep(folder: RunFolder): number | null {
  const newest = folder.checkpoints().at(-1);
  const step = newest === undefined ? undefined : /step-(\d+)\.safetensors$/.exec(newest)?.[1];
  return step === undefined ? null : Number(step);
}

/** What the measurements during training say, where no evaluation speaks: the labels of the training samples by nearest neighbors. */
function gain(events: readonly RunEvent[]): string | null {
  const scores = events.flatMap((event) => (event.type === 'scores' ? [event] : []));
  const [first, last] = [scores.find(({ step }) => step === 0), scores.at(-1)];
  const [before, after] = [first?.scores.knnAccuracy, last?.scores.knnAccuracy];
  if (before === undefined || after === undefined || first === last) return null;
  return `Nearest neighbors among the training samples find ${formatPercent(after)} of the labels after training, ${formatPercent(before)} before it. Whether that was worth it, an evaluation says.`;
}

function lastStep(events: readonly RunEvent[]): number {
  return events.reduce((last, event) => ('step' in event ? Math.max(last, event.step) : last), 0);
}

const missing = (text: string, command?: string): Html =>
  html`<p class="missing">${text}${command && html` Run <code>${command}</code>.`}</p>`;

const NO_FEATURES =
  'The features have not been gathered yet: it is done when pretraining ends, and by every evaluation.';
const EVALUATE = 'autodidact evaluate <run> --data <labeled data>';

function evaluationSection(evaluations: readonly ReportedEvaluation[], step: number | null): Html {
  if (evaluations.length === 0) return missing('The encoder has not been evaluated yet.', EVALUATE);
  return html`${evaluations.map((evaluation) => drawEvaluation(evaluation, step))}`;
}

function neighborsSection(embedding: Embedding | null, step: number | null): Html {
  if (embedding === null || embedding.neighbors.length === 0) return missing(NO_FEATURES, EVALUATE);
  const { ids, labels, classes, shown, agreement, neighbors, data, hasParts } = embedding;
  const sample = (index: number): Sample => ({
    id: ids[index] ?? '',
    shown: shown[index] ?? { kind: 'text', text: ids[index] ?? '' },
    label: labels === null ? null : (classes?.[labels[index] ?? -1] ?? null),
  });
  const rows = neighbors.map(({ query, items }) => ({
    query: sample(query),
    neighbors: items.map(({ index, cosine }) => ({ ...sample(index), cosine })),
  }));
  const figures =
    agreement &&
    html` Over all ${formatCount(ids.length)} ${data.plural} of the sample, ${formatPercent(agreement.share)} of the ${agreement.k} nearest neighbors share the class; at random it would be ${formatPercent(agreement.chance)}.`;
  return html`<p>Each row: one of the ${data.plural} of ${data.name}, and what the encoder finds most alike among ${formatCount(ids.length)} of them, with the cosine of the features.${hasParts && ' Parts of the same video, recording or text are left out.'}${figures}</p>
${ofOtherStep(embedding, step)}${drawNeighbors(rows)}`;
}

function mapSection(embedding: Embedding | null, step: number | null): Html {
  if (embedding === null) return missing(NO_FEATURES, EVALUATE);
  const { ids, data, labels } = embedding;
  const part =
    ids.length < data.count ? `${formatCount(ids.length)} of ${formatCount(data.count)}` : formatCount(data.count);
  return html`<p>${part} ${data.plural} of ${data.name}, laid out by UMAP so that neighbors stay neighbors; the distances between groups, and their sizes, mean little. ${labels === null ? 'The data have no labels.' : 'The colors are labels that training did not see.'} Point at a dot to see what it stands for.</p>
${ofOtherStep(embedding, step)}${drawMap(embedding, data.plural)}`;
}

/** Says so when the features are not those of the encoder that the run has now. */
function ofOtherStep({ step }: Embedding, present: number | null): Html | null {
  if (step === null || present === null || step === present) return null;
  return missing(
    `These are features of step ${formatCount(step)}; the encoder stands at step ${formatCount(present)} now.`,
    EVALUATE,
  );
}
