import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const room = fileURLToPath(new URL('.', import.meta.url));

test('no file of the room imports itself by way of others, types included', () => {
  const files = readdirSync(room, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !/\.test(-util)?\.ts$/.test(name))
    .map((name) => join(room, name));
  const imports = new Map(
    files.map((file) => {
      const paths = [...readFileSync(file, 'utf8').matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)];
      return [file, paths.map(([, path]) => resolve(dirname(file), path!).replace(/\.js$/, '.ts'))];
    }),
  );
  const circles: string[] = [];
  const visit = (file: string, path: string[]): void => {
    if (path.includes(file)) {
      circles.push([...path.slice(path.indexOf(file)), file].map((name) => relative(room, name)).join(' > '));
      return;
    }
    for (const next of imports.get(file) ?? []) if (imports.has(next)) visit(next, [...path, file]);
  };
  for (const file of files) visit(file, []);
  expect([...new Set(circles)]).toEqual([]);
  expect(files.length).toBeGreaterThan(20);
});
