import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { Child, startTogether } from '../../tests/support/child.js';
import { thisProcess } from './processes.js';
import type { RunEvent } from './run-events.js';
import { RunFolder } from './run-folder.js';

const root = mkdtempSync(join(tmpdir(), 'autodidact-folder-'));
const children: Child[] = [];
afterAll(async () => {
  await Promise.all(children.map((child) => child.kill()));
  rmSync(root, { recursive: true, force: true });
});

const source = fileURLToPath(new URL('run-folder.ts', import.meta.url));
const configText = '{"stands": "for a configuration"}';

/** The number of a process that has ended. */
const dead = spawnSync(process.execPath, ['--version']).pid;

/** A run folder with a config.json, not locked. */
function makeRun(name: string): string {
  const folder = RunFolder.create(join(root, name));
  writeFileSync(folder.file('config.json'), configText);
  folder.unlock();
  return folder.path;
}

it('lets one of several processes that start in one folder at once have it', async () => {
  const paths = Array.from({ length: 60 }, (_, i) => join(root, 'one-out', String(i)));
  const starters = await startTogether(
    4,
    (index) => `
      import { writeFileSync } from 'node:fs';
      import { RunFolder } from ${JSON.stringify(source)};
      console.log('ready');
      process.stdin.once('data', () => {
        const outcomes = ${JSON.stringify(paths)}.map((path) => {
          try {
            RunFolder.checkFree(path);
            writeFileSync(RunFolder.create(path).file('config.json'), '${index}');
            return true;
          } catch (error) {
            return error.message;
          }
        });
        console.log(JSON.stringify(outcomes));
      });
      setInterval(() => {}, 1000);
    `,
  );
  children.push(...starters);
  const outcomes = await Promise.all(starters.map(async (child) => JSON.parse(await child.line()) as unknown[]));
  paths.forEach((path, i) => {
    const winner = Number(readFileSync(join(path, 'config.json'), 'utf8'));
    outcomes.forEach((list, k) => {
      if (k === winner) expect(list[i]).toBe(true);
      else expect(list[i]).toMatch(/is in use by process \d+\.|^There is a run at .* already\./);
    });
    expect(readdirSync(path).sort()).toEqual(['.lock', 'checkpoints', 'config.json', 'previews']);
  });
});

it('gives processes that start at once different names, and frees those that stay empty', async () => {
  const runs = join(root, 'named');
  const starters = await startTogether(
    4,
    (index) => `
      import { RunFolder } from ${JSON.stringify(source)};
      console.log('ready');
      process.stdin.once('data', () => {
        const paths = Array.from({ length: 20 }, () => RunFolder.nextPath(${JSON.stringify(runs)}, 'simclr'));
        console.log(JSON.stringify(paths));
        if (${index} === 0) RunFolder.create(paths[0]);
        process.stdin.once('data', () => process.exit());
      });
    `,
  );
  children.push(...starters);
  const named = await Promise.all(starters.map(async (child) => JSON.parse(await child.line()) as string[]));
  for (const child of starters) child.send('end');
  expect(new Set(named.flat()).size).toBe(80);
  expect(named.flat()).toContain(join(runs, 'simclr-1'));
  for (const child of starters) expect((await child.ended).code, child.stderr).toBe(0);
  for (const child of starters) expect(child.stderr).toBe('');
  expect(readdirSync(runs)).toEqual([named[0]![0]!.split('/').at(-1)]);
});

it('leaves no trace of a name that was not used, and takes the first free one', async () => {
  const runs = join(root, 'new-root');
  const child = new Child(`
    import { RunFolder } from ${JSON.stringify(source)};
    console.log(RunFolder.nextPath(${JSON.stringify(runs)}, 'simclr'));
  `);
  expect(await child.line()).toBe(join(runs, 'simclr-1'));
  await child.ended;
  expect(existsSync(runs)).toBe(false);

  mkdirSync(join(runs, 'simclr-2'), { recursive: true });
  expect(RunFolder.nextPath(runs, 'simclr')).toBe(join(runs, 'simclr-1'));
  expect(RunFolder.nextPath(runs, 'simclr')).toBe(join(runs, 'simclr-3'));
  writeFileSync(join(root, 'file'), '');
  RunFolder.checkFree(join(root, 'file', 'run'));
  expect(() => RunFolder.create(join(root, 'file', 'run'))).toThrow(/^Could not make the run folder .*run: /);
  expect(() => RunFolder.nextPath(join(root, 'file'), 'simclr')).toThrow(/^Could not make the run folder .*simclr-1: /);
});

it('claims a folder before it writes, and gives it back without a trace', () => {
  const path = join(root, 'claimed');
  const folder = RunFolder.create(path);
  expect(existsSync(folder.file('.lock'))).toBe(true);
  folder.lock();
  expect(() => RunFolder.create(path)).toThrow(`is in use by process ${process.pid}`);
  expect(() => RunFolder.checkFree(path)).toThrow('is in use');
  folder.discard();
  expect(existsSync(path)).toBe(false);
  RunFolder.checkFree(path);

  mkdirSync(path);
  writeFileSync(join(path, 'notes.txt'), 'mine');
  RunFolder.create(path).discard();
  expect(readdirSync(path)).toEqual(['notes.txt']);

  const run = makeRun('finished');
  expect(() => RunFolder.create(run)).toThrow('There is a run at');
  expect(readFileSync(join(run, 'config.json'), 'utf8')).toBe(configText);
  expect(existsSync(join(run, '.lock'))).toBe(false);
});

it('removes what killed processes left half written, and nothing of living ones', async () => {
  const run = makeRun('left');
  mkdirSync(join(run, 'assets'));
  const places = ['.', 'checkpoints', 'previews', 'assets'];
  const write = (place: string, pid: number): string => {
    const path = join(run, place, `file.partial-${pid}`);
    writeFileSync(path, 'half');
    return path;
  };
  const left = places.map((place) => write(place, dead));
  // A later process has the number now: it started after the file was written.
  const reused = write('previews', process.pid);
  utimesSync(reused, new Date(0), new Date(0));
  const written = places.map((place) => write(place, process.ppid));
  writeFileSync(join(run, 'checkpoints', 'mine.partial'), '');

  // A process elsewhere may be the one of that number.
  writeFileSync(join(run, '.lock'), JSON.stringify({ ...thisProcess(), host: 'elsewhere' }));
  RunFolder.open(run);
  for (const path of [...left, reused, ...written]) expect(existsSync(path), path).toBe(true);
  rmSync(join(run, '.lock'));

  RunFolder.open(run);
  for (const path of [...left, reused]) expect(existsSync(path), path).toBe(false);
  for (const path of written) expect(existsSync(path), path).toBe(true);
  expect(existsSync(join(run, 'checkpoints', 'mine.partial'))).toBe(true);
});

it('reads back the events that are whole', () => {
  const folder = RunFolder.open(makeRun('events'));
  const step = (number: number, loss: number): RunEvent => ({
    ...{ type: 'step', step: number, epoch: 0, loss, metrics: { accuracy: 0.5 } },
    ...{ learningRate: 0.1, featureSpread: null, samplesPerSecond: 10 },
  });
  expect(folder.events()).toEqual([]);
  folder.append(step(1, 2));
  const damaged = [
    '',
    'null',
    '5',
    '"text"',
    '[]',
    '{}',
    '{"type":"step","step":2}',
    '{"type":"stop","step":2}',
    JSON.stringify({ ...step(2, 1), step: -1 }),
    JSON.stringify({ ...step(2, 1), step: 1.5 }),
    JSON.stringify({ ...step(2, 1), step: '2' }),
    JSON.stringify({ ...step(2, 1), metrics: [] }),
    JSON.stringify(step(2, 1)).replace('"loss":1', '"loss":1e999'),
    JSON.stringify(step(2, 1)).replace('"step":2', '"step":1e300'),
    '\u0000\u0000\u0000',
    '{"type":"step","st',
  ];
  appendFileSync(folder.file('events.jsonl'), `${damaged.join('\n')}\n`);
  folder.append({ type: 'warning', step: 3, message: 'line\nbreak' });
  // What is not finite has no form in JSON but null.
  folder.append(step(4, Number.NaN));
  expect(folder.events()).toEqual([
    step(1, 2),
    { type: 'warning', step: 3, message: 'line\nbreak' },
    step(4, Number.NaN),
  ]);
  folder.rewindEvents(3);
  expect(folder.events().map((event) => event.step)).toEqual([1, 3]);
  expect(readFileSync(folder.file('events.jsonl'), 'utf8').split('\n')).toHaveLength(3);
});

it('lists checkpoints by their step', () => {
  const folder = RunFolder.open(makeRun('steps'));
  const names = ['step-1000000000.safetensors', 'step-000000002.safetensors', 'step-999999999.safetensors'];
  for (const name of [...names, 'step-000000003.safetensors.damaged', 'step-x.safetensors', 'notes'])
    writeFileSync(folder.file('checkpoints', name), '');
  expect(folder.checkpoints()).toEqual([1, 2, 0].map((i) => folder.file('checkpoints', names[i]!)));
});
