/** Narratives as batches, and methods of texts made for them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { openTexts, type Tokens, type TokensDataset } from '../../data/index.js';
import { Generator, noGrad, type Tensor, tensor } from '../../engine/index.js';
import { makeMethod } from '../make.test-util.js';
import type { Batch, Method, MethodDefinition, Views } from '../method.js';
import { parseMethodOptions } from '../registry.js';

/** Narratives in windows of the form that a method asks for with these options. */
export async function narrativesFor(
  definition: Pick<MethodDefinition, 'name'>,
  options: Readonly<Record<string, unknown>> = {},
  query = 'count=40&test=0&sentences=4',
): Promise<TokensDataset> {
  const known = definition as MethodDefinition;
  const { form, room = 0 } = known.needs?.(parseMethodOptions(known, options, true)).tokens ?? {};
  const cacheFolder = mkdtempSync(join(tmpdir(), 'autodidact-texts-'));
  afterAll(() => rmSync(cacheFolder, { recursive: true, force: true }));
  return openTexts(`synthetic:narratives?${query}`, {
    ...{ cacheFolder, tokenizer: 'words', vocabulary: 300, context: 72, room },
    ...(form && { form }),
  });
}

/** A method for these texts, of a small width. */
export function makeFor<M>(
  definition: Pick<MethodDefinition, 'name'>,
  texts: TokensDataset,
  options: Readonly<Record<string, unknown>> = {},
  { width = 32, seed = 0, isSmall = true, architecture = undefined as string | undefined } = {},
): M {
  const { spec, assets, count } = texts;
  const rest = architecture === undefined ? {} : { architecture };
  return makeMethod<M>(definition, options, { spec, assets, count, width, seed, isSmall, ...rest });
}

export function batchOf(texts: TokensDataset, count = 8): Batch<TokensDataset['spec']> {
  const indices = [...Array(count).keys()];
  return { samples: texts.collate(indices), indices };
}

/** A batch of these rows, each of sentences; T is `width`. */
export function batchOfRows(
  rows: readonly (readonly (readonly number[])[])[],
  width: number,
): Batch<TokensDataset['spec']> {
  const flat = rows.map((sentences) => sentences.flat());
  const matrix = (values: readonly (readonly number[])[], fill: number): Tensor =>
    tensor(
      BigInt64Array.from(
        values.flatMap((row) => [...row, ...new Array<number>(width - row.length).fill(fill)]),
        BigInt,
      ),
      { shape: [values.length, width] },
    );
  const numbers = (values: readonly number[]): Tensor => tensor(BigInt64Array.from(values, BigInt));
  const samples: Tokens = {
    ids: matrix(flat, 0),
    sentence: matrix(
      rows.map((sentences) => sentences.flatMap((sentence, i) => sentence.map(() => i))),
      -1,
    ),
    lengths: numbers(flat.map((row) => row.length)),
    document: numbers(rows.map((_, i) => i)),
    start: numbers(rows.map(() => 0)),
  };
  return { samples, indices: [...rows.keys()] };
}

/** The views that a method makes of a batch. */
export function viewsOf<V extends Views>(method: unknown, batch: Batch<TokensDataset['spec']>, seed = 1): V {
  return noGrad(() => (method as Method).views(batch as never, new Generator(seed))) as unknown as V;
}

export const PROGRESS = { step: 0, totalSteps: 10, epoch: 0, totalEpochs: 1, stage: 0 };

/** A matrix of tokens as rows on the host, without what stands behind their ends. */
export function hostRows(matrix: Tensor): number[][] {
  return matrix.unbind(0).map((row) => row.toNumbers().filter((id) => id >= 0));
}

/** Largest difference of two tensors. */
export const distance = (one: Tensor, other: Tensor): number => one.sub(other).abs().max().item();
