import { z } from 'zod';
import { scope, type Tensor, tensor } from '../../engine/index.js';
import type { StepTargetKind } from '../frame-targets.js';
import { MAZE_ACTIONS, Maze, MazeEpisode, mazeOptions } from '../synthetic/maze.js';
import { parseQuery } from './query.js';
import type { Split } from './source.js';
import type { VideoSource } from './video-source.js';

export const SYNTHETIC_EPISODES = 'synthetic:episodes';

/** Whether a data spec names generated episodes. */
export function isSyntheticEpisodes(spec: string): boolean {
  return spec === SYNTHETIC_EPISODES || spec.startsWith(`${SYNTHETIC_EPISODES}?`);
}

const options = mazeOptions.extend({
  count: z.coerce.number().int().min(1).max(10_000_000).default(1000).describe('Episodes to learn from'),
  test: z.coerce.number().int().min(0).max(10_000_000).default(300).describe('Further episodes of the same maze'),
  seed: z.coerce.number().int().min(0).default(0).describe('Random seed of the maze and the walks'),
});

/** Part of the pack's key: changes when the same seed gives other pictures. */
const PAINTER = 'maze-1';

/** Pictures of episodes, with the actions between them. */
export interface EpisodeSource extends VideoSource {
  /** Names of the actions. */
  actions: readonly string[];
}

/**
 * Generated episodes: `synthetic:episodes?count=1000&steps=32`.
 *
 * @param asked size in pixels, in place of the default
 */
export function episodeSource(spec: string, asked: { size?: number } = {}): EpisodeSource {
  const query = spec.slice(SYNTHETIC_EPISODES.length).replace(/^\?/, '');
  const { count, test, seed, ...own } = parseQuery(options, query, spec);
  const maze = new Maze({ ...own, size: asked.size ?? own.size }, seed);
  const { size, steps } = maze.options;
  const shape = { height: size, width: size, channels: 3 };
  const times = Float64Array.from({ length: steps }, (_, t) => t);
  const sides = [
    { split: 'train' as Split, count, seed: 2 * seed },
    { split: 'test' as Split, count: test, seed: 2 * seed + 1 },
  ];
  const places = sides.flatMap((side) => Array.from({ length: side.count }, (_, index) => ({ ...side, index })));
  const made = (row: number): MazeEpisode => new MazeEpisode(maze, places[row]!.seed, places[row]!.index);
  const read = (kind: StepTargetKind) => (row: number, frames: Int32Array) => describe(made(row), kind, frames);
  return {
    name: 'synthetic episodes',
    kind: 'episodes',
    classes: null,
    actions: MAZE_ACTIONS,
    shape,
    usualShape: async () => shape,
    identity: async () => JSON.stringify([PAINTER, seed, maze.options]),
    entries: places.map(({ split, index }) => {
      const id = `${split}/${index}`;
      return { id, parts: [{ id, split, label: -1 }] };
    }),
    skipped: [],
    frames: places.length * steps,
    async read(entry, { signal }, onFrame) {
      const episode = made(entry);
      for (let t = 0; t < steps && !signal?.aborted; t++) await onFrame(episode.frame(t));
      return { times, flaw: null };
    },
    targets: (['actions', 'states'] as const).map((kind) => ({ kind, read: read(kind) })),
  };
}

/** See `STEP_TARGETS`. */
function describe({ actions, states }: MazeEpisode, kind: StepTargetKind, frames: Int32Array): Tensor {
  if (kind === 'actions') return tensor(BigInt64Array.from(frames, (t) => BigInt(actions[t]!)));
  const rows = Array.from(frames, (t) => states[t]!).flatMap(({ x, y, heading }) => [x, y, heading]);
  return scope(() => tensor(Float32Array.from(rows), { shape: [frames.length, 3] }));
}
