import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { canHaveWritten, factsFromPs, livenessOf, thisProcess } from './processes.js';

it('knows this process by its number and its start', () => {
  const self = thisProcess();
  expect(self.pid).toBe(process.pid);
  expect(self.start).toMatch(/\d/);
  expect(thisProcess()).toEqual(self);
  expect(livenessOf(self)).toBe('alive');
  expect(livenessOf({ ...self, start: null })).toBe('alive');
  expect(livenessOf({ ...self, start: `${self.start}0` })).toBe('dead');
  expect(livenessOf({ ...self, host: `${self.host}-2` })).toBe('unknown');
});

it('sees when a process ends', async () => {
  const child = spawn(process.execPath, ['--eval', 'setInterval(() => {}, 1000)']);
  await once(child, 'spawn');
  const identity = { ...thisProcess(), pid: child.pid!, start: null };
  expect(livenessOf(identity)).toBe('alive');
  expect(canHaveWritten(child.pid!, Date.now())).toBe(true);
  child.kill('SIGKILL');
  await once(child, 'close');
  expect(livenessOf(identity)).toBe('dead');
  expect(canHaveWritten(child.pid!, Date.now())).toBe(false);
});

it('knows that a process cannot have written what is older than it', () => {
  expect(canHaveWritten(process.pid, Date.now())).toBe(true);
  expect(canHaveWritten(process.pid, Date.now() - performance.now() - 60_000)).toBe(false);
});

it('asks ps where there is no /proc', () => {
  const facts = factsFromPs(process.pid);
  expect(facts).toMatchObject({ isZombie: false, start: expect.stringMatching(/\d\d:\d\d:\d\d/) });
  // A start of this hour or earlier, and none in the future: the time zone is right.
  expect(facts!.startMs).toBeLessThanOrEqual(Date.now() + 2000);
  expect(facts!.startMs).toBeGreaterThan(Date.now() - performance.now() - 60_000);
  expect(factsFromPs(2 ** 22 + 1)).toBeUndefined();
});
