import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { put, temporaryFolder } from '../../tests/data-files.js';
import { MemoryDataset } from '../../tests/support/memory-dataset.js';
import { PixelBackbone } from '../../tests/support/pixel-backbone.js';
import { rawPng } from '../data/image-files.test-util.js';
import type { ImageSpec } from '../data/index.js';
import { manualSeed, memory, ops, randomState, scope, type Tensor, tensor } from '../engine/index.js';
import { imageSpec } from '../methods/make.test-util.js';
import { type Batch, Method, type Outcome, type Preview } from '../methods/method.js';
import { type Pixels, toPixels, toPng } from './pixels.js';
import { previewData } from './preview-data.js';
import { type PictureFile, readPicture, readPreviews, readStepPreviews, writePreviews } from './preview-files.js';
import { previewOf, showPretext } from './previews.js';
import { RunFolder } from './run-folder.js';

const at = temporaryFolder();
let runs = 0;
let folder: RunFolder;
beforeEach(() => {
  const path = at(`run-${runs++}`);
  put(`${path}/config.json`, '{}');
  mkdirSync(`${path}/previews`);
  folder = RunFolder.open(path);
});

const image = (value: number) => tensor([[[value, value]]]);
const preview = (rows: Preview['rows'], changes: Partial<Preview> = {}): Preview => ({
  ...{ title: 'Which way is up?', explanation: 'Each image is turned.', rows },
  ...changes,
});

describe('previewData', () => {
  it('counts the marked answers and keeps captions, texts and pixels', () => {
    const rows = [
      [
        { image: image(1), caption: 'image' },
        { text: 'so it goes', isCorrect: true },
      ],
      [
        { image: image(0), isCorrect: false },
        { text: '', isCorrect: false },
      ],
    ];
    expect(previewData(preview(rows, { chance: 0.25 }))).toEqual({
      title: 'Which way is up?',
      explanation: 'Each image is turned.',
      chance: 0.25,
      right: { count: 1, of: 3 },
      rows: [
        [
          { caption: 'image', isCorrect: null, shown: { kind: 'picture', ...toPixels(image(1)) } },
          { caption: null, isCorrect: true, shown: { kind: 'text', text: 'so it goes' } },
        ],
        [
          { caption: null, isCorrect: false, shown: { kind: 'picture', ...toPixels(image(0)) } },
          { caption: null, isCorrect: false, shown: { kind: 'text', text: '' } },
        ],
      ],
    });
    expect(previewData(preview([[{ image: image(1) }]]))).toMatchObject({ right: null, chance: null });
  });

  it('refuses tiles that are nothing, or two things', () => {
    expect(() => previewData(preview([[{ caption: 'x' }]]))).toThrow('received "neither"');
    expect(() => previewData(preview([[{ image: image(1), text: 'x' }]]))).toThrow('received "both"');
  });
});

describe('saved previews', () => {
  const data = (...values: number[]) => [
    previewData(preview([values.map((value) => ({ image: image(value), caption: String(value) }))], { chance: 0.5 })),
  ];
  const pictures = (step: string) => readdirSync(folder.file('previews', step));

  it('come back as they were, with every picture in one file', async () => {
    const previews = data(0, 0.2, 0, 0, 0.2);
    expect(await writePreviews(folder, { step: 40, isTrained: true, previews })).toBe('step-000000040.json');
    expect(pictures('step-000000040')).toHaveLength(2);
    const [saved] = await readPreviews(folder);
    expect(saved).toEqual(readStepPreviews(folder, 40));
    expect(saved).toMatchObject({ step: 40, isTrained: true, previews: [{ chance: 0.5, right: null }] });
    const files = saved!.previews[0]!.rows[0]!.map(({ shown }) => (shown.kind === 'picture' ? shown : null)!);
    expect(files.map(({ width, height }) => [width, height])).toEqual(Array(5).fill([2, 1]));
    expect([files[2], files[3], files[4]]).toEqual([files[0], files[0], files[1]]);
    const expected = await toPng(previews[0]!.rows[0]![1]!.shown as unknown as Pixels);
    expect(readFileSync(folder.file('previews', files[1]!.file)).equals(expected)).toBe(true);
  });

  it('replace those of the same step, with the pictures that nothing shows any more', async () => {
    await writePreviews(folder, { step: 3, isTrained: true, previews: data(0, 0.2) });
    const before = new Set(pictures('step-000000003'));
    await writePreviews(folder, { step: 3, isTrained: true, previews: data(0.2, 0.4, 0.6) });
    const after = pictures('step-000000003');
    expect(after).toHaveLength(3);
    expect(after.filter((file) => before.has(file))).toHaveLength(1);
    expect(await readPreviews(folder)).toHaveLength(1);
  });

  it('are read in the order of their steps; what is damaged is named and left out', async () => {
    for (const step of [1000, 0, 20])
      await writePreviews(folder, { step, isTrained: step > 0, previews: data(step / 1e4) });
    const path = folder.file('previews', 'step-000000020.json');
    const whole = readFileSync(path, 'utf8');
    const outside = whole.replace(/"file":"[^"]*"/, '"file":"../../secret.png"');
    expect(outside).not.toBe(whole);
    for (const text of [whole.slice(0, 40), outside, whole.replace('"chance":0.5', '"chance":5'), '[]']) {
      writeFileSync(path, text);
      const damaged: string[] = [];
      expect((await readPreviews(folder, (file) => damaged.push(file))).map(({ step }) => step)).toEqual([0, 1000]);
      expect(damaged).toEqual(['step-000000020.json']);
      expect(readStepPreviews(folder, 20)).toBeNull();
    }
  });

  it('have pictures that are refused when they are cut, replaced or announce another size', async () => {
    await writePreviews(folder, { step: 3, isTrained: true, previews: data(0.2, 0.4) });
    const [first, second] = (await readPreviews(folder))[0]!.previews[0]!.rows[0]!.map(
      ({ shown }) => shown as unknown as PictureFile,
    ) as [PictureFile, PictureFile];
    const path = folder.file('previews', first.file);
    const whole = readFileSync(path);
    expect((await readPicture(folder, first)).pixels).toMatchObject({ width: 2, height: 1 });
    await expect(readPicture(folder, { ...first, width: 3 })).rejects.toThrow('it has 2 x 1 pixels instead of 3 x 1');
    const cases: [string | Uint8Array, RegExp][] = [
      [whole.subarray(0, 40), /damaged/],
      ['', /no image/],
      [readFileSync(folder.file('previews', second.file)), /it is another picture than was saved/],
      [rawPng({ width: 30_000, height: 30_000, channels: 1, bits: 1, share: 0.001 }), /above the limit/],
    ];
    for (const [bytes, reason] of cases) {
      writeFileSync(path, bytes);
      await expect(readPicture(folder, first)).rejects.toMatchObject({
        code: 'DATA',
        message: expect.stringMatching(reason),
      });
    }
    rmSync(path);
    await expect(readPicture(folder, first)).rejects.toMatchObject({ code: 'DATA' });
  });

  it('are none where nothing was saved', async () => {
    rmSync(folder.file('previews'), { recursive: true });
    expect(await readPreviews(folder)).toEqual([]);
  });

  it('of earlier versions are shown as their contact sheets', async () => {
    const sheet = await toPng({ width: 30, height: 20, data: new Uint8Array(1800) });
    const list = [0, 40].flatMap((step) =>
      [0, 1].map((i) => ({ step, title: `T${i}`, explanation: 'E.', file: `step-${step}-${i}.png` })),
    );
    for (const { file } of list) put(folder.file('previews', file), sheet);
    writeFileSync(folder.file('previews', 'previews.json'), JSON.stringify(list));
    const saved = await readPreviews(folder);
    const shown = { kind: 'picture', file: 'step-40-1.png', width: 30, height: 20 };
    expect(saved.map(({ step, isTrained, previews }) => [step, isTrained, previews.length])).toEqual([
      [0, false, 2],
      [40, true, 2],
    ]);
    expect(saved[1]!.previews[1]).toEqual({
      ...{ title: 'T1', explanation: 'E.', chance: null, right: null },
      rows: [[{ caption: null, isCorrect: null, shown }]],
    });

    rmSync(folder.file('previews', 'step-40-0.png'));
    await writePreviews(folder, { step: 60, isTrained: true, previews: data(1) });
    const damaged: string[] = [];
    const now = await readPreviews(folder, (file) => damaged.push(file));
    expect(now.map(({ step, previews }) => [step, previews.length])).toEqual([
      [0, 2],
      [40, 1],
      [60, 1],
    ]);
    expect(damaged).toEqual(['step-40-0.png']);
  });
});

/** Draws from the default generator where it should not, as dropout that was left on would. */
class Careless extends Method {
  /** Stays in eval mode while the method trains. */
  readonly frozen = new PixelBackbone(3, 8).eval();
  seen: readonly number[] = [];

  constructor() {
    const backbone = new PixelBackbone(3, 8);
    const encoder = { spec, backbone, preparation: {}, prepare: (samples: Tensor) => samples };
    super({ options: {}, spec, encoder });
    this.train();
    this.frozen.eval();
  }

  override views(): Record<string, never> {
    return {};
  }

  override loss(): Outcome {
    return {};
  }

  override preview({ samples, indices }: Batch): Preview[] {
    if (this.isTraining) throw new Error('previews are made in eval mode');
    this.seen = indices;
    const noise = ops.rand([3, 8, 8]);
    return [preview([[{ image: noise }, { image: samples.select(0, 0).to('float32').div(255) }, { text: 'so' }]])];
  }
}

const spec = imageSpec(8);
const dataset = new MemoryDataset<ImageSpec>({
  ...{ spec, count: 50 },
  make: (positions) => ops.full([positions.length, 3, 8, 8], 102, { dtype: 'uint8' }),
});

describe('previews during training', () => {
  it('leave random numbers, modes and memory as they were', async () => {
    const method = new Careless();
    manualSeed(3);
    const state = () => scope(() => createHash('sha256').update(randomState('cpu').toBytes()).digest('hex'));
    const before = { state: state(), tensors: memory().tensors };
    const names = await showPretext(folder, method as never, dataset, 'cpu', 20);
    expect(names).toEqual(['step-000000020.json']);
    expect({ state: state(), tensors: memory().tensors }).toEqual(before);
    expect([method.isTraining, method.backbone.isTraining, method.frozen.isTraining]).toEqual([true, true, false]);
    expect(readdirSync(folder.file('previews', 'step-000000020'))).toHaveLength(2);
    // The control: the same preview without the restoration moves the generator.
    method.eval().preview({ samples: dataset.collate([0]), indices: [0] });
    expect(state()).not.toBe(before.state);
  });

  it('show no sample twice, and samples of several classes that come in turn', () => {
    const method = new Careless();
    const shown = (count: number): readonly number[] => {
      const make = (positions: readonly number[]) => ops.full([positions.length, 3, 8, 8], 102, { dtype: 'uint8' });
      for (const { image } of previewOf(
        method as never,
        new MemoryDataset<ImageSpec>({ spec, count, make }),
        'cpu',
      ).flatMap(({ rows }) => rows.flat()))
        image?.dispose();
      return method.seen;
    };
    for (let count = 1; count <= 40; count++) {
      const seen = shown(count);
      expect([count, new Set(seen).size]).toEqual([count, Math.min(8, count)]);
      expect([...seen].sort((a, b) => a - b)).toEqual(seen);
    }
    expect(new Set(shown(80).map((i) => i % 10)).size).toBeGreaterThan(4);
  });

  it('show the same samples each time, spread over the data, and say whether the network was trained', async () => {
    const method = new Careless();
    await showPretext(folder, method as never, dataset, 'cpu', 0);
    const { seen } = method;
    expect([new Set(seen).size, Math.min(...seen) < 7, Math.max(...seen) > 42]).toEqual([8, true, true]);
    await showPretext(folder, method as never, dataset, 'cpu', 1);
    expect(method.seen).toEqual(seen);
    expect((await readPreviews(folder)).map(({ isTrained }) => isTrained)).toEqual([false, true]);
  });
});
