import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../tests/support/tiny.js';
import { scope } from '../engine/index.js';
import { EpisodeDataset } from './episode-dataset.js';
import { openEpisodes } from './open-episodes.js';
import { Maze, MazeEpisode, mazeOptions } from './synthetic/maze.js';

const cacheFolder = temporaryFolder();
const SPEC = 'synthetic:episodes?count=6&test=3&steps=10&seed=2';
const open = (given = {}) => openEpisodes(SPEC, { cacheFolder, ...given });
const maze = new Maze({ ...mazeOptions.parse({}), steps: 10 }, 2);

describe('episodes', () => {
  it('are pictures with the actions between them', async () => {
    const episodes = await open({ split: 'train', frames: 10 });
    expect(episodes).toBeInstanceOf(EpisodeDataset);
    expect(episodes.spec).toMatchObject({
      modality: 'episode',
      frames: 10,
      actions: 3,
      channels: 3,
      height: 24,
      width: 24,
    });
    expect(episodes.describe()).toBe(
      'synthetic episodes: 6 episodes of 24 x 24, color, in 10 steps by 3 actions, with actions and states',
    );
    scope(() => {
      const { frames, actions } = episodes.collate([4, 1]);
      expect([frames.shape, frames.dtype]).toEqual([[2, 10, 3, 24, 24], 'uint8']);
      for (const [i, index] of [4, 1].entries()) {
        const truth = new MazeEpisode(maze, 4, index);
        expect(actions.select(0, i).toNumbers()).toEqual([...truth.actions]);
        for (const t of [0, 9]) {
          const shown = frames.select(0, i).select(0, t).permute([1, 2, 0]).contiguous();
          expect(shown.toTypedArray()).toEqual(truth.frame(t));
        }
        const states = episodes.known('states', [index]).select(0, 0).toList() as number[][];
        expect(states).toEqual(truth.states.map(({ x, y, heading }) => [x, y, heading]));
      }
    });
  });

  it('show any of their stretches in training, with the actions of these very steps', async () => {
    const episodes = await open({ split: 'train', frames: 4 });
    scope(() => {
      const starts = new Set<number>();
      for (let epoch = 0; epoch < 20; epoch++) {
        const draw = { seed: 1, epoch };
        const { actions, frames } = episodes.collate([3], draw);
        const truth = new MazeEpisode(maze, 4, 3);
        const shown = frames.select(0, 0).select(0, 0).permute([1, 2, 0]).contiguous().toTypedArray();
        const start = truth.states.findIndex(
          (_, t) => Buffer.compare(Buffer.from(truth.frame(t)), Buffer.from(shown as Uint8Array)) === 0,
        );
        expect(actions.flatten().toNumbers()).toEqual([...truth.actions.subarray(start, start + 4)]);
        starts.add(start);
      }
      expect(starts.size).toBeGreaterThan(3);
    });
  });

  it('are parted, drawn and looked at by encoders of clips and images as other data are', async () => {
    const episodes = await open({ frames: 4 });
    expect(episodes.only('test').ids).toEqual(['test/0', 'test/1', 'test/2']);
    expect((await open({ frames: 4, limit: 2 })).count).toBe(2);
    scope(() => {
      const subset = episodes.subset([5, 2]);
      const [own, whole] = [subset.collate([0]), episodes.collate([5])];
      expect(own.frames.equal(whole.frames) && own.actions.equal(whole.actions)).toBe(true);
      expect(subset.fingerprint).not.toBe(episodes.fingerprint);
      expect(episodes.seenBy({ modality: 'episode' })).toBe(episodes);
      expect(episodes.seenBy({ modality: 'clip' })!.collate([0])).toMatchObject({ shape: [1, 4, 3, 24, 24] });
      expect(episodes.seenBy({ modality: 'image' })!.collate([0])).toMatchObject({ shape: [1, 3, 24, 24] });
      expect(episodes.seenBy({ modality: 'sound' })).toBeNull();
    });
  });

  it('refuse options that they do not have, and more steps than there are', async () => {
    await expect(open({ frames: 11 })).rejects.toThrow(/No video of synthetic episodes is long enough/);
    await expect(openEpisodes('synthetic:episodes?cells=8', { cacheFolder })).rejects.toThrow(/`cells` does not fit/);
    await expect(openEpisodes('synthetic:episodes?frames=8', { cacheFolder })).rejects.toThrow(
      /Expected one of size, steps/,
    );
  });
});
