import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { keptRuns } from '../scripts/learning-runs.js';
import { methodsPage, TARGET } from '../scripts/methods-table.js';
import { filled, readPages, runsOf } from '../scripts/pages.js';
import { methods } from '../src/methods/registry.js';

const root = fileURLToPath(new URL('..', import.meta.url));

it('keeps docs/methods.md as the registry and the kept results say', () => {
  expect(readFileSync(TARGET, 'utf8'), 'run `npx tsx scripts/methods-table.ts`').toBe(methodsPage());
});

it('shows the kept figures of every learning run on its page', () => {
  const pages = readPages();
  for (const [file, text] of pages)
    expect(text, `${file}: run \`npx tsx scripts/methods-table.ts\``).toBe(filled(text));
  expect([...new Set([...pages.values()].flatMap(runsOf))].sort()).toEqual(keptRuns());
});

it('has a page for every method', () => {
  for (const { name } of methods) expect(existsSync(join(root, 'docs', 'methods', `${name}.md`)), name).toBe(true);
});

const PAGES = [
  'README.md',
  'docs/architecture.md',
  'docs/campaign.md',
  'docs/compare.md',
  'docs/encoder.md',
  'docs/generate.md',
  'docs/export.md',
  'docs/search.md',
  'docs/methods.md',
  'docs/photos.md',
  'docs/propagation.md',
  'docs/tasks.md',
  'docs/videos.md',
  'docs/text.md',
  'docs/robustness.md',
  'docs/initialization.md',
  'benchmarks/README.md',
];

it.each(PAGES)('has no dead links in %s', (page) => {
  const text = readFileSync(join(root, page), 'utf8');
  const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link]) => link!);
  for (const link of links) expect(existsSync(join(root, dirname(page), link)), link).toBe(true);
});

/** Marks of what is still to be written: a line or a cell in capitals alone, and the usual words. */
const PLACEHOLDERS = [
  /^[\s|*_`<>[\]-]*[A-Z][A-Z _-]{2,}[\s|*_`<>[\]:.-]*$/m,
  /\|\s*[*_`]*(?:\?+|\.\.\.|X+)[*_`]*\s*(?=\|)/,
  /\b(?:TODO|TBD|TBC|FIXME|XXX)\b/,
  /\bnot (?:yet measured|measured yet)\b/i,
];

/** The text of a page without its examples, which may have any words. */
const proseOf = (text: string) => text.replaceAll(/^```[\s\S]*?^```/gm, '');

const pagesIn = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`);

const placeholdersIn = (text: string) =>
  PLACEHOLDERS.flatMap((pattern) => pattern.exec(proseOf(text))?.[0].trim() ?? []);

it.each([
  'FIGURES',
  'Some\n\n**FIGURES HERE**\n\nmore',
  '| a | TBD |',
  'a TODO',
  'XXX',
  '| ImageNet | not measured yet |',
  '| a | ? |',
])('knows %j as a placeholder', (text) => {
  expect(placeholdersIn(text)).not.toEqual([]);
});

it.each(['README.md', 'benchmarks/README.md', ...pagesIn('docs')])('has no placeholders in %s', (page) => {
  expect(placeholdersIn(readFileSync(join(root, page), 'utf8'))).toEqual([]);
});

it('names tests that exist, for all that is refused or read in a way of its own', () => {
  const page = readFileSync(join(root, 'docs', 'robustness.md'), 'utf8');
  const rows = page.split('\n').filter((line) => line.startsWith('| ') && !/^\| (-|what )/.test(line));
  expect(rows.length).toBeGreaterThan(20);
  for (const row of rows) {
    const [, file, name] = / \| `([^`]+\.test\.ts)` "([^|]+)" +\|$/.exec(row) ?? [];
    expect(file, row).toBeDefined();
    expect(namesOfTests(join(root, file!)), `${file}: ${name}`).toContain(name);
  }
});

/** What a file says of its tests and groups of tests. */
function namesOfTests(path: string): string[] {
  const text = readFileSync(path, 'utf8');
  return [
    ...text.matchAll(/\b(?:it|test|describe)\b[^\n]*?\(\s*(['"`])(.+?)\1,/g),
    ...text.matchAll(/\]\)\((['"`])(.+?)\1,/g),
  ].map(([, , name]) => name!);
}
