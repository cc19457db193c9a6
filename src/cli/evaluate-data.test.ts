import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Opener } from '../compare/open.js';
import { openImages } from '../data/index.js';
import type { LoadedEncoder } from '../train/load-encoder.js';
import type { OtherData } from '../train/run-data.js';
import { openBoth } from './evaluate-data.js';

const folder = mkdtempSync(join(tmpdir(), 'evaluate-data-test-'));
const at = (name: string): string => join(folder, name);
const cacheFolder = at('cache');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Images of one size, each with pixels of its own. */
async function write(...names: string[]): Promise<void> {
  for (const name of names) {
    mkdirSync(dirname(at(name)), { recursive: true });
    const [r = 0, g = 0, b = 0] = Buffer.from(name).subarray(-9);
    await sharp({ create: { width: 8, height: 8, channels: 3, background: { r, g, b } } })
      .png()
      .toFile(at(name));
  }
}

beforeAll(async () => {
  await write('train/1.png', 'train/2.png', 'sorted/a/1.png', 'sorted/b/2.png', 'bare/1.png', 'bare/3.png');
  writeFileSync(at('train.csv'), 'id,label\n1.png,b\n2.png,a\n');
  writeFileSync(at('apart.csv'), 'id,label\n2.png,a\n3.png,b\n');
});

/** An encoder that opens images. */
const loaded = {
  open: ({ spec, split, labels }: OtherData) => openImages(spec!, { split, labels, cacheFolder, size: 8 }),
} as unknown as LoadedEncoder;

const evaluated = (test: string, table: string) =>
  openBoth(
    loaded,
    { data: at('train'), test: at(test), labelFile: at(table) },
    { task: 'classification', limit: undefined },
  );

const compared = async (test: string, table: string) => {
  const source = { data: at('train'), test: at(test), open: { labels: at(table), cacheFolder, size: 8 } };
  const title = { title: 'Of images' } as Parameters<Opener['samplesFor']>[0];
  const { train, test: scored } = await new Opener(source, 'classes', undefined, () => {}).samplesFor(title, 'small');
  return { train, test: scored! };
};

for (const [command, open] of [
  ['evaluate', evaluated],
  ['compare', compared],
] as const) {
  test(`${command} leaves test data the labels that they have`, async () => {
    const { train, test } = await open('sorted', 'train.csv');
    expect([...train.labels!].map((label) => train.classes![label])).toEqual(['b', 'a']);
    expect([...test.labels!].map((label) => test.classes![label])).toEqual(['a', 'b']);
  });

  test(`${command} gives test data without labels those of the table`, async () => {
    const { test } = await open('bare', 'apart.csv');
    expect(test.ids).toEqual(['1.png', '3.png']);
    expect([...test.labels!].map((label) => test.classes![label])).toEqual([undefined, 'b']);
  });

  test(`${command} refuses a table that labels samples of two data sets by one name`, async () => {
    await expect(open('bare', 'train.csv')).rejects.toThrow(/labels 1\.png, which is a sample of train and another/);
    const same = await open('train', 'train.csv');
    expect(same.test.labels).toEqual(same.train.labels);
  });
}
