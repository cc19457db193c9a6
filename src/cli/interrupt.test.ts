import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { Child } from '../../tests/support/child.js';
import { Interrupt } from './interrupt.js';

afterEach(() => vi.restoreAllMocks());

it('asks the work to stop at the first signal and ends the process at the second', () => {
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const exit = vi.spyOn(process, 'exit').mockImplementation((() => {}) as () => never);
  const interrupt = new Interrupt('stopping');
  expect(interrupt.signal.aborted).toBe(false);

  process.emit('SIGTERM', 'SIGTERM');
  expect([interrupt.signal.aborted, interrupt.exitCode]).toEqual([true, 143]);
  expect(said).toHaveBeenCalledWith('stopping\n');
  expect(exit).not.toHaveBeenCalled();

  const later = Date.now() + 1000;
  vi.spyOn(Date, 'now').mockReturnValue(later);
  process.emit('SIGINT', 'SIGINT');
  expect(exit).toHaveBeenCalledWith(130);
  interrupt.stop();
});

it('lets go of the signals', () => {
  const before = process.listenerCount('SIGINT');
  const interrupt = new Interrupt('stopping');
  expect(process.listenerCount('SIGINT')).toBe(before + 1);
  expect(interrupt.exitCode).toBe(130);
  interrupt.stop();
  expect(process.listenerCount('SIGINT')).toBe(before);
});

describe('in a process of its own', { timeout: 30_000 }, () => {
  const children: Child[] = [];
  afterAll(() => Promise.all(children.map((child) => child.kill())));

  const start = (work: string): Child => {
    const child = new Child(`
      import { writeSync } from 'node:fs';
      import { Interrupt } from ${JSON.stringify(fileURLToPath(new URL('interrupt.ts', import.meta.url)))};
      const interrupt = new Interrupt('stopping; again to quit at once');
      const tell = (line) => writeSync(1, line + '\\n');
      tell('ready');
      ${work}
    `);
    children.push(child);
    return child;
  };

  /** Presses Ctrl-C now and then until a condition holds: the watch may not be ready at first, and quick repetitions count once. */
  async function interruptUntil(child: Child, condition: Promise<unknown>): Promise<void> {
    const timer = setInterval(() => child.process.kill('SIGINT'), 400);
    await condition;
    clearInterval(timer);
  }

  it.each([
    ['a computation', 'for (;;);'],
    ['a call into native code', 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);'],
  ])('notices both signals during %s that never ends', async (_, endless) => {
    const child = start(`
      interrupt.signal.addEventListener('abort', () => tell('unreachable'));
      ${endless}
    `);
    await child.line();
    const isNoticed = () => child.stderr.includes('stopping; again to quit at once\n');
    await interruptUntil(child, child.until(isNoticed));
    await interruptUntil(child, child.ended);
    expect((await child.ended).signal).toBe('SIGINT');
    expect(child.stderr).toBe('stopping; again to quit at once\n');
  });

  it('takes a Ctrl-C that npm repeats for one', async () => {
    const child = start(`
      const timer = setInterval(() => {}, 1000);
      interrupt.signal.addEventListener('abort', () => setTimeout(() => {
        clearInterval(timer);
        tell('saved');
      }, 100));
      setTimeout(() => tell('watched'), 1000);
    `);
    await child.line();
    await child.line();
    for (let i = 0; i < 3; i++) {
      child.process.kill('SIGINT');
      const until = performance.now() + 2;
      while (performance.now() < until);
    }
    expect(await child.line()).toBe('saved');
    expect(await child.ended).toEqual({ code: 0, signal: null });
    expect(child.stderr).toBe('stopping; again to quit at once\n');
  });

  it('stops the work at the first signal, and ends of itself', async () => {
    const child = start(`
      const timer = setInterval(() => {}, 1000);
      interrupt.signal.addEventListener('abort', () => {
        clearInterval(timer);
        interrupt.stop();
        process.exitCode = interrupt.exitCode;
      });
    `);
    await child.line();
    child.process.kill('SIGINT');
    expect(await child.ended).toEqual({ code: 130, signal: null });
    expect(child.stderr).toBe('stopping; again to quit at once\n');
  });

  it('ends at Ctrl-C in long work that begins after a SIGTERM', async () => {
    const child = start(`
      const timer = setInterval(() => {}, 1000);
      interrupt.signal.addEventListener('abort', () => {
        tell(String(interrupt.exitCode));
        // The watch may get ready in the meantime.
        setTimeout(() => { tell('busy'); for (;;); }, 1000);
      });
    `);
    await child.line();
    child.process.kill('SIGTERM');
    expect(await child.line()).toBe('143');
    expect(await child.line()).toBe('busy');
    await interruptUntil(child, child.ended);
    expect((await child.ended).signal).toBe('SIGINT');
  });

  it('ends at a second SIGTERM in long work', async () => {
    const child = start(`
      const timer = setInterval(() => {}, 1000);
      interrupt.signal.addEventListener('abort', () => setImmediate(() => { tell('busy'); for (;;); }));
    `);
    await child.line();
    child.process.kill('SIGTERM');
    expect(await child.line()).toBe('busy');
    child.process.kill('SIGTERM');
    expect((await child.ended).signal).toBe('SIGTERM');
  });

  it('keeps no process alive, and leaves Ctrl-C as it was', async () => {
    const idle = start('');
    expect(await idle.ended).toEqual({ code: 0, signal: null });
    const stopped = start('interrupt.stop(); setTimeout(() => { tell("later"); setInterval(() => {}, 1000); }, 500);');
    await stopped.line();
    expect(await stopped.line()).toBe('later');
    stopped.process.kill('SIGINT');
    expect((await stopped.ended).signal).toBe('SIGINT');
    expect(stopped.stderr).toBe('');
  });
});
