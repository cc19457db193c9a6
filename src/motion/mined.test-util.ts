import { expect } from 'vitest';
import { put } from '../../tests/data-files.js';
import type { Dataset } from '../data/index.js';
import { makeSpriteVideo } from './sprites.test-util.js';

export interface MinedTest {
  /** A path in the folder of the test. */
  at(name: string): string;
  /** Packs that there are. */
  packs(): number;
  open(table: string, options: object): Promise<Dataset>;
}

/** Samples that are mined from the videos of a table have its labels and sides, which may change while the pack stays. */
export async function followTheirTable({ at, packs, open }: MinedTest): Promise<void> {
  for (const [seed, name] of ['a', 'b'].entries()) await makeSpriteVideo(at(`${name}.mkv`), seed);
  const opened = (rows: readonly string[], options = {}) =>
    open(put(at('videos.csv'), ['path,label,split,start,end', ...rows].join('\n')), options);
  const before = await opened(['a.mkv,cat,train,0,0.6', 'a.mkv,dog,train,0.6,1.2', 'b.mkv,cat,train,,']);
  const parts = ['a.mkv@0-0.6', 'a.mkv@0.6-1.2', 'b.mkv'];
  expect([...new Set(before.labeledAs)]).toEqual(parts);
  expect(before.owners).toEqual(before.ids.map((id) => id.split('@')[0]));
  const count = packs();
  const rows = ['a.mkv,cow,train,0,0.6', 'a.mkv,pig,train,0.6,1.2', 'b.mkv,cow,test,,'];
  const after = await opened(rows);
  expect([packs(), after.ids]).toEqual([count, before.ids]);
  expect([before.classes, after.classes]).toEqual([
    ['cat', 'dog'],
    ['cow', 'pig'],
  ]);
  expect(after.splits).toEqual(after.owners.map((owner) => (owner === 'a.mkv' ? 'train' : 'test')));
  // A row labels all that is cut from a part; the rows of the other side and of what a limit leaves out are no fault.
  const labels = put(at('labels.csv'), `id,label\n${parts.map((id, i) => `${id},${i}`).join('\n')}`);
  const named = await opened(rows, { labels, split: 'train', limit: 1 });
  expect(named.classes![named.labels![0]!]).toBe(String(parts.indexOf(named.labeledAs[0]!)));
  expect(named.skipped).toEqual([]);
}
