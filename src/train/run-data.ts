import type { Dataset } from '../data/index.js';
import type { OpenOptions } from '../modalities/modality.js';
import { asSeenBy, modalityOf, openData, resolveData } from '../modalities/registry.js';
import type { RunConfig } from './run-config.js';

/** Which data to open in place of a run's own. */
export interface OtherData extends Pick<OpenOptions, 'labels' | 'cacheFolder' | 'onProgress' | 'signal'> {
  spec?: string;
  split?: OpenOptions['split'];
  limit?: number;
}

/**
 * The data of a run as it saw them, or other data brought into their form: the same size, channels, length.
 *
 * @throws AutodidactError `DATA` when other data cannot be brought into that form
 */
export async function openRunData({ data }: Pick<RunConfig, 'data'>, other: OtherData = {}): Promise<Dataset> {
  const { spec = data.spec, split = data.split, limit, ...rest } = other;
  // Asked for in the same words, the samples are found packed.
  const isSame = spec === data.spec && split === data.split;
  const { size, channels, length } = data.asked;
  const own = { size: size ?? undefined, channels, length: length ?? undefined, limit: data.limit ?? undefined };
  const form = isSame ? own : modalityOf(data.samples).formOf(data.samples);
  const dataset = await openData(spec, { ...form, split, ...(limit === undefined ? {} : { limit }), ...rest });
  asSeenBy(data.samples, dataset);
  return dataset;
}

/** How data were asked for, as it is kept in a run. */
export async function sourceOf(spec: string, options: OpenOptions) {
  const { split = 'train', size = null, channels = 'auto', length = null, limit = null } = options;
  return { spec: await resolveData(spec), split, limit, asked: { size, channels, length } };
}
