/** The program as a person runs it. One file, since its parts share the runs that the first of them made. */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CompareResult } from '../src/compare/result.js';
import { encodeMask, VOC_PALETTE } from '../src/data/mask-file.js';
import { ensureFfmpeg } from '../src/data/video/ffmpeg.js';
import { makeVideo } from '../src/data/video/videos.test-util.js';
import type { EvaluationResult } from '../src/evaluate/result.js';
import { methods } from '../src/methods/registry.js';
import { Cli, type Ended, MAIN, writePhotos } from './support/cli.js';

const cli = new Cli(mkdtempSync(join(tmpdir(), 'autodidact-cli-')));
/** The smallest run: 40 images, a narrow network, one epoch. */
const tiny = ['--data', 'photos', '--width', '4', '--epochs', '1'];

let first: Ended;

beforeAll(async () => {
  await writePhotos(cli.path('photos'));
  first = await cli.run(['pretrain', 'rotation', ...tiny, '--out', 'runs/a', '--json']);
}, 60_000);
afterAll(() => rmSync(cli.folder, { recursive: true, force: true }));

describe('the path from images to a report', () => {
  it('pretrains, and says what it chose', () => {
    const { code, stdout, stderr } = first;
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('photos: 40 images of 16 x 16, color, 2 classes');
    expect(stderr).toContain("40 images do not fill the recipe's batch of 128: taking 32");
    expect(stderr).toMatch(/^epoch 1 of 1, loss [\d.]+, accuracy [\d.]+, .* images\/s/m);
    const summary = JSON.parse(stdout);
    expect(summary).toEqual({
      run: 'runs/a',
      method: 'rotation',
      reason: 'finished',
      step: 1,
      seconds: expect.any(Number),
      loss: expect.any(Number),
      metrics: expect.objectContaining({ accuracy: expect.any(Number) }),
      report: 'runs/a/report.html',
    });
    const config = JSON.parse(readFileSync(cli.path('runs/a/config.json'), 'utf8'));
    expect(config.data).toMatchObject({
      spec: cli.path('photos'),
      split: 'train',
      count: 40,
      samples: { modality: 'image', height: 16 },
    });
    expect(config.training).toMatchObject({ batchSize: 32, learningRate: 0.025, width: 4 });
    expect(readdirSync(cli.path('runs/a')).sort()).toEqual(
      expect.arrayContaining(['checkpoints', 'encoder.safetensors', 'events.jsonl', 'previews', 'report.html']),
    );
    expect(cli.leftovers()).toEqual([]);
  });

  it('evaluates beside both baselines', async () => {
    const words = ['--protocol', 'knn,linear', '--labels', '100%,4/class', '--seeds', '1', '--budget', '2'];
    type Printed = EvaluationResult & { run: string; report: string };
    const result = await cli.json<Printed>('evaluate', 'runs/a', ...words);
    const rows = result.rows.map(({ encoder, protocol, labels, seed }) => [encoder, protocol, labels, seed].join(' '));
    expect(rows.sort()).toEqual(
      ['100%', '4/class']
        .flatMap((labels) => [
          `pretrained knn ${labels} 0`,
          `pretrained linear ${labels} 0`,
          `random knn ${labels} 0`,
          `random linear ${labels} 0`,
          `supervised supervised ${labels} 0`,
        ])
        .sort(),
    );
    for (const { value } of result.rows) expect(value >= 0 && value <= 1).toBe(true);
    expect(result).toMatchObject({ run: 'runs/a', testCount: 8, floor: 0.5, classes: ['dark', 'light'] });
    const saved = JSON.parse(readFileSync(cli.path('runs/a/evaluation.json'), 'utf8'));
    expect(saved.evaluations.at(-1).rows).toEqual(result.rows);
    expect(readFileSync(cli.path(result.report), 'utf8')).toContain('4/class');
  });

  it('embeds into both formats', async () => {
    const parquet = ['embed', 'runs/a', '--data', 'photos', '--out', 'out/photos.parquet'];
    expect(await cli.json(...parquet)).toMatchObject({ file: 'out/photos.parquet', count: 40, size: 32 });
    const rows = await parquetReadObjects({ file: await asyncBufferFromFile(cli.path('out/photos.parquet')) });
    expect(rows.length).toBe(40);
    expect(rows[0]).toMatchObject({ id: 'dark/0.png', label: 'dark' });
    expect(rows[0]!.embedding.length).toBe(32);
    const npy = ['embed', 'runs/a', '--data', 'photos/light', '--out', 'out/light.npy', '--limit', '5'];
    expect(await cli.json(...npy, '--layer', 'layer1')).toMatchObject({ count: 5, size: 4, layer: 'layer1' });
    const { ids } = JSON.parse(readFileSync(cli.path('out/light.ids.json'), 'utf8'));
    expect(ids.length).toBe(5);
  });

  it('previews without training and with a run, and writes the report anew', async () => {
    const untrained = ['preview', 'simclr', '--data', 'photos', '--out', 'simclr.png', '--no-use-flip'];
    const { pictures } = await cli.json<{ pictures: string[] }>(...untrained);
    for (const path of pictures) expect(isPng(cli.path(path))).toBe(true);
    const trained = await cli.run(['preview', 'rotation', '--data', 'photos', '--out', 'new/r.png', '--run', 'runs/a']);
    expect([trained.code, trained.stdout]).toEqual([0, 'new/r.png\n']);
    expect(isPng(cli.path('new/r.png'))).toBe(true);

    rmSync(cli.path('runs/a/report.html'));
    expect(await cli.json('report', 'runs/a')).toEqual({ run: 'runs/a', report: 'runs/a/report.html' });
    expect(readFileSync(cli.path('runs/a/report.html'), 'utf8')).toMatch(/^<!doctype html>/i);
  });

  it('compares methods, writes a report, and goes on where it stopped', async () => {
    const asked = [
      'compare',
      '--data',
      'photos',
      '--methods',
      'rotation,autoencoder',
      '--width',
      '4',
      '--out',
      'runs/c',
    ];
    const small = [
      '--budget',
      '1step',
      '--blocks',
      '1',
      '--fresh-blocks',
      '1',
      '--protocol',
      'knn',
      '--baselines',
      'random',
    ];
    const result = await cli.json<CompareResult & { report: string }>(...asked, ...small);
    expect(result).toMatchObject({ folder: 'runs/c', report: 'runs/c/report.html', blocks: 1, data: { testCount: 8 } });
    expect(result.rows.map(({ name }) => name).sort()).toEqual(['autoencoder', 'random', 'rotation']);
    const page = readFileSync(cli.path('runs/c/report.html'), 'utf8');
    for (const text of [result.conclusion[0]!, 'The pretext tasks on your images', 'RotNet', 'data:image/'])
      expect(page).toContain(text);
    const again = await cli.run(['compare', '--resume', 'runs/c']);
    expect(again.code, again.stderr).toBe(0);
    expect(again.stderr).toContain('measured before');
    expect(again.stdout).toContain(result.conclusion[0]!);
    for (const words of [[], ['--resume', 'runs/c', '--blocks', '2'], [...asked.slice(1), '--budget', 'soon']])
      expect((await cli.run(['compare', ...words])).code).toBe(2);
  });

  it('lists the methods, and goes on when the reader leaves', async () => {
    const listed = await cli.json<Record<string, unknown>[]>('methods');
    expect(listed.map(({ name }) => name)).toEqual(methods.map(({ name }) => name));
    const simclr = await cli.json<{ options: object[]; recipes: object }>('methods', 'simclr');
    expect(simclr.options).toContainEqual(
      expect.objectContaining({ name: 'temperature', type: 'number', default: 0.1, smallDefault: 0.5, choices: null }),
    );
    expect(simclr.recipes).toMatchObject({ paper: { batchSize: 4096 }, small: { batchSize: 256 } });
    const piped = spawnSync('bash', [
      '-o',
      'pipefail',
      '-c',
      `"${process.execPath}" "${MAIN}" methods --json | head -c 1`,
    ]);
    expect([piped.status, piped.stdout.toString(), piped.stderr.toString()]).toEqual([0, '[', '']);
  });

  it('inspects data', async () => {
    const summary = await cli.json('data', 'inspect', 'photos');
    expect(summary).toMatchObject({ count: 40, perClass: { dark: 20, light: 20 }, unlabeled: 0 });
    expect(await cli.json<object[]>('data', 'list')).toContainEqual(expect.objectContaining({ name: 'fashion-mnist' }));
  });

  it('inspects objects: how many of each class, and of how many samples', async () => {
    const { stdout } = await cli.run(['data', 'inspect', 'synthetic:scenes?count=6&test=2&size=32']);
    expect(stdout).toMatch(/^boxes +of 8 of 8 samples; objects \d+.*; \w+ \d+/m);
    expect(stdout).toMatch(/^masks +of 8 of 8 samples; background, /m);
    expect(stdout).toMatch(/^labels +of 8 of 8 samples; /m);
    const tags = cli.path('tags.csv');
    writeFileSync(tags, 'id,labels\nlight/0.png,bright; small\n');
    const labeled = await cli.run(['data', 'inspect', 'photos', '--label-file', tags]);
    expect(labeled.stdout).toMatch(/^classes +2: dark 20, light 20$/m);
    expect(labeled.stdout).toMatch(/^labels +of 1 of 40 samples; bright 1, small 1$/m);
  });

  it('inspects videos in the clips that are asked for, and says when FFmpeg is missing', async () => {
    const sprites = 'synthetic:sprites?count=3&test=1&size=16&frames=9';
    const summary = await cli.json('data', 'inspect', sprites, '--frames', '4', '--fps', '5');
    expect(summary).toMatchObject({ count: 4, spec: { modality: 'clip', frames: 4, fps: 5 }, partial: [] });
    mkdirSync(cli.path('films'));
    writeFileSync(cli.path('films/a.mp4'), 'a film');
    const { code, stderr } = await cli.run(['data', 'inspect', 'films'], { FFMPEG: cli.path('nowhere') });
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^autodidact: FFMPEG names no usable program: .*no such program/),
    ]);
  });
});

describe('things followed through videos', () => {
  const env = async () => ({ FFMPEG: (await ensureFfmpeg()).path });
  const size = { width: 32, height: 16 };
  const isObject = (t: number, x: number, y: number) => x >= 4 + t && x < 12 + t && y >= 4 && y < 12;

  beforeAll(async () => {
    await makeVideo(cli.path('clip.mkv'), { ...size, frames: 4, paint: (t, x, y) => (isObject(t, x, y) ? 200 : 30) });
    const data = Uint8Array.from({ length: 32 * 16 }, (_, i) => (isObject(0, i % 32, Math.floor(i / 32)) ? 2 : 0));
    writeFileSync(cli.path('first.png'), encodeMask({ ...size, data }, VOC_PALETTE));
    writeFileSync(cli.path('none.png'), encodeMask({ ...size, data: new Uint8Array(512) }, VOC_PALETTE));
    writeFileSync(cli.path('smooth.png'), encodeMask({ ...size, data: data.map((_, i) => i % 32) }, VOC_PALETTE));
    writeFileSync(
      cli.path('wide.png'),
      encodeMask({ width: 64, height: 16, data: new Uint8Array(1024).fill(1) }, VOC_PALETTE),
    );
  });

  it('writes a mask for every frame, a sheet and an animation', async () => {
    const words = ['propagate', 'runs/a', 'clip.mkv', '--mask', 'first.png', '--rule', 'dino', '--json'];
    const { code, stdout, stderr } = await cli.run(words, await env());
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('1 object in first.png: 2');
    const written = JSON.parse(stdout);
    expect(written).toMatchObject({
      ...{ rule: 'dino', objects: [2], lost: [], frames: 4, output: { height: 16, width: 32 }, layer: 'layer1' },
      ...{ masks: 'clip-masks/masks', times: [0, 0.1, 0.2, 0.3] },
    });
    expect(readdirSync(cli.path('clip-masks')).sort()).toEqual([
      'masks',
      'overlay.webp',
      'propagation.json',
      'sheet.png',
    ]);
    expect(readdirSync(cli.path('clip-masks/masks')).length).toBe(4);
    expect(isPng(cli.path('clip-masks/sheet.png'))).toBe(true);
    const again = await cli.failure('propagate', 'runs/a', 'clip.mkv', '--mask', 'first.png');
    expect(again).toMatchObject({ exit: 2, message: 'The folder clip-masks is not empty. Give another with --out.' });
  });

  it('does the same as track with a mask, from a given time on', async () => {
    const words = ['track', 'runs/a', 'clip.mkv', '--mask', 'first.png', '--from', '0.1', '--to', '0.25', '--json'];
    const { code, stdout, stderr } = await cli.run([...words, '--out', 'tracked', '--layer', 'layer1'], await env());
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ rule: 'crw', objects: [2], layer: 'layer1', times: [0.1, 0.2] });
    expect(readdirSync(cli.path('tracked/masks'))).toEqual(['00000.png', '00001.png']);
    const refused = await cli.failure(...words.slice(0, 5), '--from', '7', '--out', 'later');
    expect(refused).toMatchObject({ exit: 2, message: expect.stringContaining('a time in the video of 0.4 s') });
  });

  it.each([
    ['none.png', 1, 'The mask has no object: every pixel is 0'],
    [
      'wide.png',
      1,
      'Expected a mask with the proportions of the video, 32 x 16, for `--mask`, received "wide.png of 64 x 16"',
    ],
    ['smooth.png', 1, 'it has 31 values, of which 31 are nowhere two pixels wide'],
    ['clip.mkv', 1, 'it is no PNG'],
    ['absent.png', 1, 'no such file'],
  ])('refuses the mask %s', async (mask, exit, message) => {
    const words = ['propagate', 'runs/a', 'clip.mkv', '--mask', mask, '--out', 'refused', '--json'];
    const ended = await cli.run(words, await env());
    expect(ended.code).toBe(exit);
    expect(JSON.parse(ended.stderr.trim().split('\n').at(-1)!).error.message).toContain(message);
    expect(existsSync(cli.path('refused'))).toBe(false);
  });

  it('says of an evaluation that samples which score were taught', async () => {
    const words = ['--test', 'photos', '--protocol', 'knn', '--baselines', 'none', '--seeds', '1'];
    const { notes, testCount } = await cli.json<EvaluationResult>('evaluate', 'runs/a', ...words);
    expect(notes).toContain(
      `40 of the ${testCount} test images are training images as well, which flatters all scores.`,
    );
  });

  it('evaluates runs on images by how well they follow masks and joints', async () => {
    const sprites = 'synthetic:sprites?count=1&test=2&frames=3&size=16';
    const words = ['--task', 'propagate', '--data', sprites, '--seeds', '1', '--protocol', 'crw,dino'];
    const result = await cli.json<EvaluationResult & { report: string }>('evaluate', 'runs/a', ...words);
    expect(result.task).toBe('propagation');
    expect(new Set(result.rows.map(({ encoder }) => encoder))).toEqual(
      new Set(['pretrained', 'random', 'pixels', 'identity']),
    );
    expect(new Set(result.rows.map(({ protocol }) => protocol))).toEqual(
      new Set(['crw at 16 x 16', 'dino at 16 x 16']),
    );
    expect(readFileSync(cli.path(result.report), 'utf8')).toContain('Identity copy');
    const refused = (...more: string[]) => cli.failure('evaluate', 'runs/a', ...more);
    expect(await refused('--task', 'propagation', '--data', 'photos')).toMatchObject({
      ...{ exit: 1, message: expect.stringContaining('Of photos no masks or joints of frames are known') },
    });
    expect(await refused('--task', 'propagation', '--data', sprites, '--labels', '1%')).toMatchObject({ exit: 2 });
    expect(await refused('--size', '32')).toMatchObject({ exit: 2 });
  });
});

describe('wrong usage ends with 2, one sentence and no trace', () => {
  it.each<[string, RegExp]>([
    ['pretrian', /^Unknown command 'pretrian'\. Did you mean pretrain\?$/],
    ['pretrain simclrr --data photos', /^Expected a method for `method`, received "simclrr"\. Did you mean `simclr`\?/],
    ['pretrain --data photos', /^Expected the name of a method first, received --out\. An example: /],
    ['pretrain --data photos simclr --temperature hot', /^Expected a number for `--temperature`, received "hot"\.$/],
    [
      'pretrain --resume runs/a rotation',
      /^Expected either a method or `--resume` for `pretrain`, received "rotation --/,
    ],
    ['pretrain', /^Expected the name of a method first, received none\. An example: /],
    [
      'pretrain --resume runs/a --epochs 3',
      /^Expected nothing beside `--resume` and `--data` for `pretrain`, received "--epochs"/,
    ],
    [
      'pretrain rotation --resume runs/a',
      /^Expected either a method or `--resume` .*: autodidact pretrain --resume runs\/a\.$/,
    ],
    ['pretrain simclr', /^Required option '--data <spec>' not specified\.$/],
    ['pretrain simclr --data photos --lr 0.1', /^Unknown option '--lr'\. Did you mean --learning-rate\?$/],
    ['pretrain simclr --data photos --batchSize=8', /^Unknown option '--batchSize=8'\. Did you mean --batch-size\?$/],
    ['pretrain simclr --data photos --xyz', /^Unknown option '--xyz'\.$/],
    ['pretrain simclr --data photos --tempreture 1', /^Unknown option '--tempreture'\. Did you mean --temperature\?$/],
    ['pretrain simclr --data photos --temperature hot', /^Expected a number for `--temperature`, received "hot"\.$/],
    [
      'pretrain simclr --data photos --projection-size 1.5',
      /^Expected a whole number for `--projection-size`, received 1.5/,
    ],
    [
      'pretrain simclr --data photos --batch-size 0',
      /^Expected a value of at least 1 for `--batch-size`, received 0\.$/,
    ],
    [
      'pretrain simclr --data photos --optimizer adamm',
      /^Expected one of sgd, adam, .* for `--optimizer`, received "adamm"/,
    ],
    ['pretrain simclr --data photos --milestones 0.5,x', /^Expected a number for `--milestones`, received "x"\.$/],
    [
      'pretrain simclr --data photos --split half',
      /^Expected one of train, val, test, all for `--split`, received "half"\.$/,
    ],
    [
      'pretrain simclr --data photos --device abacus',
      /^Expected one of auto, cpu.* for `--device`, received "abacus"\.$/,
    ],
    ['pretrain simclr --data photos --backbone resnet19', /^Expected .*received "resnet19"/],
    [
      'evaluate runs/a --protocol knnn',
      /^Expected one of knn, .* for `--protocol`, received "knnn"\. Did you mean `knn`\?$/,
    ],
    ['evaluate runs/a --labels few', /^Expected a share such as 1% .* for `--labels`, received "few"\.$/],
    ['evaluate runs/a --labels few.csv', /^Expected a share such as 1% .* Give a table of labels with --label-file\.$/],
    ['evaluate runs/a --layer layer9 --baselines none', /^Expected one of .* for `--layer`, received "layer9"/],
    ['embed runs/a --data photos --out photos.csv', /^Expected a file that ends in .parquet or .npy for `--out`/],
    ['preview rotation --data photos --out r.jpg', /^Expected a file that ends in .png for `--out`, received "r.jpg"/],
    ['methods rotatoin', /Did you mean `rotation`\?/],
  ])('%s', async (line, sentence) => {
    const words = line.split(' ');
    const out = words[0] === 'pretrain' && words.includes('--data') ? ['--out', 'runs/wrong'] : [];
    const { exit, code, message } = await cli.failure(...words, ...out);
    expect([exit, code]).toEqual([2, 'USAGE']);
    expect(message).toMatch(sentence);
    expect(existsSync(cli.path('runs/wrong'))).toBe(false);
  });

  it('tells people in one line without JSON', async () => {
    const { code, stdout, stderr } = await cli.run(['methods', 'rotatoin']);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^autodidact: Expected a method for `method`, received "rotatoin"\. Did you mean [^\n]+\n$/);
  });
});

describe('data that do not serve end with 1, one sentence and no trace', () => {
  beforeAll(() => {
    for (const folder of ['empty', 'texts', 'one', 'broken']) mkdirSync(cli.path(folder));
    writeFileSync(cli.path('texts/a.txt'), 'no image');
    writeFileSync(cli.path('broken/a.png'), 'no image either');
    cpSync(cli.path('photos/dark/0.png'), cli.path('one/a.png'));
    writeFileSync(cli.path('pathless.csv'), 'file,label\nphotos/dark/0.png,dark\n');
    writeFileSync(cli.path('labels.csv'), 'id,label\nnowhere/1.png,dark\nnowhere/2.png,light\n');
    writeFileSync(cli.path('manifest.csv'), 'path\nnowhere/1.png\n');
  });

  it.each<[string, string, RegExp]>([
    ['pretrain simclr --data nowhere', 'NOT_FOUND', /^There is no data nowhere: no file or folder of that path/],
    [
      'pretrain gpt --data nowhere',
      'NOT_FOUND',
      /^There is no data nowhere: no file or folder .*text:addresses, .*synthetic:narratives, .*rendered/,
    ],
    ['pretrain gpt --data text:adresses', 'NOT_FOUND', /Did you mean text:addresses\?/],
    ['pretrain simclr --data empty', 'DATA', /^empty holds no images\. /],
    ['pretrain gpt --data empty', 'DATA', /^GPT learns from texts, and none were found in empty\.$/],
    ['pretrain gpt --data photos', 'DATA', /^GPT learns from texts, received images\. /],
    ['pretrain simclr --data texts', 'DATA', /^SimCLR learns from images, received texts\. /],
    ['pretrain simclr --data broken', 'DATA', /^None of the 1 images of broken could be read: a\.png \(.+\)\.$/],
    ['pretrain simclr --data one', 'DATA', /^SimCLR needs at least 2 images, received 1\.$/],
    [
      'pretrain simclr --data photos --batch-size 64',
      'DATA',
      /^Expected at least one batch of 64 images, received 40\. Take/,
    ],
    [
      'pretrain simclr --data pathless.csv',
      'DATA',
      /^pathless\.csv has no column path; its columns are "file", "label"\./,
    ],
    ['pretrain simclr --data manifest.csv', 'DATA', /^manifest\.csv gives no images: none of its files exists/],
    [
      'evaluate runs/a --data photos --label-file labels.csv',
      'DATA',
      /^labels\.csv labels no sample of photos; .*An id looks/,
    ],
    ['evaluate runs/a --data one', 'DATA', /^The training data one has no labels\. /],
    ['evaluate runs/nowhere', 'NOT_FOUND', /^There is no run and no file of weights at runs\/nowhere\.$/],
    ['report photos', 'NOT_FOUND', /^Expected a run folder with a config\.json at photos, found none\. /],
  ])('%s', async (line, expectedCode, sentence) => {
    const words = line.split(' ');
    const { exit, code, message } = await cli.failure(
      ...words,
      ...(words[0] === 'pretrain' ? ['--out', 'runs/wrong'] : []),
    );
    expect(message).toMatch(sentence);
    expect([exit, code]).toEqual([1, expectedCode]);
    expect(existsSync(cli.path('runs/wrong'))).toBe(false);
    expect(cli.leftovers()).toEqual([]);
  });

  it('trains on a single image where the method can', async () => {
    const summary = await cli.json('pretrain', 'rotation', ...tiny.with(1, 'one'), '--out', 'runs/one');
    expect(summary).toMatchObject({ reason: 'finished', step: 1 });
  });
});

describe('runs and outputs that cannot be used end with 1 and leave everything as it was', () => {
  it('refuses damaged and foreign checkpoints', async () => {
    const checkpoint = cli.path('runs/cut/checkpoints/step-000000001.safetensors');
    cpSync(cli.path('runs/a'), cli.path('runs/cut'), { recursive: true });
    truncateSync(checkpoint, 5000);
    const cut = await cli.failure('evaluate', 'runs/cut');
    expect([cut.exit, cut.code]).toEqual([1, 'CHECKPOINT']);
    expect(cut.message).toContain('step-000000001.safetensors');

    cpSync(cli.path('runs/a'), cli.path('runs/foreign'), { recursive: true });
    // Without its checksum: changed on purpose.
    const { checksum: _, ...config } = JSON.parse(readFileSync(cli.path('runs/foreign/config.json'), 'utf8'));
    writeFileSync(cli.path('runs/foreign/config.json'), JSON.stringify({ ...config, method: 'simclr', options: {} }));
    const foreign = await cli.failure('embed', 'runs/foreign', '--data', 'photos', '--out', 'foreign.npy');
    expect([foreign.exit, foreign.code]).toEqual([1, 'CHECKPOINT']);
    expect(foreign.message).toMatch(/^Expected a checkpoint of simclr, received .*, which was written by rotation\.$/);
    expect(existsSync(cli.path('foreign.npy'))).toBe(false);
  });

  it('touches neither a run that exists nor one that is in use', async () => {
    const before = readFileSync(cli.path('runs/a/events.jsonl'), 'utf8');
    const taken = await cli.failure('pretrain', 'simclr', ...tiny, '--out', 'runs/a');
    expect([taken.exit, taken.code]).toEqual([1, 'IO']);
    expect(taken.message).toMatch(/^There is a run at runs\/a already\. Continue it with --resume, or choose another/);

    writeFileSync(cli.path('runs/a/.lock'), String(process.pid));
    const locked = await cli.failure('pretrain', '--resume', 'runs/a');
    rmSync(cli.path('runs/a/.lock'));
    expect([locked.exit, locked.code]).toEqual([1, 'IO']);
    expect(locked.message).toMatch(new RegExp(`^The run at .*runs/a is in use by process ${process.pid}\\. `));
    expect(readFileSync(cli.path('runs/a/events.jsonl'), 'utf8')).toBe(before);
  });

  it('names an output that cannot be written', async () => {
    for (const out of ['/proc/autodidact/run', '/dev/full/run', 'photos/dark/0.png']) {
      const { exit, message } = await cli.failure('pretrain', 'rotation', ...tiny, '--out', out);
      expect([exit, message]).toEqual([1, expect.stringMatching(`^Could not make the run folder ${out}: .+`)]);
    }
    for (const out of ['/proc/autodidact/x.npy', '/dev/full/x.parquet']) {
      const { exit, message } = await cli.failure('embed', 'runs/a', '--data', 'photos', '--out', out);
      expect([exit, message]).toEqual([1, expect.stringMatching(`^Could not make the folder of ${out}: .+`)]);
    }
    const cache = await cli.run(['data', 'inspect', 'photos'], { AUTODIDACT_CACHE: '/proc/autodidact' });
    expect([cache.code, cache.stderr]).toEqual([
      1,
      expect.stringMatching(/^autodidact: Could not create the cache folder/),
    ]);
    expect(isPng(cli.path('photos/dark/0.png'))).toBe(true);
    const full = spawnSync('bash', ['-c', `"${process.execPath}" "${MAIN}" methods > /dev/full`]);
    expect([full.status, full.stderr.toString()]).toEqual([1, expect.stringContaining('the disk is full')]);
  });
});

describe('doctor', () => {
  type Diagnosis = { isOk: boolean; checks: { name: string; status: string; detail: string; fix?: string }[] };

  it('finds what is needed', async () => {
    const { isOk, checks } = await cli.json<Diagnosis>('doctor');
    expect(isOk).toBe(true);
    const names = ['autodidact', 'node', 'compiler', 'python', 'libtorch', 'bridge', 'devices', 'threads', 'bf16'];
    expect(checks.map(({ name }) => name)).toEqual([...names, 'speed', 'images', 'videos', 'data', 'cache']);
    expect(checks.find(({ name }) => name === 'devices')?.detail).toMatch(/^cpu/);
  });

  it('works without libtorch, as does all that needs none, and names the command that mends it', async () => {
    const root = dirname(dirname(dirname(MAIN)));
    const copy = cli.path('copy');
    cpSync(join(root, 'dist'), join(copy, 'dist'), {
      recursive: true,
      filter: (path) => basename(path) !== 'native' && !path.endsWith('.map'),
    });
    cpSync(join(root, 'package.json'), join(copy, 'package.json'));
    cpSync(join(root, 'native'), join(copy, 'native'), { recursive: true });
    for (const name of ['node_modules', 'scripts', 'data']) symlinkSync(join(root, name), join(copy, name));
    const bare = new Cli(cli.folder, join(copy, 'dist', 'cli', 'main.js'));

    const { code, stdout } = await bare.run(['doctor', '--json']);
    const { isOk, checks } = JSON.parse(stdout) as Diagnosis;
    expect([code, isOk]).toEqual([1, false]);
    const bridge = checks.find(({ name }) => name === 'bridge');
    expect(bridge).toMatchObject({ status: 'broken', fix: 'npm run setup' });
    expect(bridge?.detail).toMatch(/^The bridge to libtorch is not built .*Looked for libtorch: LIBTORCH: /);
    const lines = await bare.run(['doctor']);
    expect(lines.stdout).toMatch(/^BROKEN {2}bridge .*\n +mend it with: npm run setup$/m);

    const light = ['--help', '--version', 'help pretrain', 'pretrain simclr --help', 'methods', 'data list'];
    for (const { code, stdout, stderr } of await Promise.all(light.map((line) => bare.run(line.split(' '))))) {
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).not.toBe('');
    }
    const door = `import { methods } from '${join(copy, 'dist', 'index.js')}'; console.log(methods.length)`;
    const imported = spawnSync(process.execPath, ['--input-type=module', '--eval', door]);
    expect([imported.status, imported.stdout.toString()]).toEqual([0, `${methods.length}\n`]);
    const training = await bare.failure('pretrain', 'rotation', ...tiny, '--out', 'runs/bare');
    expect([training.exit, training.code]).toEqual([1, 'ENGINE']);
    expect(training.message).toMatch(/Run `npm run setup` in /);
    expect(existsSync(cli.path('runs/bare'))).toBe(false);
  });
});

function isPng(path: string): boolean {
  return readFileSync(path).subarray(1, 4).toString() === 'PNG';
}
