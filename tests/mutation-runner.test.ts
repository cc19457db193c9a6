/** What `npm run mutate` says of a change: its runner stays between two of them. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { temporaryFolder } from './support/tiny.js';

const copy = temporaryFolder();
const path = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));
let runner: ChildProcess;

beforeAll(async () => {
  mkdirSync(join(copy, 'src'));
  symlinkSync(path('node_modules'), join(copy, 'node_modules'));
  writeFileSync(join(copy, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(copy, 'vitest.config.ts'), "export default { test: { include: ['src/*.test.ts'] } };\n");
  for (const name of ['one', 'two']) {
    writeFileSync(join(copy, 'src', `${name}.ts`), 'export const sum = (a: number, b: number) => a + b; // adds\n');
    const test = `import { expect, it } from 'vitest';\nimport { sum } from './${name}.js';\nit('adds', () => expect(sum(1, 2)).toBe(3));\n`;
    writeFileSync(join(copy, 'src', `${name}.test.ts`), test);
  }
  runner = fork(path('scripts/lib/mutation-runner.mjs'), [copy], { stdio: 'ignore', env: withoutVitest() });
  expect((await once(runner, 'message'))[0]).toBe('ready');
}, 60_000);
afterAll(() => void runner.kill('SIGKILL'));

/** The runner is a Vitest of its own. */
function withoutVitest(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^VITEST|^TEST$|^NODE_ENV$/.test(name)));
}

async function change(name: string, find: string, replace: string): Promise<unknown> {
  runner.send({ file: `${name}.ts`, find, replace, tests: [`src/${name}.test.ts`] });
  return (await once(runner, 'message'))[0];
}

it('a change that is found says nothing of the next one, whose tests are others', async () => {
  const before = readFileSync(join(copy, 'src', 'one.ts'), 'utf8');
  expect(await change('one', 'a + b', 'a - b')).toBe('killed');
  expect(readFileSync(join(copy, 'src', 'one.ts'), 'utf8')).toBe(before);
  expect(await change('two', '// adds', '// sums')).toBe('survived');
  expect(await change('one', '// adds', '// sums')).toBe('survived');
  expect(await change('two', 'a + b', 'a * b')).toBe('killed');
  expect(await change('one', 'a * b', 'a + b')).toBe('stale');
}, 120_000);
