import { describe, expect, it } from 'vitest';
import { MAZE_ACTIONS, Maze, MazeEpisode, type MazeOptions, mazeOptions } from './maze.js';

const options = (changes: Partial<MazeOptions> = {}): MazeOptions => ({
  ...mazeOptions.parse({}),
  flicker: 0,
  ...changes,
});
const maze = new Maze(options(), 3);

describe('a maze', () => {
  it('has ways from every cell to every other, and walls around', () => {
    for (const seed of [0, 1, 2]) {
      const { free, kinds } = new Maze(options({ loops: 0, landmarks: 0 }), seed);
      // A tree over 4 x 4 rooms: 16 rooms and 15 cells between them.
      expect(free).toHaveLength(31);
      const reached = new Set([free[0]!]);
      for (const cell of reached)
        for (const next of [cell - 9, cell + 1, cell + 9, cell - 1]) if (kinds[next] === 0) reached.add(next);
      expect(reached.size).toBe(31);
      for (let i = 0; i < 9; i++) for (const cell of [i, 72 + i, 9 * i, 9 * i + 8]) expect(kinds[cell]).toBe(-1);
    }
  });

  it('has as many loops and landmarks as are asked for, and is the same for the same seed', () => {
    const made = new Maze(options({ loops: 4, landmarks: 2 }), 5);
    expect(made.free).toHaveLength(35);
    expect([...made.kinds].filter((kind) => kind > 0).sort()).toEqual([1, 2]);
    expect(new Maze(options({ loops: 4, landmarks: 2 }), 5).kinds).toEqual(made.kinds);
    expect(new Maze(options({ loops: 4, landmarks: 2 }), 6).kinds).not.toEqual(made.kinds);
    expect(made.at(-1, 3)).toBe(-1);
  });
});

describe('an episode', () => {
  const episodes = Array.from({ length: 30 }, (_, index) => new MazeEpisode(maze, 1, index));

  it('goes where its actions lead, and never into a wall', () => {
    const counts = [0, 0, 0];
    for (const { states, actions } of episodes) {
      expect(states).toHaveLength(32);
      expect(actions[0]).toBe(-1);
      for (const [t, { x, y, heading }] of states.entries()) {
        expect(maze.at(x, y)).toBeGreaterThanOrEqual(0);
        if (t === 0) continue;
        const before = states[t - 1]!;
        const action = MAZE_ACTIONS[actions[t]!]!;
        counts[actions[t]!]!++;
        const [dx, dy] = [
          [0, -1],
          [1, 0],
          [0, 1],
          [-1, 0],
        ][before.heading]!;
        if (action === 'forward') expect([x, y, heading]).toEqual([before.x + dx!, before.y + dy!, before.heading]);
        if (action === 'left') expect([x, y, heading]).toEqual([before.x, before.y, (before.heading + 3) % 4]);
        if (action === 'right') expect([x, y, heading]).toEqual([before.x, before.y, (before.heading + 1) % 4]);
      }
    }
    expect(Math.min(...counts)).toBeGreaterThan(100);
  });

  it('shows the cells around, with what is ahead above and its left on the left', () => {
    const bright = (pixels: Uint8Array, row: number, column: number): boolean => {
      const i = 3 * ((8 * row + 4) * 24 + 8 * column + 4);
      return pixels[i]! + pixels[i + 1]! + pixels[i + 2]! > 3 * 90;
    };
    for (const episode of episodes)
      for (const t of [0, 7, 31]) {
        const { x, y, heading } = episode.states[t]!;
        const pixels = episode.frame(t);
        for (const row of [0, 1, 2])
          for (const column of [0, 1, 2]) {
            const [ahead, right] = [1 - row, column - 1];
            // North is up in the maze.
            const [dx, dy] = [
              [right, -ahead],
              [ahead, right],
              [-right, ahead],
              [-ahead, -right],
            ][heading]!;
            const isWall = maze.at(x + dx!, y + dy!) < 0;
            expect(bright(pixels, row, column)).toBe(!isWall);
          }
      }
  });

  it('looks alike in several places: a picture does not say where the agent is', () => {
    const seen = episodes.flatMap((episode) =>
      episode.states.map(({ x, y }, t) => ({
        place: `${x},${y}`,
        key: Buffer.from(episode.frame(t)).toString('base64'),
      })),
    );
    const places = new Map<string, Set<string>>();
    for (const { place, key } of seen) places.set(key, (places.get(key) ?? new Set()).add(place));
    const doubtful = seen.filter(({ key }) => places.get(key)!.size > 1);
    expect(doubtful.length / seen.length).toBeGreaterThan(0.6);
  });

  it('is the same for the same seed and index; light and noise differ from picture to picture', () => {
    const flickering = new Maze(options({ flicker: 0.3 }), 3);
    const [one, two] = [new MazeEpisode(flickering, 1, 4), new MazeEpisode(flickering, 1, 4)];
    expect(one.states).toEqual(episodes[4]!.states);
    expect(one.frame(5)).toEqual(two.frame(5));
    const differences = one.frame(5).map((value, i) => Math.abs(value - episodes[4]!.frame(5)[i]!));
    expect(Math.max(...differences)).toBeGreaterThan(10);
    expect(new MazeEpisode(maze, 1, 5).states).not.toEqual(episodes[4]!.states);
    expect(new MazeEpisode(maze, 2, 4).states).not.toEqual(episodes[4]!.states);
  });
});
