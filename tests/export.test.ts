/** Exported folders in another program: ONNX Runtime reads them from the disk, with a preparation of pixels of its own. */
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from './data-files.js';
import { byOnnxRuntime, difference, flipSign, readFeatures } from './export/check.mjs';
import { flipTokenSign, textsByOnnxRuntime } from './export/check-texts.mjs';
import { makeFolders, QUICK } from './export/folders.js';
import { makeTextFolders, SENTENCES, TEXT_CASES } from './export/texts.js';

const at = temporaryFolder();
const TOLERANCE = 1e-5;

describe('an exported folder', () => {
  it('gives the features of real pictures, and other ones when one sign in it is flipped', async () => {
    const cases = await makeFolders(at('.'), { data: 'fashion-mnist', names: QUICK });
    expect(cases.map(({ name }) => name).sort()).toEqual([...QUICK].sort());
    for (const one of cases) {
      expect(one.images).toHaveLength(10);
      const wanted = readFeatures(one.expected);
      expect(difference(await byOnnxRuntime(one), wanted), one.name).toBeLessThan(TOLERANCE);
      expect(difference(await byOnnxRuntime(one, flipSign), wanted), one.name).toBeGreaterThan(TOLERANCE);
    }
  });
  it('gives the features of sentences with its own tokenizer, and other ones when one sign in it is flipped', async () => {
    const cases = await makeTextFolders(at('texts'));
    expect(cases.map(({ name }) => name)).toEqual(TEXT_CASES.map(({ method }) => method));
    for (const one of cases) {
      const wanted = readFeatures(one.expected);
      expect(wanted.length % SENTENCES.length).toBe(0);
      expect(difference(await textsByOnnxRuntime(one), wanted), one.name).toBeLessThan(TOLERANCE);
      expect(difference(await textsByOnnxRuntime(one, flipTokenSign), wanted), one.name).toBeGreaterThan(TOLERANCE);
    }
  });
});
