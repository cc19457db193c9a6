import { afterEach, expect, it, vi } from 'vitest';
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
