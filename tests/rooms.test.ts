import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const source = fileURLToPath(new URL('../src', import.meta.url));

/** The rooms from the ground up; a file may import from its own room and from earlier ones. */
const ROOMS = [
  'errors',
  'files',
  'json',
  'options',
  'format',
  'job',
  'engine',
  'data',
  'augment',
  'motion',
  'backbones',
  'networks',
  'modalities',
  'methods',
  'version',
  'train',
  'evaluate',
  'search',
  'compare',
  'pretrain',
  'export',
  'cli',
  'index',
];

const roomOf = (file: string): string => file.split('/')[0]!.replace(/\.ts$/, '');

/** Every relative import of a text: `from`, `import type`, `import()` as an expression or a type, and bare imports. */
function importsOf(text: string): string[] {
  return [...text.matchAll(/(?:\bfrom|\bimport\(|\bimport)\s*['"](\.[^'"]+)['"]/g)].map(([, path]) => path!);
}

/** Every file of src but the tests, with the files that it imports, both relative to src. */
function readImports(): Map<string, string[]> {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !/\.test(-util)?\.ts$/.test(name),
  );
  const targets = (file: string): string[] =>
    importsOf(readFileSync(join(source, file), 'utf8')).map((path) =>
      relative(source, resolve(source, dirname(file), path)).replace(/\.js$/, '.ts'),
    );
  return new Map(files.map((file) => [file, targets(file)]));
}

/**
 * Groups of files that reach each other: the strongly connected components of more than one file, and files that import
 * themselves (Tarjan 1972).
 */
function circlesIn(imports: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const circles: string[][] = [];
  const visit = (file: string): number => {
    order.set(file, order.size);
    lowest.set(file, order.get(file)!);
    open.push(file);
    for (const target of imports.get(file)!) {
      if (!imports.has(target)) continue;
      if (!order.has(target)) lowest.set(file, Math.min(lowest.get(file)!, visit(target)));
      else if (open.includes(target)) lowest.set(file, Math.min(lowest.get(file)!, order.get(target)!));
    }
    if (lowest.get(file) === order.get(file)) {
      const group = open.splice(open.indexOf(file));
      if (group.length > 1 || imports.get(file)!.includes(file)) circles.push(group.sort());
    }
    return lowest.get(file)!;
  };
  for (const file of imports.keys()) if (!order.has(file)) visit(file);
  return circles;
}

const imports = readImports();

it('lets every room import only from rooms above it', () => {
  const wrong: string[] = [];
  for (const [file, targets] of imports) {
    const room = ROOMS.indexOf(roomOf(file));
    expect(room, `the room of ${file}`).toBeGreaterThanOrEqual(0);
    for (const target of targets) {
      // The finder of libtorch is plain JavaScript outside src, shared with the set-up that runs before any build.
      if (target.startsWith('..')) expect(target).toBe('../native/find-libtorch.mjs');
      else if (ROOMS.indexOf(roomOf(target)) > room) wrong.push(`${file} imports ${target}`);
    }
  }
  expect(imports.size).toBeGreaterThan(50);
  expect([...imports.values()].flat().length).toBeGreaterThan(100);
  expect(wrong).toEqual([]);
});

it('asks nowhere but in modalities, data and methods which kind of data it has', () => {
  const rooms = ['train', 'evaluate', 'search', 'compare', 'pretrain', 'export', 'cli'];
  const asks =
    /modality\s*[!=]==?|[!=]==?\s*'(image|sound|pair|clip|patches|tokens)'|case '(image|sound|pair|clip|patches|tokens)'/;
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !/\.test(-util)?\.ts$/.test(name) && rooms.includes(roomOf(name)),
  );
  expect(files.length).toBeGreaterThan(40);
  expect(files.filter((name) => asks.test(readFileSync(join(source, name), 'utf8')))).toEqual([]);
  expect(asks.test("if (spec.modality === 'sound')")).toBe(true);
});

it('resolves every import to a file', () => {
  const unknown = [...imports].flatMap(([file, targets]) =>
    targets
      .filter((target) => !imports.has(target) && !target.startsWith('..'))
      .map((target) => `${file} imports ${target}`),
  );
  expect(unknown).toEqual([]);
});

describe('no import circle', () => {
  // Types included.
  it.each([...new Set([...imports.keys()].map(roomOf))])('in %s', (room) => {
    const inside = new Map([...imports].filter(([file]) => roomOf(file) === room));
    expect(circlesIn(inside)).toEqual([]);
  });

  it('is overlooked: circles of one, two and more files, and not the files beside them', () => {
    const graph = new Map([
      ['a', ['b', 'elsewhere']],
      ['b', ['c', 'd']],
      ['c', ['a']],
      ['d', ['e', 'self']],
      ['e', ['f']],
      ['f', ['e']],
      ['self', ['self']],
      ['alone', ['a', 'd']],
    ]);
    expect(circlesIn(graph).sort()).toEqual([['a', 'b', 'c'], ['e', 'f'], ['self']]);
    expect(circlesIn(new Map([...graph, ['c', []], ['f', []], ['self', []]]))).toEqual([]);
  });

  it('hides behind the way in which a file is imported', () => {
    const text = `
      import { a } from './a.js';
      import type { B } from './b.js';
      import { type C } from "./c.js";
      export * from '../d.js';
      export type { E } from './e.js';
      const f = await import('./f.js');
      let g: import('./g.js').G;
      import './h.js';
      import { readFileSync } from 'node:fs';
      import {
        i,
      } from './i.js';`;
    const paths = ['./a.js', './b.js', './c.js', '../d.js', './e.js', './f.js', './g.js', './h.js', './i.js'];
    expect(importsOf(text)).toEqual(paths);
  });
});
