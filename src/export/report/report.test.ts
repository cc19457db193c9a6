/** The report as a whole. One file, since all its pages are of run folders that are written here by hand. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { put } from '../../../tests/data-files.js';
import { tensor } from '../../engine/index.js';
import { summarize } from '../../evaluate/result.js';
import { rotation } from '../../methods/image/geometric/rotation.js';
import { imageSpec } from '../../methods/make.test-util.js';
import type { Preview } from '../../methods/method.js';
import { fromRecipe } from '../../train/config.js';
import { toPng } from '../../train/pixels.js';
import { previewData } from '../../train/preview-data.js';
import { writePreviews } from '../../train/preview-files.js';
import type { RunConfig } from '../../train/run-config.js';
import type { RunEvent } from '../../train/run-events.js';
import { RunFolder } from '../../train/run-folder.js';
import type { Embedding } from './gather.js';
import { writeReport } from './report.js';

const HOSTILE = `</script><img src=x onerror="alert('1')">`;
const PIXEL = 'data:image/webp;base64,UklGRhIAAABXRUJQVlA4TAYAAAAvAAAAAAfQ//73v/+BiOh/AAA=';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'autodidact-report-'));
});
afterAll(() => rmSync(root, { recursive: true }));

const PICTURE = { kind: 'picture' as const, source: PIXEL, width: 1, height: 1 };

const config: RunConfig = {
  format: 2,
  method: 'rotation',
  options: {},
  training: fromRecipe(rotation.recipes.small),
  plan: {
    recipe: 'small',
    origins: { epochs: 'fitted', batchSize: 'fitted', seed: 'given', useFlip: 'small' },
    notes: ['about 12 min 5 s: 2 epochs at 640 images/s'],
  },
  data: {
    count: 1200,
    samples: imageSpec(28, 1),
    spec: 'photos',
    split: 'train',
    name: `photos ${HOSTILE}`,
    fingerprint: '0123456789abcdef',
    skipped: 3,
    limit: null,
    asked: { size: null, channels: 'auto', length: null },
  },
  versions: { autodidact: '0.1.0', libtorch: '2.13.0', node: 'v20' },
  machine: { platform: 'linux x64', cpu: 'A CPU', cores: 2, threads: 1, memoryBytes: 2 ** 34, device: 'cpu' },
  createdAt: '2025-03-02T10:11:12.000Z',
};

const step = (at: number, loss: number): RunEvent => ({
  type: 'step',
  step: at,
  epoch: 0,
  loss,
  metrics: { accuracy: 0.25 + at / 100 },
  learningRate: 0.1,
  featureSpread: 0.5,
  samplesPerSecond: 640,
});

const start: RunEvent = { type: 'start', time: '', step: 0, totalSteps: 40, totalEpochs: 2, parameters: 1234567 };
const end = (reason: 'finished' | 'stopped' | 'diverged', at: number): RunEvent => ({
  ...{ type: 'end', time: '', step: at, reason, seconds: 61, peakResidentBytes: 2 ** 30 },
});

interface Parts {
  events?: RunEvent[];
  embedding?: Embedding;
  evaluation?: unknown;
  previews?: boolean;
  /** Steps. */
  checkpoints?: number[];
  config?: Partial<RunConfig>;
}

async function report(name: string, parts: Parts = {}): Promise<string> {
  const folder = join(root, name);
  mkdirSync(join(folder, 'previews'), { recursive: true });
  const write = (file: string, data: string | Buffer): void => writeFileSync(join(folder, file), data);
  write('config.json', JSON.stringify({ ...config, ...parts.config }));
  if (parts.events) write('events.jsonl', parts.events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  if (parts.embedding) write('embedding.json', JSON.stringify(parts.embedding));
  if (parts.evaluation) write('evaluation.json', JSON.stringify(parts.evaluation));
  if (parts.previews)
    for (const at of [0, 20, 40]) {
      const texts = { title: `Which way ${HOSTILE}`, explanation: 'Each image is turned.', chance: 0.25 };
      const rows: Preview['rows'] = [
        [
          { image: tensor([[[0, 1]]]), caption: `90°, says ${at}°`, isCorrect: at === 40 },
          { text: HOSTILE, isCorrect: false },
        ],
      ];
      await writePreviews(RunFolder.open(folder), {
        ...{ step: at, isTrained: at > 0 },
        previews: [previewData({ ...texts, rows })],
      });
    }
  for (const at of parts.checkpoints ?? [])
    put(join(folder, 'checkpoints', `step-${String(at).padStart(9, '0')}.safetensors`), '');
  const path = await writeReport(folder);
  expect(path).toBe(join(folder, 'report.html'));
  return readFileSync(path, 'utf8');
}

const embedding: Embedding = {
  format: 2,
  encoder: 'abc',
  step: 40,
  data: { name: 'photos', fingerprint: 'def', count: 900, plural: 'images' },
  seed: 0,
  ids: ['a.png', HOSTILE, 'c.png'],
  labels: [0, 1, -1],
  classes: ['cat', HOSTILE],
  points: [
    [0, 0],
    [1, 0.5],
    [0.5, 0.2],
  ],
  sprite: { image: PIXEL, columns: 2, rows: 2, width: 1, height: 1 },
  neighbors: [
    {
      query: 0,
      items: [
        { index: 1, cosine: 0.5 },
        { index: 2, cosine: 0.25 },
      ],
    },
  ],
  shown: { 0: PICTURE, 1: PICTURE, 2: { kind: 'text', text: HOSTILE } },
  agreement: { share: 0.75, chance: 0.5, k: 2 },
};

const rows = (['pretrained', 'random'] as const).map((encoder, i) => ({
  ...{ encoder, protocol: 'knn', task: 'classification', metric: 'accuracy', value: 0.8 - 0.3 * i, interval: null },
  ...{ n: 100, seed: 0, labels: '1%', labelCount: 12, steps: null, epochs: null, details: {} },
}));
const measured = {
  ...{ date: '2026-01-02T03:04:05.000Z', step: 40, encoder: 'e', task: 'classification', data: null },
  score: { metric: 'accuracy', title: 'Top-1 accuracy', better: 'higher', isShare: true },
  options: { protocols: ['knn'], labels: ['1%'], seeds: [0], baselines: ['random'], layer: null, settings: {} },
  ...{ rows, summary: summarize(rows), comparisons: [], floor: 0.5, testCount: 100, classes: ['a', 'b'] },
  ...{ notes: [], seconds: 1 },
};
const evaluation = { format: 2, evaluations: [measured] };

const whole: Parts = {
  events: [
    start,
    { type: 'warning', step: 0, message: `3 files were skipped: ${HOSTILE}` },
    ...Array.from({ length: 20 }, (_, i) => step(i + 1, 1.4 - i / 40)),
    end('stopped', 20),
    { type: 'resume', time: '', step: 20, checkpoint: 'x' },
    ...Array.from({ length: 20 }, (_, i) => step(i + 21, 0.9 - i / 40)),
    end('finished', 40),
  ],
  ...{ embedding, evaluation, previews: true, checkpoints: [20, 40] },
};

const SECTIONS = ['evaluation', 'pretext', 'neighbors', 'map', 'training', 'warnings', 'configuration'];

/** What a browser would fetch, or run, that is not in the file. */
function expectSelfContained(page: string): void {
  const urls = [...page.matchAll(/\b(?:src|href|xlink:href|action|poster|srcset)\s*=\s*"([^"]*)"/g)].map(
    ([, url]) => url!,
  );
  const outside = urls.filter((url) => !url.startsWith('data:') && !url.startsWith('#'));
  const { url, code } = rotation.paper;
  expect(new Set(outside)).toEqual(new Set(outside.length > 0 ? [url, code] : []));
  for (const [, url] of page.matchAll(/url\(([^)]*)\)/g)) expect(url).toMatch(/^(data:|#)/);
  expect(page).not.toMatch(/@import|<link|<iframe|<script[^>]+src|fetch\(|XMLHttpRequest|import\(/);
}

describe('the top of the page says whether it was worth it', () => {
  const head = (page: string) => page.slice(page.indexOf('<header'), page.indexOf('</header>'));
  const scores = (at: number, knnAccuracy: number): RunEvent => ({
    ...{ type: 'scores', epoch: at - 1, step: at, scores: { knnAccuracy } },
  });

  it('by the comparisons of an evaluation, with the interval', async () => {
    const comparison = {
      ...{ protocol: 'knn', labels: '1%', metric: 'accuracy', encoder: 'pretrained', against: 'random', seeds: 2 },
      ...{
        difference: 0.1,
        interval: [0.04, 0.16],
        level: 0.95,
        verdict: 'better',
        errors: { seeds: 0.01, samples: 0.01 },
      },
    };
    const page = await report('worth', {
      ...whole,
      evaluation: { format: 2, evaluations: [{ ...measured, comparisons: [comparison] }] },
    });
    expect(head(page)).toMatch(
      /It was worth it: with 1% of the labels \(12\) .* random initialization by 10.0 points \(4.0 to 16.0\)/,
    );
  });

  it('by nearest neighbors before and after training where nothing was evaluated, and not at all without both', async () => {
    const events = [start, scores(0, 0.41), step(1, 1), scores(40, 0.63), end('finished', 40)];
    expect(head(await report('gain', { events }))).toContain(
      '63.0\u00a0% of the labels after training, 41.0\u00a0% before it',
    );
    expect(head(await report('no-gain', { events: events.slice(0, 3) }))).not.toContain('of the labels after training');
  });
});

describe('a whole run', () => {
  let page: string;
  beforeAll(async () => {
    page = await report('whole', whole);
  });

  it('is one file that needs no other', () => {
    expectSelfContained(page);
  });

  it('has every section, reachable and in order, and none says that something is missing', () => {
    const ids = [...page.matchAll(/<section id="([^"]*)"/g)].map(([, id]) => id);
    expect(ids).toEqual(SECTIONS);
    for (const id of SECTIONS) expect(page).toContain(`<a href="#${id}">`);
    expect(page).not.toContain('class="missing"');
  });

  it('says what was done, on what, how it ended and what it cost', () => {
    const head = page.slice(page.indexOf('<header'), page.indexOf('</header>'));
    for (const text of [
      'RotNet',
      rotation.summary,
      rotation.paper.url,
      '1,200 images, 28 x 28, gray',
      '3 files skipped',
      '0123456789ab',
      'resnet18',
      '1,234,567 parameters',
      '2\u00a0min 02\u00a0s',
      '640 samples/s',
      '40 of 40 steps, epoch 1 of 2',
      '1.1\u00a0GB peak memory',
      'finished',
      'resumed at step 20',
      '1 warning',
      'The recipe for small samples',
      'Fitted to the machine and the data: epochs, batch size',
      'Given: seed',
      'about 12 min 5 s: 2 epochs at 640 images/s',
    ])
      expect(head).toContain(text);
  });

  it('counts the steps that no event of their own records', async () => {
    const long = { ...start, totalSteps: 10_000 };
    const epoch: RunEvent = { type: 'epoch', epoch: 1, step: 10_000, loss: 1, metrics: {}, seconds: 60 };
    const events = [long, step(4996, 1), step(9996, 1), epoch, end('finished', 10_000)];
    expect(await report('long', { events })).toContain('10,000 of 10,000 steps, epoch 2 of 2');
  });

  it('shows curves of the loss, the metrics, the learning rate, the spread with its collapse line, and the speed', () => {
    for (const title of ['Loss', 'Accuracy', 'Learning rate', 'Feature spread', 'Throughput'])
      expect(page).toContain(`<figcaption><b>${title}</b>`);
    expect(page).toContain('collapsed below 0.01');
  });

  it('shows the answers of the untrained network beside the newest ones, with their scores', () => {
    expect(page.match(/class="stages" style="--n:2">/g)).toHaveLength(1);
    expect(page).toContain('<figcaption>Untrained network<span>0 of 2 right, chance 25 %</span></figcaption>');
    expect(page).toContain('<figcaption>After 40 steps<span>1 of 2 right, chance 25 %</span></figcaption>');
    expect(page).not.toContain('After 20 steps');
    expect(page).toContain('<li class="wrong"><img src="data:image/png;base64,');
    expect(page).toContain('alt="90°, says 0° (wrong)"');
    expect(page).toMatch(/<li class="right">.*✓.*90°, says 40°/s);
    expect(page).toMatch(/<p>&lt;\/script&gt;.*?<\/p><span><i aria-hidden="true">✗/);
  });

  it('shows neighbors, map and evaluation with their figures', () => {
    expect(page).toContain('75.0\u00a0% of the 2 nearest neighbors share the class');
    expect(page.match(/<circle cx=/g)).toHaveLength(3);
    expect(page).toContain('3 of 900 images of photos');
    expect(page).toContain('without a label');
    expect(page).toContain('80.0\u00a0%');
    expect(page).not.toMatch(/loses to|behind no baseline|<td[^>]*><b>/);
  });

  it('lets no name of the data become markup', () => {
    expect(page).not.toContain('<img src=x');
    expect(page).toContain('&lt;img src=x onerror=');
    // The two scripts of the page: the data of the map and the page's own.
    expect(page.match(/<script/g)).toHaveLength(2);
    expect(page.match(/<\/script>/g)).toHaveLength(2);
    const data = page.match(/id="map-data">(.*?)<\/script>/s)![1]!;
    expect(JSON.parse(data).ids[1]).toBe(HOSTILE);
  });

  it('gives every image an alternative text and every drawing a name', () => {
    for (const [, attributes] of page.matchAll(/<img ([^>]*)>/g)) expect(attributes).toMatch(/\balt="[^"]+"/);
    for (const [, attributes] of page.matchAll(/<svg ([^>]*)>/g)) expect(attributes).toMatch(/aria-label="[^"]+"/);
  });
});

describe('a run that has only begun', () => {
  it('leaves a sentence for every missing part', async () => {
    const page = await report('bare');
    expectSelfContained(page);
    expect([...page.matchAll(/<section id="([^"]*)"/g)].map(([, id]) => id)).toEqual(SECTIONS);
    for (const text of [
      'not started',
      'No training step has been recorded yet.',
      'No previews of the pretext task have been saved yet.',
      'The features have not been gathered yet',
      'The encoder has not been evaluated yet.',
      'The run gave no warnings.',
    ])
      expect(page).toContain(text);
  });

  it('draws a single step and says that the run goes on', async () => {
    const page = await report('one-step', { events: [start, step(1, 1.4)] });
    expect(page).toContain('running or interrupted');
    expect(page).toContain('1.4 at step 1, the only value');
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('shows the one preview there is once', async () => {
    const page = await report('one-preview', { events: [start], previews: true });
    expect(page.match(/<figcaption>(Untrained|After)/g)).toHaveLength(1);
  });
});

describe('a run that went back to an earlier step', () => {
  it('does not show the previews of the branch that was given up', async () => {
    const page = await report('rewound', { events: [start, step(20, 1)], previews: true });
    expect(page).toContain('After 20 steps');
    expect(page).not.toContain('After 40 steps');
  });
});

describe('a run that was trained further', () => {
  it('says which features are not those of the present encoder', async () => {
    const of = async (step: number, checkpoints: number[]) =>
      report(`further-${step}-${checkpoints.length}`, { embedding: { ...embedding, step }, checkpoints });
    expect(await of(20, [20, 40])).toContain('These are features of step 20; the encoder stands at step 40 now.');
    expect(await of(40, [20, 40])).not.toContain('These are features of step');
    expect(await of(20, [])).not.toContain('These are features of step');
  });
});

describe('a run of an earlier version', () => {
  it('is shown with its contact sheets, square images and all', async () => {
    const folder = join(root, 'earlier');
    const sheet = await toPng({ width: 900, height: 10, data: new Uint8Array(27_000) });
    put(join(folder, 'previews', 'step-0.png'), sheet);
    const list = [{ step: 0, title: 'Which way?', explanation: 'Each image is turned.', file: 'step-0.png' }];
    put(join(folder, 'previews', 'previews.json'), JSON.stringify(list));
    const { samples: _, ...data } = config.data;
    const earlier = { channels: 1, imageSize: 28, mean: [0.3], std: [0.3] };
    const { plan: __, ...rest } = config;
    put(join(folder, 'config.json'), JSON.stringify({ ...rest, format: 1, data: { ...data, ...earlier } }));
    const page = readFileSync(await writeReport(folder), 'utf8');
    expect(page).toMatch(/<li class="sheet"><img src="data:image\/webp;base64,[^>]*alt="a picture">/);
    expect(page).toContain('1,200 images, 28 x 28, gray');
    expect(page).not.toContain('<dt>Plan</dt>');
  });
});

describe('a run that went wrong', () => {
  it('shows a loss that became NaN', async () => {
    const events = [start, step(1, 1.4), step(2, 1.3), step(3, Number.NaN), end('diverged', 3)];
    const page = await report('diverged', { events });
    expect(page).toContain('diverged at step 3');
    expect(page).toContain('1 of 3 values are not finite');
  });

  it('passes over files that were cut off, and over methods that it does not know', async () => {
    await report('cut', { ...whole, config: { method: 'no-such-method' } });
    const folder = join(root, 'cut');
    for (const file of ['embedding.json', 'evaluation.json', 'previews/step-000000040.json']) {
      const text = readFileSync(join(folder, file), 'utf8');
      writeFileSync(join(folder, file), text.slice(0, text.length / 2));
    }
    const page = readFileSync(await writeReport(folder), 'utf8');
    expect(page).toContain('no-such-method');
    expect(page.match(/class="missing"/g)).toHaveLength(4);
    expect(page).toContain('Could not be read: step-000000040.json.');
    expect(page).toContain('After 20 steps');
  });

  it('says what it does not know of data of another kind', async () => {
    const samples = { modality: 'smell' };
    const page = await report('smell', { config: { data: { ...config.data, samples } } });
    expect(page).toContain('1,200 samples of the kind smell');
  });

  it('says that parts of one are left out of the neighbors', async () => {
    const sentence = 'Parts of the same video, recording or text are left out.';
    expect(await report('parts', { embedding: { ...embedding, hasParts: true } })).toContain(sentence);
    expect(await report('whole', { embedding: { ...embedding, hasParts: false } })).not.toContain(sentence);
  });

  it('shows data without labels in one color', async () => {
    const bare = { ...embedding, labels: null, classes: null, agreement: null };
    const page = await report('unlabeled', { embedding: bare });
    expect(page).toContain('The data have no labels.');
    expect(page).not.toContain('class="legend"');
    expect(page).not.toContain('share the class');
  });

  it('refuses a folder that holds no run', async () => {
    await expect(writeReport(join(root, 'nothing'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
