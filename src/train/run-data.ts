import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Dataset, SampleSpec } from '../data/index.js';
import type { OpenOptions } from '../modalities/modality.js';
import { asSeenBy, modalityOf, openData, resolveData } from '../modalities/registry.js';
import type { RunConfig } from './run-config.js';

/** Which data to open in place of a run's own. */
export interface OtherData
  extends Pick<OpenOptions, 'labels' | 'isLabeled' | 'assets' | 'cacheFolder' | 'onProgress' | 'signal'> {
  spec?: string;
  split?: OpenOptions['split'];
  limit?: number;
}

/**
 * The data of a run as it saw them, or other data brought into their form: the same size, channels, length.
 *
 * @param given with the `assets` of the run, where its data have some
 * @throws AutodidactError `DATA` when other data cannot be brought into that form
 */
export async function openRunData({ data }: Pick<RunConfig, 'data'>, given: OtherData = {}): Promise<Dataset> {
  const { spec = data.spec, split = data.split, limit, ...rest } = given;
  // Asked for in the same words, the samples are found packed.
  const isSame = spec === data.spec && split === data.split;
  const { size, length, ...form } = data.asked;
  const own = { ...form, size: size ?? undefined, length: length ?? undefined, limit: data.limit ?? undefined };
  const asked = { split, ...(limit === undefined ? {} : { limit }), ...rest };
  return openAs(data.samples, spec, isSame ? { ...own, ...asked } : asked, isSame);
}

/**
 * Data in the form of these samples: the same size, channels, length.
 *
 * @param isWhole whether the options name the form already
 * @throws AutodidactError `DATA` when the data cannot be brought into that form
 */
export async function openAs(
  samples: SampleSpec,
  spec: string,
  options: OpenOptions,
  isWhole = false,
): Promise<Dataset> {
  const modality = modalityOf(samples);
  const dataset = await openData(spec, isWhole ? options : { ...modality.formOf(samples), ...options });
  checkSeen(samples, dataset);
  return dataset;
}

/**
 * Checks that an encoder which was trained on `samples` can read these data, as they are or as it sees them.
 * @throws AutodidactError `DATA`
 */
export function checkSeen(samples: SampleSpec, dataset: Dataset): void {
  const isItself = dataset.seenBy(samples) !== null;
  asSeenBy((isItself ? undefined : modalityOf(samples).seenAs?.(samples)) ?? samples, dataset);
}

/** How data were asked for, as it is kept in a run. */
export async function sourceOf(spec: string, options: OpenOptions) {
  const { split = 'train', limit = null } = options;
  const { size = null, channels = 'auto', length = null, frames, fps } = options;
  const { tokenizer, vocabulary, context, form, room } = options;
  const lasting = tokenizer !== undefined && existsSync(tokenizer) ? resolve(tokenizer) : tokenizer;
  const named = { frames, fps, tokenizer: lasting, vocabulary, context, form, room };
  const given = Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
  return { spec: await resolveData(spec), split, limit, asked: { size, channels, length, ...given } };
}
