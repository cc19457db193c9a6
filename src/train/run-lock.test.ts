import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { Child, startTogether } from '../../tests/support/child.js';
import { thisProcess } from './processes.js';
import { exclusively, RunLock } from './run-lock.js';

const root = mkdtempSync(join(tmpdir(), 'autodidact-lock-'));
const children: Child[] = [];
afterAll(async () => {
  await Promise.all(children.map((child) => child.kill()));
  rmSync(root, { recursive: true, force: true });
});

const source = fileURLToPath(new URL('run-lock.ts', import.meta.url));

let folders = 0;
/** The path of a lock in a folder of its own. */
function freshPath(): string {
  const folder = join(root, String(folders++));
  mkdirSync(folder);
  return join(folder, '.lock');
}

/** What a process that has ended leaves. */
const OF_THE_DEAD = JSON.stringify({ ...thisProcess(), start: 'long ago' });

/** Takes each lock of the list or is refused, after a line from the test; then holds what it has got until it is killed. */
const taker = (paths: readonly string[], before = ''): string => `
  import { RunLock } from ${JSON.stringify(source)};
  ${before}
  console.log('ready');
  process.stdin.once('data', () => {
    const outcomes = ${JSON.stringify(paths)}.map((path) => {
      try {
        RunLock.take(path);
        return 'taken';
      } catch (error) {
        return error.message;
      }
    });
    console.log(JSON.stringify(outcomes));
  });
  setInterval(() => {}, 1000);
`;

/** Lets processes try for the same locks at once, and expects that each lock goes to exactly one. */
async function expectOneEach(paths: readonly string[]): Promise<void> {
  const takers = await startTogether(4, () => taker(paths));
  children.push(...takers);
  const outcomes = await Promise.all(takers.map(async (child) => JSON.parse(await child.line()) as string[]));
  paths.forEach((path, i) => {
    const taken = outcomes.flatMap((list, k) => (list[i] === 'taken' ? [k] : []));
    expect(taken, `who has ${path}`).toHaveLength(1);
    const winner = takers[taken[0]!]!.process.pid;
    const refused = outcomes.map((list) => list[i]).filter((outcome) => outcome !== 'taken');
    for (const message of refused) expect(message).toContain(`is in use by process ${winner}.`);
    expect(readdirSync(join(path, '..'))).toEqual(['.lock']);
  });
}

it('gives a free lock to one of several processes that try at once', async () => {
  await expectOneEach(Array.from({ length: 300 }, freshPath));
});

it('gives the lock of a dead process to one of several that try at once', async () => {
  const paths = Array.from({ length: 300 }, freshPath);
  for (const path of paths) writeFileSync(path, OF_THE_DEAD);
  await expectOneEach(paths);
});

it('is not stopped by a process that died while it took over', async () => {
  const path = freshPath();
  writeFileSync(path, OF_THE_DEAD);
  // Twice, so that the claim on the lock has a claim on itself.
  for (const _ of [1, 2]) {
    const dying = new Child(
      taker(
        [path],
        `import fs from 'node:fs';
         import { syncBuiltinESMExports } from 'node:module';
         fs.renameSync = () => process.kill(process.pid, 'SIGKILL');
         syncBuiltinESMExports();`,
      ),
    );
    await dying.line();
    dying.send('go');
    expect((await dying.ended).signal).toBe('SIGKILL');
    expect(readFileSync(path, 'utf8')).toBe(OF_THE_DEAD);
  }
  expect(readdirSync(join(path, '..')).length).toBeGreaterThan(2);
  const lock = RunLock.take(path);
  expect(readdirSync(join(path, '..')).filter((name) => !name.includes('.partial-'))).toEqual(['.lock']);
  lock.release();
  expect(existsSync(path)).toBe(false);
});

it('clears away claims whose owners died, and nothing else', () => {
  const path = freshPath();
  for (const name of ['-0123456789abcdef', '-0123456789abcdef-0123456789abcdef', '-notes'])
    writeFileSync(`${path}${name}`, OF_THE_DEAD);
  RunLock.take(path);
  expect(readdirSync(join(path, '..')).sort()).toEqual(['.lock', '.lock-notes']);
});

it('refuses the process that holds it, until it is released', () => {
  const path = freshPath();
  const lock = RunLock.take(path);
  expect(() => RunLock.take(path)).toThrow(`is in use by process ${process.pid}. Wait for it`);
  expect(() => RunLock.check(path)).toThrow('is in use');
  lock.release();
  RunLock.check(path);
  RunLock.take(path);
  // Somebody else's by now.
  writeFileSync(path, 'other');
  lock.release();
  expect(existsSync(path)).toBe(true);
});

it('tells a process from a later one of the same number by its start', () => {
  const path = freshPath();
  writeFileSync(path, JSON.stringify(thisProcess()));
  expect(() => RunLock.take(path)).toThrow('is in use');
  writeFileSync(path, JSON.stringify({ ...thisProcess(), start: 'another time' }));
  RunLock.take(path);

  // Earlier versions wrote the number alone: its process must have been there when the file was written.
  writeFileSync(path, String(process.pid));
  expect(() => RunLock.take(path)).toThrow(`in use by process ${process.pid}.`);
  utimesSync(path, new Date(0), new Date(0));
  RunLock.take(path);
});

it('counts a process that has ended but was not reaped as dead', async () => {
  // The parent of the process in the background becomes a program that asks for no exit code.
  const parent = spawn('sh', ['-c', 'sleep 0.5 & echo $!; exec sleep 1000'], { stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    const pid = Number(await new Promise((resolve) => parent.stdout.once('data', resolve)));
    const path = freshPath();
    writeFileSync(path, JSON.stringify({ ...thisProcess(), pid, start: null }));
    const isZombie = (): boolean => {
      try {
        RunLock.check(path);
        return true;
      } catch {
        return false;
      }
    };
    while (!isZombie()) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(() => process.kill(pid, 0)).not.toThrow();
    RunLock.take(path);
  } finally {
    parent.kill('SIGKILL');
  }
});

it("counts another user's process as alive, although the system refuses signals to it", async () => {
  const path = freshPath();
  if (process.getuid?.() !== 0) {
    writeFileSync(path, JSON.stringify({ ...thisProcess(), pid: 1, start: null }));
    expect(() => RunLock.take(path)).toThrow('in use by process 1.');
    return;
  }
  RunLock.take(path);
  for (const folder of [root, join(path, '..')]) chmodSync(folder, 0o777);
  const nobody = new Child(taker([path], 'process.setuid(65534);'));
  children.push(nobody);
  await nobody.line();
  nobody.send('go');
  expect(await nobody.line()).toContain(`in use by process ${process.pid}.`);
});

it('refuses the lock of another machine, and says how to go on', () => {
  const path = freshPath();
  writeFileSync(path, JSON.stringify({ ...thisProcess(), pid: 7, host: `not-${hostname()}` }));
  expect(() => RunLock.take(path)).toThrow(
    new RegExp(`in use by process 7 on the machine not-.*If that process has ended, delete ${path};`),
  );
  expect(RunLock.isHeldElsewhere(path)).toBe(true);
});

it.each(['{"pid":', 'nonsense', '0', '-1', '99999999999999999999', '{"pid":1.5,"start":null,"host":"a"}', '[]'])(
  'takes a damaged lock over: %s',
  (content) => {
    const path = freshPath();
    writeFileSync(path, content);
    RunLock.take(path);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(thisProcess());
  },
);

it('lets processes do their work one after the other', async () => {
  const path = freshPath();
  const count = join(path, '..', 'count');
  writeFileSync(count, '0');
  const code = `
    import { readFileSync, writeFileSync } from 'node:fs';
    import { exclusively } from ${JSON.stringify(source)};
    console.log('ready');
    process.stdin.once('data', () => {
      for (let i = 0; i < 50; i++)
        exclusively(${JSON.stringify(path)}, () => {
          const before = Number(readFileSync(${JSON.stringify(count)}, 'utf8'));
          for (const end = performance.now() + 1; performance.now() < end; );
          writeFileSync(${JSON.stringify(count)}, String(before + 1));
        });
      process.exit();
    });
  `;
  const workers = await startTogether(3, () => code);
  children.push(...workers);
  for (const child of workers) expect((await child.ended).code, child.stderr).toBe(0);
  expect(readFileSync(count, 'utf8')).toBe('150');
  expect(existsSync(path)).toBe(false);
});

it('does work that was asked for even when the lock of another machine stays', () => {
  const path = freshPath();
  const foreign = JSON.stringify({ ...thisProcess(), host: 'elsewhere' });
  writeFileSync(path, foreign);
  expect(exclusively(path, () => 'done')).toBe('done');
  expect(readFileSync(path, 'utf8')).toBe(foreign);
});

it('waits for an empty lock to be written, but not for ever', () => {
  const path = freshPath();
  writeFileSync(path, '');
  expect(() => RunLock.take(path)).toThrow('in use by another process');
  utimesSync(path, new Date(0), new Date(0));
  RunLock.take(path);
});
