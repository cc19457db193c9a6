import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { expect, test } from 'vitest';

test('every command has --json', async () => {
  const main = readFileSync(new URL('main.ts', import.meta.url), 'utf8');
  const loads = [...main.matchAll(/import\('(\.\/[\w-]+)\.js'\)\)\.(\w+)\(\)/g)];
  expect(loads.length).toBeGreaterThan(20);
  const leaves = (command: Command): Command[] =>
    command.commands.length > 0 ? command.commands.flatMap(leaves) : [command];
  for (const [, path, name] of loads) {
    const loaded = (await import(new URL(`${path}.ts`, import.meta.url).href)) as Record<string, () => Command>;
    for (const command of leaves(loaded[name!]!()))
      expect([command.name(), command.options.map(({ long }) => long)]).toEqual([
        command.name(),
        expect.arrayContaining(['--json']),
      ]);
  }
}, 120_000);
