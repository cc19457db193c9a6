/** Tables that name images, their labels, their depth. */
import { join } from 'node:path';
import { png16 } from '../../../../src/data/image-files.test-util.js';
import { put, putPng, ramp } from '../../../data-files.js';
import { readData, type Subject } from '../subject.js';

const IDS = ['a/1.png', 'a/2.png', 'b/3.png', 'b/4.png'];
const SIDE = 8;
const TABLE = /^table\./;
const FORM = { size: SIDE, channels: 3 } as const;

async function writeImages(folder: string): Promise<void> {
  for (const [start, id] of IDS.entries()) await putPng(join(folder, 'images', id), { start });
}

const csv = (separator: string) => {
  const rows = IDS.map((id, i) => [`images/${id}`, `"class ${i % 2}"`, i < 3 ? 'train' : 'test']);
  return `${[['path', 'label', 'split'], ...rows].map((row) => row.join(separator)).join('\n')}\n`;
};

const lines = (rows: readonly object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

const manifest = (ending: string, text: string): Subject => ({
  name: `manifest ${ending}`,
  weight: 2,
  holds: 'plausible',
  damaged: TABLE,
  async write(folder) {
    await writeImages(folder);
    put(join(folder, `table.${ending}`), text);
  },
  read: (folder) => readData(folder, join(folder, `table.${ending}`), FORM),
});

const labelFile = (ending: string, text: string): Subject => ({
  name: `labels ${ending}`,
  weight: 2,
  holds: 'plausible',
  damaged: TABLE,
  async write(folder) {
    await writeImages(folder);
    put(join(folder, `table.${ending}`), text);
  },
  read: (folder) => readData(folder, join(folder, 'images'), { ...FORM, labels: join(folder, `table.${ending}`) }),
});

const DEPTH = Uint16Array.from(ramp(SIDE * SIDE), (value) => 800 + 10 * value);

/** Color and depth images, named by a table; either image may be damaged. */
const rgbd: Subject = {
  name: 'rgbd',
  weight: 1,
  holds: 'plausible',
  async write(folder) {
    await putPng(join(folder, 'color.png'));
    put(join(folder, 'depth.png'), await png16(DEPTH, { width: SIDE, height: SIDE, channels: 1 }));
    put(join(folder, 'table.csv'), 'path,depth,label\ncolor.png,depth.png,room\n');
  },
  read: (folder) => readData(folder, `rgbd:${join(folder, 'table.csv')}?focal=10&size=${SIDE}`),
};

/** A rendered scene with its geometry, any layer of which may be damaged. */
const rendered: Subject = {
  name: 'rendered',
  weight: 1,
  holds: 'plausible',
  async write(folder) {
    await putPng(join(folder, 'images/1.png'));
    await putPng(join(folder, 'normals/1.png'), { start: 5 });
    await putPng(join(folder, 'contours/1.png'), { channels: 1 });
    put(join(folder, 'depth/1.png'), await png16(DEPTH, { width: SIDE, height: SIDE, channels: 1 }));
  },
  read: (folder) => readData(folder, `rendered:${folder}`),
};

/** Two folders side by side, of which one image is damaged. */
const pair: Subject = {
  name: 'pair',
  weight: 1,
  holds: 'plausible',
  damaged: /^second\/1/,
  async write(folder) {
    for (const side of ['first', 'second'])
      for (const name of ['1.png', '2.png']) await putPng(join(folder, side, name), { start: side.length });
  },
  read: (folder) => readData(folder, `pair:${join(folder, 'first')},${join(folder, 'second')}`, FORM),
};

const rows = IDS.map((path, i) => ({ path: `images/${path}`, label: i % 2, split: i < 3 ? 'train' : 'test' }));
const labels = IDS.map((id, i) => ({ id, label: `class ${i % 2}` }));

export const tableSubjects: readonly Subject[] = [
  manifest('csv', csv(',')),
  manifest('tsv', csv('\t')),
  manifest('jsonl', lines(rows)),
  labelFile('csv', `id,label\n${IDS.map((id, i) => `${id},${i % 2}\n`).join('')}`),
  labelFile('ndjson', lines(labels)),
  rgbd,
  rendered,
  pair,
];
