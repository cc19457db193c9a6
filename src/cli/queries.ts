/** Queries that are no samples of the data, and what samples of text say. */
import { copyFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Dataset } from '../data/index.js';
import { scope, type Tensor, tensor } from '../engine/index.js';
import { AutodidactError } from '../errors.js';
import { modalityOf } from '../modalities/registry.js';
import type { LoadedEncoder } from '../train/load-encoder.js';
import { shorten } from './output.js';

/** A query that is no sample of the data: a file, or what was typed. */
export interface Asked {
  dataset: Dataset;
  /** For each query its samples; of a long text there are several. */
  rows: number[][];
  /** Removes what was written to read them; the data set cannot be read afterwards. */
  remove(): void;
}

/** Whether a person can type a sample of the encoder. */
export function canBeTyped({ encoder }: LoadedEncoder): boolean {
  return modalityOf(encoder.spec).typedIn !== undefined;
}

/**
 * Opens files and what was typed as samples of the encoder, in the order in which they are given.
 * @throws AutodidactError `NOT_FOUND` for a file that is not there, `DATA` for one that is no such sample
 */
export async function openQueries(
  loaded: LoadedEncoder,
  queries: readonly { text: string; isFile: boolean }[],
): Promise<Asked> {
  const folder = mkdtempSync(join(tmpdir(), 'autodidact-query-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const names = queries.map(({ text, isFile }, i) => {
      const number = String(i).padStart(6, '0');
      if (!isFile) {
        writeFileSync(join(folder, `${number}.txt`), text);
        return `${number}.txt`;
      }
      if (!statSync(text).isFile()) throw new AutodidactError('DATA', `The query ${text} is no file`);
      const name = `${number}-${basename(text)}`;
      copyFileSync(text, join(folder, name));
      return name;
    });
    const spec = modalityOf(loaded.encoder.spec).typedIn?.(folder) ?? folder;
    const wrong = (asked: string, reason: string) =>
      new AutodidactError('DATA', `The query ${asked} is no sample of the kind that the encoder takes: ${reason}`);
    const asked = queries.map(({ text }) => text);
    const cacheFolder = join(folder, '.cache');
    const opened = await loaded.open({ spec, split: 'all', isLabeled: true, cacheFolder }).catch((error) => {
      if (!(error instanceof AutodidactError) || error.code !== 'DATA') throw error;
      throw wrong(asked.join(', '), error.message.replaceAll(`${folder}/`, '').replaceAll(folder, 'it'));
    });
    const dataset = opened.seenBy(loaded.encoder.spec) ?? opened;
    const { labeledAs: owners } = dataset;
    const rows = names.map((name, i) => {
      const own = [...owners.keys()].filter((row) => owners[row] === name);
      if (own.length > 0) return own;
      throw wrong(asked[i]!, dataset.skipped.find(({ id }) => id === name)?.reason ?? 'it cannot be read');
    });
    return { dataset, rows, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/** The features of rows, or their mean: (1, D). */
export function vectorOf(features: Tensor, rows: readonly number[]): Tensor {
  if (rows.length === 1) return features.narrow(0, rows[0]!, 1);
  return scope(() =>
    features.indexSelect(0, tensor(Int32Array.from(rows), { device: features.device })).mean([0], true),
  );
}

/** What the sample of a row says; null in place of the function where samples are no texts or only their features were given. */
export function textsOf(dataset: Dataset | null): ((row: number) => string) | null {
  if (dataset === null) return null;
  const { show } = modalityOf(dataset.spec);
  const textOf = (row: number): string | null =>
    scope(() => {
      const shown = show(dataset.collate([row]) as never, 0, dataset.spec);
      return shown.kind === 'text' ? shown.text : null;
    });
  return textOf(0) === null ? null : (row) => textOf(row)!;
}

/** Characters of a text that are printed. */
const SHOWN = 80;

/** The beginning of a text, as it fits into a table. */
export function beginningOf(text: string): string {
  return shorten(text.replaceAll(/\s+/g, ' ').trim(), SHOWN);
}
