import { afterEach, expect, it, vi } from 'vitest';
import { print, printJson, say, table, visible } from './output.js';

afterEach(() => vi.restoreAllMocks());

const HOSTILE = 'x\nautodidact: your run was deleted\r\u001b[2J\u009b1A\u007f\t\u2028\u202egnp.png';
const SHOWN = 'x\\nautodidact: your run was deleted\\r\\x1b[2J\\x9b1A\\x7f\\t\\u2028\\u202egnp.png';

it('shows control characters instead of obeying them', () => {
  expect(visible(HOSTILE)).toBe(SHOWN);
  expect(visible(visible(HOSTILE))).toBe(SHOWN);
  for (let code = 0; code < 0x20; code++)
    expect(visible(String.fromCharCode(code))).toMatch(/^\\(x[0-9a-f]{2}|[nrt])$/);
  const names = 'Größe 猫 😀 שלום é C:\\new\\table {bar} — ± …';
  expect(visible(names)).toBe(names);
});

it('writes a line per text, whatever is in it', () => {
  const out = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const err = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  print('first', HOSTILE, '', 'last');
  say(`skipped: ${HOSTILE}`);
  expect(out.mock.calls.flat().join('')).toBe(`first\n${SHOWN}\n\nlast\n`);
  expect(err.mock.calls.flat().join('')).toBe(`skipped: ${SHOWN}\n`);
});

it('leaves JSON to its own escapes', () => {
  const out = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  printJson({ name: HOSTILE });
  const text = out.mock.calls.flat().join('');
  expect(text).toBe(`${JSON.stringify({ name: HOSTILE })}\n`);
  expect(JSON.parse(text)).toEqual({ name: HOSTILE });
});

it('aligns columns by what is shown', () => {
  const rows = [
    ['a\nb', '1'],
    ['longer', '20'],
  ];
  expect(table(rows, ['name', 'count'])).toEqual(['name    count', 'a\\nb        1', 'longer     20']);
});
