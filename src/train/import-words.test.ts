import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { noGrad, scope, tensor } from '../engine/index.js';
import { loadWords, spaceOf } from '../evaluate/words/load-words.js';
import { importWords } from './import-words.js';
import { loadRun } from './load.js';

const folder = mkdtempSync(join(tmpdir(), 'import-words-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const TABLE = {
  words: ['</s>', 'king', 'queen', '[UNK]', 'tree'],
  size: 3,
  vectors: Float32Array.from([-9, 9, 0, 1, 0, 1, 1, 1, 1, 8, 8, 8, -1, 2, 0]),
};

describe('importWords', () => {
  it('makes a run whose words are those of the file, and that embeds texts', () => {
    const out = join(folder, 'run');
    importWords(TABLE, out);
    const loaded = loadWords(out);
    expect(loaded.words).toEqual(['</s>', 'king', 'queen', 'tree']);
    expect([...loaded.vectors]).toEqual([-9, 9, 0, 1, 0, 1, 1, 1, 1, -1, 2, 0]);
    expect(spaceOf(loaded).nearest('king', 1)[0]!.word).toBe('queen');
    const { encoder, assets } = loadRun(out, { device: 'cpu' });
    expect(assets.has('tokenizer.json')).toBe(true);
    const ids = tensor([[6, 7, 1, 1, 0, 0]], { dtype: 'int64' });
    const features = scope(() =>
      noGrad(() =>
        encoder.backbone
          .features(
            encoder.prepare({ ids, lengths: tensor([4], { dtype: 'int64' }), sentence: ids, document: ids } as never),
          )
          .toNumbers(),
      ),
    );
    expect(features).toEqual([1, 0.5, 1]);
    expect(readdirSync(out)).not.toContain('.lock');
  });

  it('leaves a run that is there as it is, and needs two words', () => {
    const out = join(folder, 'twice');
    importWords(TABLE, out);
    expect(() => importWords(TABLE, out)).toThrow(/There is a run at/);
    const one = { words: ['king'], size: 1, vectors: Float32Array.of(1) };
    expect(() => importWords(one, join(folder, 'one'))).toThrow(/at least two words, received 1/);
    expect(readdirSync(folder)).not.toContain('one');
  });
});
