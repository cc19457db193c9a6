import { existsSync, readFileSync } from 'node:fs';
import sharp from 'sharp';
import type { EvaluationResult } from '../../evaluate/result.js';
import { writeAtomically } from '../../files.js';
import { methods } from '../../methods/registry.js';
import { COLLAPSED_SPREAD } from '../../train/collapse.js';
import { readNotes } from '../../train/picture.js';
import type { SavedPreview } from '../../train/previews.js';
import { type RunEvent, RunFolder } from '../../train/run-folder.js';
import { type Curve, drawCurve } from './curves.js';
import { formatCount, formatNumber, formatPercent, inWords, plural } from './format.js';
import type { Embedding } from './gather.js';
import { drawHead } from './head.js';
import { dataUri, type Html, html, page, type Section } from './html.js';
import { drawMap, isSmall } from './map.js';
import { drawNeighbors, type Picture } from './neighbors.js';
import { SCRIPT } from './script.js';
import { STYLE } from './style.js';
import { drawConfiguration, drawEvaluation, drawWarnings } from './tables.js';

type Step = Extract<RunEvent, { type: 'step' }>;

/**
 * Writes report.html into a run folder: one page that opens offline, with everything that the folder holds - the method,
 * the data and the cost, the curves, the pretext task in pictures, neighbors and map of the features (`embedding.json`), the
 * evaluation (`evaluation.json`), the configuration. A part that is not there leaves a sentence that says how to get it.
 *
 * @returns the path of the page
 * @throws AutodidactError `NOT_FOUND` when there is no run at the path, `IO` when the page cannot be written
 */
export async function writeReport(runFolder: string): Promise<string> {
  const folder = RunFolder.open(runFolder);
  const config = folder.readConfig();
  const events = folder.events();
  const definition = methods.find(({ name }) => name === config.method);
  const gathered = readJson<Embedding>(folder.file('embedding.json'));
  // A file of another version is as good as none: it is made anew in seconds.
  const embedding = gathered?.format === 1 ? gathered : null;
  const warnings = events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));
  const sections: Section[] = [
    { id: 'training', title: 'Training', body: trainingSection(events) },
    { id: 'pretext', title: 'The pretext task in pictures', body: await pretextSection(folder) },
    { id: 'neighbors', title: 'Nearest neighbors', body: neighborsSection(embedding) },
    { id: 'map', title: 'Map of the embedding', body: mapSection(embedding) },
    {
      id: 'evaluation',
      title: 'Evaluation',
      body: evaluationSection(readJson<EvaluationResult>(folder.file('evaluation.json'))),
    },
    {
      id: 'warnings',
      title: 'Warnings',
      body: warnings.length > 0 ? drawWarnings(warnings) : html`<p class="missing">The run gave no warnings.</p>`,
    },
    { id: 'configuration', title: 'Configuration', body: drawConfiguration(config) },
  ];
  const title = `${definition?.title ?? config.method} on ${config.data.name}`;
  const head = drawHead(config, events, definition, warnings.length);
  const path = folder.file('report.html');
  writeAtomically(path, page({ title, head, sections, style: STYLE, script: SCRIPT }));
  return path;
}

/** What a file of the run holds; null when it is not there, or was cut off. */
function readJson<Value>(path: string): Value | null {
  if (!existsSync(path)) return null;
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Value;
  } catch {
    return null;
  }
}

const missing = (text: string, command?: string): Html =>
  html`<p class="missing">${text}${command && html` Run <code>${command}</code>.`}</p>`;

function trainingSection(events: readonly RunEvent[]): Html {
  const steps = events.filter((event): event is Step => event.type === 'step');
  if (steps.length === 0) return missing('No training step has been recorded yet.');
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
      unit: '0 when all images look alike, 1 when features point everywhere',
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
  alignment: { title: 'Encoder: alignment', unit: 'squared distance of two crops of an image' },
  knnAccuracy: { title: 'Encoder: k-NN', unit: 'labels right by nearest neighbors', format: 'percent' },
};

/** JSON has no NaN: it comes back as null. */
const orNaN = (value: number | null | undefined): number => value ?? Number.NaN;

async function pretextSection(folder: RunFolder): Promise<Html> {
  const saved = readJson<SavedPreview[]>(folder.file('previews', 'previews.json')) ?? [];
  const there = saved.filter(({ file }) => existsSync(folder.file('previews', file)));
  if (there.length === 0) return missing('No pictures of the pretext task have been saved yet.');
  const titles = [...new Set(there.map(({ title }) => title))];
  const groups = titles.map(async (title) => {
    const entries = there.filter((entry) => entry.title === title);
    const [first, last] = [entries[0]!, entries.at(-1)!];
    const shown = first.step === last.step ? entries : [first, last];
    const figures = shown.map(async (entry) => {
      const { picture, width, description } = await cutOut(readFileSync(folder.file('previews', entry.file)));
      const when = entry.step === 0 ? 'Before training' : `After ${plural(entry.step, 'step')}`;
      const alternative = description ?? `${entry.title}. ${entry.explanation}`;
      return html`<figure style="--natural:${width}px"><figcaption>${when}</figcaption><div class="scroll" tabindex="0"><img src="${picture}" alt="${`${when}: ${alternative}`}"></div></figure>
`;
    });
    return html`<h3>${title}</h3><p>${last.explanation}</p><div class="pretext">${await Promise.all(figures)}</div>
`;
  });
  return html`${await Promise.all(groups)}`;
}

/** A contact sheet without its header, which the page writes itself, and the width at which to show it. */
async function cutOut(png: Buffer): Promise<{ picture: string; width: number; description: string | undefined }> {
  const notes = await readNotes(png);
  const { width, height } = await sharp(png).metadata();
  const top = Math.min(notes?.headerHeight ?? 0, height - 1);
  const webp = await sharp(png)
    .extract({ left: 0, top, width, height: height - top })
    .webp({ quality: 90, smartSubsample: true })
    .toBuffer();
  const shown = Math.round(width * (notes === null ? 1 : SHEET_SCALE));
  return { picture: dataUri('image/webp', webp), width: shown, description: notes?.description };
}

/** Sheets are drawn for two device pixels to a CSS pixel; a little larger than that, their captions read well. */
const SHEET_SCALE = 0.6;

const NO_FEATURES =
  'The features have not been gathered yet: it is done when pretraining ends, and by every evaluation.';
const EVALUATE = 'autodidact evaluate <run> --data <labeled images>';

function neighborsSection(embedding: Embedding | null): Html {
  if (embedding === null || embedding.neighbors.length === 0) return missing(NO_FEATURES, EVALUATE);
  const { ids, labels, classes, pictures, agreement, neighbors, sprite } = embedding;
  const picture = (index: number): Picture => ({
    id: ids[index]!,
    source: pictures[index]!,
    label: labels === null || labels[index]! < 0 ? null : (classes?.[labels[index]!] ?? null),
  });
  const rows = neighbors.map(({ query, items }) => ({
    query: picture(query),
    neighbors: items.map(({ index, cosine }) => ({ ...picture(index), cosine })),
  }));
  const figures =
    agreement &&
    html` Over all ${formatCount(ids.length)} images of the sample, ${formatPercent(agreement.share)} of the ${agreement.k} nearest neighbors share the class of the image; at random it would be ${formatPercent(agreement.chance)}.`;
  return html`<p>Each row: an image, and what the encoder finds most alike among ${formatCount(ids.length)} images, with the cosine of the features.${figures}</p>
${drawNeighbors(rows, { width: sprite.width, height: sprite.height, isPixelated: isSmall(sprite) })}`;
}

function mapSection(embedding: Embedding | null): Html {
  if (embedding === null) return missing(NO_FEATURES, EVALUATE);
  const { ids, total, dataset, labels } = embedding;
  const part =
    ids.length < total ? `${formatCount(ids.length)} of ${formatCount(total)} images` : `${plural(total, 'image')}`;
  return html`<p>${part} of ${dataset}, laid out by UMAP so that neighbors stay neighbors; the distances between groups, and their sizes, mean little. ${labels === null ? 'The data have no labels.' : 'The colors are labels that training did not see.'} Point at a dot to see its image.</p>
${drawMap(embedding)}`;
}

function evaluationSection(result: EvaluationResult | null): Html {
  if (result === null || result.summary.length === 0)
    return missing('The encoder has not been evaluated yet.', EVALUATE);
  return drawEvaluation(result);
}
