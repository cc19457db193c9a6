import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { collect } from '../../../tests/support/collect.js';
import type { TextDocument, TextSource } from '../sources/text/text-source.js';
import { packTexts } from './pack-texts.js';

it('keeps no document that it has read', async () => {
  const cacheFolder = mkdtempSync(join(tmpdir(), 'autodidact-texts-'));
  onTestFinished(() => rmSync(cacheFolder, { recursive: true, force: true }));
  const texts: WeakRef<string[]>[] = [];
  /** Texts that are still in memory once each but the last was read. */
  let alive = Number.NaN;
  const source: TextSource = {
    ...{ name: 'letters', kind: 'test', skipped: [], sides: [null], identity: 'letters', size: 20, unit: 'documents' },
    async *documents() {
      texts.length = 0;
      for (let i = 0; i < 20; i++) {
        const text = [`This is letter ${i}. `, 'It is short.'];
        texts.push(new WeakRef(text));
        const document: TextDocument = { id: `${i}`, label: i % 2 === 0 ? 'even' : 'odd', split: null, text };
        yield document;
      }
      await collect();
      alive = texts.filter((text) => text.deref() !== undefined).length;
    },
  };
  const { pack } = await packTexts(source, { tokenizer: { kind: 'words', leastCount: 1 }, cacheFolder });
  expect(pack.index.count).toBe(40);
  expect(alive).toBeLessThanOrEqual(2);
});
