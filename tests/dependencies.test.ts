import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

test('docs/dependencies.md has one line for each package, with its license', () => {
  const { dependencies, devDependencies } = JSON.parse(read('package.json'));
  const names = Object.keys({ ...dependencies, ...devDependencies });
  expect(names.length).toBeGreaterThan(10);
  const rows = read('docs/dependencies.md')
    .split('\n')
    .filter((line) => /^\| `/.test(line))
    .map((line) => line.split('|').map((cell) => cell.trim()));
  const documented = Object.fromEntries(rows.map((cells) => [cells[1]?.replaceAll('`', ''), cells[4]]));
  const licenses = names.map((name) => [name, JSON.parse(read(`node_modules/${name}/package.json`)).license]);
  expect(documented).toEqual(Object.fromEntries(licenses));
});
