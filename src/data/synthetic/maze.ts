/**
 * A small world to act in: one maze, and agents that walk through it and see the cells around them from above, turned so that ahead is up.
 * Many places look alike: where an agent is follows from what it saw and did before.
 */
import { z } from 'zod';
import { Prng } from '../prng.js';

const whole = (least: number, most: number) => z.coerce.number().int().min(least).max(most);

/** How the maze and its pictures are; one data set has one maze. */
export const mazeOptions = z.object({
  size: whole(12, 512).default(24).describe('Side of the pictures in pixels'),
  steps: whole(2, 10_000).default(32).describe('Pictures of an episode'),
  cells: whole(5, 101)
    .refine((cells) => cells % 2 === 1, 'an odd number')
    .default(9)
    .describe('Cells a side, with the walls around: an odd number'),
  loops: whole(0, 1000).default(3).describe('Walls that are taken out, so that there is more than one way'),
  landmarks: whole(0, 8).default(1).describe('Cells with a floor of a color of their own'),
  flicker: z.coerce
    .number()
    .min(0)
    .max(1)
    .default(0.2)
    .describe('How much light and noise differ from picture to picture'),
});

export type MazeOptions = z.output<typeof mazeOptions>;

export const MAZE_ACTIONS = ['forward', 'left', 'right'] as const;
const [FORWARD, LEFT, RIGHT] = [0, 1, 2] as const;
/** North, east, south, west: x to the right and y down. */
const HEADINGS = [
  [0, -1],
  [1, 0],
  [0, 1],
  [-1, 0],
] as const;
/** Cells a side that an agent sees; its own is in the middle. */
const VIEW = 3;
const WALL = -1;
const FLOOR = 0;

type Rgb = readonly [number, number, number];
const WALL_COLOR: Rgb = [0.25, 0.25, 0.3];
const FLOOR_COLOR: Rgb = [0.7, 0.68, 0.62];
const LANDMARK_COLORS: readonly Rgb[] = [
  [0.8, 0.25, 0.2],
  [0.2, 0.45, 0.8],
  [0.25, 0.65, 0.3],
  [0.85, 0.75, 0.2],
  [0.6, 0.3, 0.7],
  [0.2, 0.7, 0.7],
  [0.9, 0.5, 0.2],
  [0.5, 0.35, 0.2],
];

/** Walls and floors, the same for the same options and seed. */
export class Maze {
  /** Per cell, row by row: -1 for a wall, 0 for the floor, 1, 2, ... for landmarks. */
  readonly kinds: Int8Array;
  /** Numbers of the cells in which an agent can be. */
  readonly free: readonly number[];

  constructor(
    readonly options: MazeOptions,
    seed: number,
  ) {
    const { cells, loops, landmarks } = options;
    const random = new Prng(seed);
    this.kinds = new Int8Array(cells * cells).fill(WALL);
    this.dig(1, 1, random);
    // Walls with a cell on either side of them.
    const inner = [...this.kinds.keys()].filter((cell) => {
      const [x, y] = [cell % cells, Math.floor(cell / cells)];
      const isInside = x > 0 && y > 0 && x < cells - 1 && y < cells - 1;
      return isInside && (x + y) % 2 === 1 && this.kinds[cell] === WALL;
    });
    for (const cell of random.shuffle(Int32Array.from(inner)).subarray(0, loops)) this.kinds[cell] = FLOOR;
    this.free = [...this.kinds.keys()].filter((cell) => this.kinds[cell] !== WALL);
    const chosen = random.shuffle(Int32Array.from(this.free)).subarray(0, landmarks);
    for (const [i, cell] of chosen.entries()) this.kinds[cell] = 1 + i;
  }

  /** Depth first from a cell with odd coordinates to all others. */
  private dig(x: number, y: number, random: Prng): void {
    const { cells } = this.options;
    const open = [[x, y] as const];
    this.kinds[y * cells + x] = FLOOR;
    for (;;) {
      const here = open.at(-1);
      if (here === undefined) return;
      const ways = HEADINGS.map(([dx, dy]) => [here[0] + 2 * dx, here[1] + 2 * dy] as const).filter(
        ([toX, toY]) => toX > 0 && toY > 0 && toX < cells && toY < cells && this.kinds[toY * cells + toX] === WALL,
      );
      if (ways.length === 0) {
        open.pop();
        continue;
      }
      const next = ways[random.below(ways.length)]!;
      this.kinds[next[1] * cells + next[0]] = FLOOR;
      this.kinds[((next[1] + here[1]) / 2) * cells + (next[0] + here[0]) / 2] = FLOOR;
      open.push(next);
    }
  }

  /** What is in a cell; beyond the edge are walls. */
  at(x: number, y: number): number {
    const { cells } = this.options;
    return x < 0 || y < 0 || x >= cells || y >= cells ? WALL : this.kinds[y * cells + x]!;
  }
}

/** Where an agent is: its cell and the number of its heading (north, east, south, west). */
export interface AgentState {
  x: number;
  y: number;
  heading: number;
}

/** Share of steps in which an agent turns though it could go on. */
const TURNING = 0.25;

/** One walk through a maze, the same for the same seed and index; painted picture by picture when asked. */
export class MazeEpisode {
  readonly states: readonly AgentState[];
  /** The action that led to each picture, by its number in `MAZE_ACTIONS`; -1 for the first. */
  readonly actions: Int8Array;

  constructor(
    readonly maze: Maze,
    private readonly seed: number,
    private readonly index: number,
  ) {
    const { steps, cells } = maze.options;
    const random = new Prng(seed, index);
    const cell = maze.free[random.below(maze.free.length)]!;
    let state: AgentState = { x: cell % cells, y: Math.floor(cell / cells), heading: random.below(4) };
    const states = [state];
    this.actions = new Int8Array(steps).fill(-1);
    for (let t = 1; t < steps; t++) {
      const [x, y] = ahead(state, 1, 0);
      const goesOn = maze.at(x, y) !== WALL && random.uniform() >= TURNING;
      const action = goesOn ? FORWARD : random.uniform() < 0.5 ? LEFT : RIGHT;
      state = goesOn ? { ...state, x, y } : { ...state, heading: (state.heading + (action === RIGHT ? 1 : 3)) % 4 };
      this.actions[t] = action;
      states.push(state);
    }
    this.states = states;
  }

  /** What the agent sees at step `t`, uint8 (H, W, 3). */
  frame(t: number): Uint8Array {
    const { size, flicker } = this.maze.options;
    const state = this.states[t]!;
    const random = new Prng(this.seed, this.index, t);
    const light = Array.from({ length: 3 }, () => 1 + flicker * (2 * random.uniform() - 1));
    const colors = Array.from({ length: VIEW * VIEW }, (_, i) => {
      const [row, column] = [Math.floor(i / VIEW), i % VIEW];
      const kind = this.maze.at(...ahead(state, (VIEW >> 1) - row, column - (VIEW >> 1)));
      return kind === WALL ? WALL_COLOR : kind === FLOOR ? FLOOR_COLOR : LANDMARK_COLORS[kind - 1]!;
    });
    const pixels = new Uint8Array(3 * size * size);
    for (let y = 0, i = 0; y < size; y++)
      for (let x = 0; x < size; x++) {
        const color = colors[Math.floor((y * VIEW) / size) * VIEW + Math.floor((x * VIEW) / size)]!;
        const noise = (flicker / 2) * (2 * random.uniform() - 1);
        for (let c = 0; c < 3; c++)
          pixels[i++] = Math.min(255, Math.max(0, Math.round(255 * (color[c]! * light[c]! + noise))));
      }
    return pixels;
  }
}

/** The cell so many steps ahead of an agent and to its right. */
function ahead({ x, y, heading }: AgentState, forward: number, right: number): [x: number, y: number] {
  const [fx, fy] = HEADINGS[heading]!;
  const [rx, ry] = HEADINGS[(heading + 1) % 4]!;
  return [x + forward * fx + right * rx, y + forward * fy + right * ry];
}
