import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tensor } from '../../engine/index.js';
import { summarize } from '../../evaluate/result.js';
import { rotation } from '../../methods/image/geometric/rotation.js';
import { fromRecipe } from '../../train/config.js';
import { renderPreview } from '../../train/picture.js';
import type { RunConfig, RunEvent } from '../../train/run-folder.js';
import type { Embedding } from './gather.js';
import { writeReport } from './report.js';

const HOSTILE = `</script><img src=x onerror="alert('1')">`;
const PIXEL = 'data:image/webp;base64,UklGRhIAAABXRUJQVlA4TAYAAAAvAAAAAAfQ//73v/+BiOh/AAA=';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'autodidact-report-'));
});
afterAll(() => rmSync(root, { recursive: true }));

const config: RunConfig = {
  format: 1,
  method: 'rotation',
  options: {},
  training: fromRecipe(rotation.recipes.small),
  data: {
    count: 1200,
    channels: 1,
    imageSize: 28,
    mean: [0.3],
    std: [0.3],
    spec: 'photos',
    split: 'train',
    name: `photos ${HOSTILE}`,
    fingerprint: '0123456789abcdef',
    skipped: 3,
    limit: null,
    asked: { size: null, channels: 'auto' },
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
  if (parts.previews) {
    const texts = { title: `Which way ${HOSTILE}`, explanation: 'Each image is turned.' };
    const tile = { image: tensor([[[0, 1]]]), caption: '90°, says 0°', isCorrect: false };
    for (const at of [0, 20, 40]) write(`previews/p${at}.png`, await renderPreview({ ...texts, rows: [[tile]] }));
    write(
      'previews/previews.json',
      JSON.stringify([0, 20, 40].map((at) => ({ step: at, ...texts, file: `p${at}.png` }))),
    );
  }
  const path = await writeReport(folder);
  expect(path).toBe(join(folder, 'report.html'));
  return readFileSync(path, 'utf8');
}

const embedding: Embedding = {
  format: 1,
  dataset: 'photos',
  total: 900,
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
  pictures: { 0: PIXEL, 1: PIXEL, 2: PIXEL },
  agreement: { share: 0.75, chance: 0.5, k: 2 },
};

const rows = (['pretrained', 'random'] as const).map((encoder, i) => ({
  ...{ encoder, protocol: 'knn' as const, labels: '1%', labelCount: 12, seed: 0, score: 0.8 - 0.3 * i, details: {} },
}));
const evaluation = {
  rows,
  summary: summarize(rows),
  chance: 0.5,
  testCount: 100,
  classes: ['a', 'b'],
  layer: null,
  seconds: 1,
};

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
  ...{ embedding, evaluation, previews: true },
};

const SECTIONS = ['training', 'pretext', 'neighbors', 'map', 'evaluation', 'warnings', 'configuration'];

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
      '1.0\u00a0GiB peak memory',
      'finished',
      'resumed at step 20',
      '1 warning',
    ])
      expect(head).toContain(text);
  });

  it('shows curves of the loss, the metrics, the learning rate, the spread with its collapse line, and the speed', () => {
    for (const title of ['Loss', 'Accuracy', 'Learning rate', 'Feature spread', 'Throughput'])
      expect(page).toContain(`<figcaption><b>${title}</b>`);
    expect(page).toContain('collapsed below 0.01');
  });

  it('shows the first and the last pictures, with their words', () => {
    expect(page.match(/class="pretext">/g)).toHaveLength(1);
    expect(page).toContain('<figcaption>Before training</figcaption>');
    expect(page).toContain('<figcaption>After 40 steps</figcaption>');
    expect(page).not.toContain('After 20 steps');
    expect(page).toContain('Row 1: 90°, says 0° (wrong).');
  });

  it('shows neighbors, map and evaluation with their figures', () => {
    expect(page).toContain('75.0\u00a0% of the 2 nearest neighbors share the class');
    expect(page.match(/<circle cx=/g)).toHaveLength(3);
    expect(page).toContain('3 of 900 images of photos');
    expect(page).toContain('without a label');
    expect(page).toContain('80.0\u00a0%');
    expect(page).toContain('behind no baseline');
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
      'No pictures of the pretext task have been saved yet.',
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

  it('shows the one picture there is once', async () => {
    const page = await report('one-picture', { previews: true });
    const folder = join(root, 'one-picture');
    for (const at of [20, 40]) rmSync(join(folder, 'previews', `p${at}.png`));
    const again = readFileSync(await writeReport(folder), 'utf8');
    expect(page.match(/<figcaption>(Before|After)/g)).toHaveLength(2);
    expect(again.match(/<figcaption>(Before|After)/g)).toHaveLength(1);
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
    for (const file of ['embedding.json', 'evaluation.json', 'previews/previews.json']) {
      const text = readFileSync(join(folder, file), 'utf8');
      writeFileSync(join(folder, file), text.slice(0, text.length / 2));
    }
    const page = readFileSync(await writeReport(folder), 'utf8');
    expect(page).toContain('no-such-method');
    expect(page.match(/class="missing"/g)).toHaveLength(4);
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
