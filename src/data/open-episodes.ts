import { EpisodeDataset } from './episode-dataset.js';
import { checkAsked, type OpenClipsOptions, openVideos } from './open-clips.js';
import type { Split } from './sources/source.js';
import { episodeSource, isSyntheticEpisodes } from './sources/synthetic-episodes.js';

/** `frames` is the number of steps; there are no other rates than the agent's own. */
export type OpenEpisodesOptions = Omit<OpenClipsOptions, 'fps' | 'mostSize' | 'labels'>;

/** Whether a data spec names episodes. */
export async function namesEpisodes(spec: string): Promise<boolean> {
  return isSyntheticEpisodes(spec);
}

/**
 * Opens recorded episodes: `synthetic:episodes?count=1000`. Packed at the first opening.
 *
 * @throws AutodidactError `DATA` when no episode has as many steps as are asked for, `USAGE` for options out of range, `IO`, `INTERRUPTED`
 */
export async function openEpisodes(spec: string, options: OpenEpisodesOptions = {}): Promise<EpisodeDataset> {
  checkAsked(options);
  const source = episodeSource(spec, options);
  const clips = await openVideos(source, { ...options, fps: 1 }, 0);
  const { name, note, ids, splits, skipped, partial, fingerprint, targets } = clips;
  return new EpisodeDataset({ name, note, ids, splits, skipped, partial, fingerprint, targets }, clips, source.actions);
}

/** Whether a source of episodes has this side of a division of its own, without reading them. */
export async function episodesHaveSplit(spec: string, split: Split): Promise<boolean> {
  return episodeSource(spec).entries.some(({ parts }) => parts.some((part) => part.split === split));
}
