import { expect, it } from 'vitest';
import { parseJson, sealed, unsealed } from './json.js';

it('parses what JSON.parse parses, up to 64 levels', () => {
  const text = '{"a": [1, null, {"b": "x"}], "__proto__": {"c": 1e999}}';
  expect(parseJson(text)).toEqual(JSON.parse(text));
  expect(parseJson('3')).toBe(3);
  for (const [open, inner, close] of [
    ['[', '', ']'],
    ['{"a":', '1', '}'],
    ['[{"a":', '1', '}]'],
  ] as const) {
    const levels = (count: number) => open.repeat(count) + inner + close.repeat(count);
    const perLevel = open.length === 6 && open.startsWith('[') ? 2 : 1;
    expect(() => parseJson(levels(64 / perLevel))).not.toThrow();
    expect(() => parseJson(levels(64 / perLevel + 1))).toThrow(SyntaxError);
    // So deep that whoever walks through it by recursion runs out of stack.
    expect(() => parseJson(levels(100_000))).toThrow(/nested more than 64 levels deep/);
  }
  expect(() => parseJson('{')).toThrow(SyntaxError);
});

it('seals values, and shows by the seal whether they are still the same', () => {
  const values = { b: 1, a: [Number.NaN, -0, 'é'], nothing: undefined, 2: 'two' };
  const read = (text: string) => unsealed(parseJson(text) as Record<string, unknown>);
  const text = JSON.stringify(sealed(values));
  expect(text).toMatch(/,"checksum":"[0-9a-f]{64}"\}$/);
  expect(read(text)).toEqual({ values: { 2: 'two', b: 1, a: [null, 0, 'é'] }, isIntact: true });
  expect(read(JSON.stringify(JSON.parse(text), null, 2)).isIntact).toBe(true);
  for (const [from, to] of [
    ['"b":1', '"b":2'],
    ['"b":1', '"b":"1"'],
    ['"b":1,', ''],
    ['"b":1', '"c":1'],
    ['"checksum":"', '"checksum":"0'],
  ] as const)
    expect(read(text.replace(from, to)).isIntact, to).toBe(false);
  expect(read('{"b": 1}')).toEqual({ values: { b: 1 }, isIntact: null });
  expect(read('{"b": 1, "checksum": null}').isIntact).toBe(false);
});
