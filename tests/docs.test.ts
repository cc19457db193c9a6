import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { methodsPage, TARGET } from '../scripts/methods-table.js';
import { methods } from '../src/methods/registry.js';

const root = fileURLToPath(new URL('..', import.meta.url));

it('keeps docs/methods.md as the registry and the kept results say', () => {
  expect(readFileSync(TARGET, 'utf8'), 'run `npx tsx scripts/methods-table.ts`').toBe(methodsPage());
});

it('has a page for every method', () => {
  for (const { name } of methods) expect(existsSync(join(root, 'docs', 'methods', `${name}.md`)), name).toBe(true);
});

it.each([
  'README.md',
  'docs/architecture.md',
  'docs/campaign.md',
  'docs/encoder.md',
  'docs/generate.md',
  'docs/methods.md',
  'docs/photos.md',
  'docs/propagation.md',
  'docs/videos.md',
  'docs/text.md',
  'docs/robustness.md',
  'docs/initialization.md',
  'benchmarks/README.md',
])('has no dead links in %s', (page) => {
  const text = readFileSync(join(root, page), 'utf8');
  const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link]) => link!);
  for (const link of links) expect(existsSync(join(root, dirname(page), link)), link).toBe(true);
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
