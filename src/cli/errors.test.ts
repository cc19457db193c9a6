import { afterEach, expect, it, vi } from 'vitest';
import { AutodidactError } from '../errors.js';
import { reportError } from './errors.js';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const NAME = 'x\nautodidact: your run was deleted\u001b[2J.png';
const SHOWN = 'x\\nautodidact: your run was deleted\\x1b[2J.png';

function written(error: unknown, isJson: boolean): { text: string; code: number } {
  const err = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const code = reportError(error, isJson);
  return { text: err.mock.calls.flat().join(''), code };
}

it('tells people in one line, whatever names are in it', () => {
  const error = new AutodidactError('DATA', `Could not read ${NAME}`, { remedy: 'Look at it.' });
  expect(written(error, false)).toEqual({ text: `autodidact: Could not read ${SHOWN}. Look at it.\n`, code: 1 });
});

it('tells programs in JSON, with the name as it is', () => {
  const { text } = written(new AutodidactError('USAGE', `No file ${NAME}`), true);
  expect(text.split('\n')).toHaveLength(2);
  expect(JSON.parse(text)).toEqual({ error: { code: 'USAGE', message: `No file ${NAME}.` } });
});

it('shows where an error comes from, still without obeying names', () => {
  vi.stubEnv('AUTODIDACT_DEBUG', '1');
  const cause = new Error(`bad seek in ${NAME}`);
  const { text } = written(new AutodidactError('DATA', `Could not read ${NAME}`, { cause }), false);
  expect(text).toContain(`AutodidactError: Could not read ${SHOWN}\n    at `);
  expect(text).toContain(`caused by\nError: bad seek in ${SHOWN}\n    at `);
  expect(text).not.toContain('\u001b');
  expect(text.split('\n').some((line) => line.startsWith('autodidact: your run'))).toBe(false);
});
