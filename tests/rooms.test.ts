import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const source = fileURLToPath(new URL('../src', import.meta.url));

/** The rooms from the ground up; a file may import from its own room and from earlier ones. */
const ROOMS = [
  'errors',
  'files',
  'options',
  'format',
  'job',
  'engine',
  'data',
  'augment',
  'backbones',
  'modalities',
  'methods',
  'version',
  'train',
  'evaluate',
  'compare',
  'pretrain',
  'export',
  'cli',
  'index',
];

const roomOf = (file: string): string => relative(source, file).split('/')[0]!.replace(/\.ts$/, '');

it('lets every room import only from rooms above it', () => {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !/\.test(-util)?\.ts$/.test(name))
    .map((name) => join(source, name));
  expect(files.length).toBeGreaterThan(50);
  let imports = 0;
  const wrong: string[] = [];
  for (const file of files) {
    const room = ROOMS.indexOf(roomOf(file));
    expect(room, `the room of ${relative(source, file)}`).toBeGreaterThanOrEqual(0);
    for (const [, path] of readFileSync(file, 'utf8').matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)) {
      const target = resolve(dirname(file), path!);
      // The finder of libtorch is plain JavaScript outside src, shared with the set-up that runs before any build.
      if (!target.startsWith(source)) {
        expect(target).toMatch(/native\/find-libtorch\.mjs$/);
        continue;
      }
      imports++;
      if (ROOMS.indexOf(roomOf(target)) > room)
        wrong.push(`${relative(source, file)} imports ${relative(source, target)}`);
    }
  }
  expect(imports).toBeGreaterThan(100);
  expect(wrong).toEqual([]);
});

it('asks nowhere but in modalities, data and methods which kind of data it has', () => {
  const rooms = ['train', 'evaluate', 'compare', 'pretrain', 'export', 'cli'];
  const asks = /modality\s*[!=]==?|[!=]==?\s*'(image|sound|pair|clip|tokens)'|case '(image|sound|pair|clip|tokens)'/;
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !/\.test(-util)?\.ts$/.test(name) && rooms.includes(roomOf(join(source, name))),
  );
  expect(files.length).toBeGreaterThan(40);
  expect(files.filter((name) => asks.test(readFileSync(join(source, name), 'utf8')))).toEqual([]);
  expect(asks.test("if (spec.modality === 'sound')")).toBe(true);
});
