import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { temporaryFolder } from '../../tests/data-files.js';
import { tensor } from '../engine/index.js';
import { type LoadedEncoder, loadEncoder } from '../train/load-encoder.js';
import { beginningOf, canBeTyped, openQueries, textsOf, vectorOf } from './queries.js';
import { saveWordEncoder } from './word-encoder.test-util.js';

const at = temporaryFolder();
const SENTENCES = ['One bridge is old.', 'The river is wide and cold.', 'Taxes were raised again.'];
let loaded: LoadedEncoder;

beforeAll(() => {
  mkdirSync(at('tmp'));
  vi.stubEnv('TMPDIR', at('tmp'));
  saveWordEncoder(at('words.safetensors'), SENTENCES);
  loaded = loadEncoder(at('words.safetensors'), { device: 'cpu' });
});

afterAll(() => void vi.unstubAllEnvs());

describe('queries of text', () => {
  it('are what was typed and files, in their order; a long one has several rows, and nothing is left of them', async () => {
    expect(canBeTyped(loaded)).toBe(true);
    writeFileSync(at('long.txt'), SENTENCES.join(' '));
    const asked = await openQueries(loaded, [
      { text: SENTENCES[2]!, isFile: false },
      { text: at('long.txt'), isFile: true },
      { text: SENTENCES[0]!, isFile: false },
    ]);
    const { dataset, rows } = asked;
    expect(rows.map((own) => own.length)).toEqual([1, 3, 1]);
    const said = (own: number[]) => own.map(textsOf(dataset)!);
    expect(said(rows[0]!)).toEqual(['taxes were raised again.']);
    expect(said(rows[1]!)).toEqual(SENTENCES.map((text) => text.toLowerCase()));
    expect(said(rows[2]!)).toEqual(['one bridge is old.']);
    expect(readdirSync(at('tmp'))).toHaveLength(1);
    asked.remove();
    expect(readdirSync(at('tmp'))).toEqual([]);
  });

  it('are refused where they hold no text, by their own name', async () => {
    writeFileSync(at('picture.png'), 'x');
    const ask = (text: string, isFile: boolean) => openQueries(loaded, [{ text, isFile }]);
    await expect(ask(at('picture.png'), true)).rejects.toThrow(/picture\.png is no sample of the kind/);
    await expect(ask(dirname(at('picture.png')), true)).rejects.toThrow('is no file');
    expect(existsSync(at('picture.png'))).toBe(true);
    expect(readdirSync(at('tmp'))).toEqual([]);
  });

  it('are printed by their beginning, in one line', () => {
    expect(beginningOf(' One\n\ntwo ')).toBe('One two');
    expect(beginningOf('word '.repeat(40))).toBe(`${'word '.repeat(15)}word…`);
  });

  it('are the mean of their rows', () => {
    const features = tensor([
      [1, 2],
      [3, 6],
      [5, 1],
    ]);
    expect(vectorOf(features, [2]).toNumbers()).toEqual([5, 1]);
    expect(vectorOf(features, [0, 1]).toNumbers()).toEqual([2, 4]);
  });
});
