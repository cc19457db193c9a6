/** The page of examples/browser in Chromium: pictures become features there, and find their neighbors. */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer, { type Browser } from 'puppeteer-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { build, serve } from '../examples/browser/build.mjs';
import { createBackbone } from '../src/backbones/registry.js';
import { openImages } from '../src/data/index.js';
import { manualSeed, noGrad, scope } from '../src/engine/index.js';
import { exportEncoder } from '../src/export/export-encoder.js';
import { relativeDifference } from '../src/export/onnx/check.js';
import { standardizedBy } from '../src/methods/encoders.js';
import { FeatureSearch } from '../src/search/neighbors.js';
import { put, temporaryFolder } from './data-files.js';

const CHROMIUM = [
  process.env.CHROMIUM ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];
const program = CHROMIUM.find((path) => path !== '' && existsSync(path));
const folder = mkdtempSync(join(tmpdir(), 'autodidact-browser-'));
const temporary = temporaryFolder();
const SIDE = 32;
const COUNT = 24;

describe.skipIf(program === undefined)('the page in Chromium (skipped where there is none: set CHROMIUM)', () => {
  let browser: Browser | undefined;
  let close = (): void => {};
  afterAll(async () => {
    await browser?.close();
    close();
    rmSync(folder, { recursive: true, force: true });
  });
  const wanted: { features: Float32Array; rows: number[] } = { features: new Float32Array(), rows: [] };
  const files: string[] = [];
  let address = '';

  beforeAll(async () => {
    const images = await openImages('fashion-mnist', { size: SIDE, channels: 3, limit: COUNT, split: 'train' });
    const batch = images.collate([...Array(COUNT).keys()]);
    manualSeed(0);
    const network = createBackbone('resnet18', { inputChannels: 3, imageSize: SIDE, width: 8 });
    const statistics = { mean: [0.3, 0.4, 0.5], std: [0.3, 0.2, 0.4] };
    const encoder = standardizedBy(network, images.spec, statistics);
    await exportEncoder(encoder, 'folder', join(folder, 'encoder'));
    const features = scope(() => noGrad(() => network.features(encoder.prepare(batch as never))));
    const search = new FeatureSearch(features);
    wanted.rows = search.nearest(features.narrow(0, 5, 1), 8, [5])[0]!.map(({ row }) => row);
    const lengths = features.vectorNorm(2, 1, true);
    wanted.features = features.div(lengths).toTypedArray() as Float32Array;
    mkdirSync(join(folder, 'pictures'));
    const pixels = batch.permute([0, 2, 3, 1]).contiguous().toBytes();
    for (let i = 0; i < COUNT; i++) {
      const path = join(folder, 'pictures', `${String(i).padStart(2, '0')}.png`);
      const raw = pixels.subarray(i * SIDE * SIDE * 3, (i + 1) * SIDE * SIDE * 3);
      await sharp(raw, { raw: { width: SIDE, height: SIDE, channels: 3 } })
        .png()
        .toFile(path);
      files.push(path);
    }
    build(join(folder, 'encoder'), join(folder, 'site'));
    const { server, url } = await serve(join(folder, 'site'));
    close = () => void server.close();
    address = url;
    browser = await puppeteer.launch({ executablePath: program!, args: ['--no-sandbox', '--disable-gpu'] });
  }, 120_000);

  it('gives the features that the encoder gives, finds the same neighbors, and asks no other machine', async () => {
    const page = await browser!.newPage();
    const asked: string[] = [];
    const failures: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    page.on('pageerror', (error) => failures.push(String(error)));
    await page.setViewport({ width: 1200, height: 900 });
    await page.goto(address);
    await page.waitForSelector('#files:not([disabled])', { timeout: 60_000 });
    const [chooser] = await Promise.all([page.waitForFileChooser(), page.click('label.button')]);
    await chooser.accept([...files]);
    await page.waitForFunction(`document.querySelectorAll('#pictures li').length === ${COUNT}`, { timeout: 60_000 });
    const given = (await page.evaluate('pictureSearch.items.map(({ features }) => [...features])')) as number[][];
    expect(relativeDifference(given.flat(), wanted.features)).toBeLessThan(1e-5);
    // The control: the features of the next picture are far off.
    expect(relativeDifference([...given.slice(1), given[0]!].flat(), wanted.features)).toBeGreaterThan(1e-3);
    await page.click('#pictures li:nth-child(6) button');
    const names = (await page.evaluate(
      "[...document.querySelectorAll('#neighbors img')].map((i) => i.alt)",
    )) as string[];
    expect(names).toEqual(wanted.rows.map((row) => `${String(row).padStart(2, '0')}.png`));
    expect(await page.evaluate("document.querySelector('#query-name').textContent")).toBe('05.png');
    if (process.env.SCREENSHOTS) {
      mkdirSync(process.env.SCREENSHOTS, { recursive: true });
      await page.screenshot({ path: join(process.env.SCREENSHOTS, 'wide.png'), fullPage: true });
      await page.setViewport({ width: 390, height: 844 });
      await page.screenshot({ path: join(process.env.SCREENSHOTS, 'narrow.png'), fullPage: true });
    }
    const others = asked.filter(
      (url) => !url.startsWith(address) && !url.startsWith('blob:') && !url.startsWith('data:'),
    );
    expect(others).toEqual([]);
    expect(asked.length).toBeGreaterThan(5);
    expect(failures).toEqual([]);
    await page.close();
  }, 120_000);

  it('says what cannot be read, and keeps the rest', async () => {
    const page = await browser!.newPage();
    await page.goto(address);
    await page.waitForSelector('#files:not([disabled])', { timeout: 60_000 });
    const [chooser] = await Promise.all([page.waitForFileChooser(), page.click('label.button')]);
    await chooser.accept([files[0]!, join(folder, 'encoder', 'config.json')]);
    await page.waitForFunction("document.querySelector('#progress').textContent.includes('cannot be read')", {
      timeout: 60_000,
    });
    expect(await page.evaluate("document.querySelector('#progress').textContent")).toContain(
      'config.json cannot be read',
    );
    expect(await page.evaluate("document.querySelectorAll('#pictures li').length")).toBe(1);
    await page.close();
  }, 120_000);

  it('is served to this machine alone, and nothing beside it', async () => {
    expect((await fetch(`${address}..%2fpictures%2f00.png`)).status).toBe(404);
    expect((await fetch(`${address}encoder/config.json`)).status).toBe(200);
    expect((await fetch(address, { method: 'POST' })).status).toBe(403);
  });
});

it('answers requests that name no path, and goes on', async () => {
  const site = temporary('served');
  put(join(site, 'index.html'), 'here');
  const { server, url } = await serve(site);
  const statusOf = (path: string) =>
    new Promise((done, failed) => {
      const { port } = new URL(url);
      get({ host: '127.0.0.1', port, path }, (answer) => done(answer.resume().statusCode)).on('error', failed);
    });
  try {
    for (const path of ['/%', '/%00', `/${'a'.repeat(5000)}`]) expect(await statusOf(path)).toBe(400);
    expect(await statusOf('//')).toBe(404);
    expect(await statusOf('/')).toBe(200);
  } finally {
    server.close();
  }
});

it.each(['sound', 'clip'])('is refused for an encoder of the kind %s', (modality) => {
  const encoder = temporary(modality);
  put(join(encoder, 'config.json'), JSON.stringify({ autodidact: { samples: { modality } } }));
  put(join(encoder, 'preprocessor_config.json'), '{}');
  put(join(encoder, 'onnx', 'model.onnx'), '');
  expect(() => build(encoder, temporary('site'))).toThrow(`an encoder of the kind ${modality}`);
  expect(existsSync(temporary('site'))).toBe(false);
});

it('is refused for a folder without a model, and for a place with other files', () => {
  mkdirSync(join(folder, 'nothing'), { recursive: true });
  expect(() => build(join(folder, 'nothing'), join(folder, 'site'))).toThrow('has no config.json');
  expect(existsSync(join(folder, 'nothing', 'index.html'))).toBe(false);
});
