/**
 * Mined pairs of patches must show one thing at both ends, also where it is small in its patch and turns fast: generated sprites of three sizes
 * and three rates of turning, whose places are known exactly. Control: a correlation filter for the whole patch, in which the ground at
 * rest is the greater part, loses them.
 */
import { afterAll, beforeAll, it } from 'vitest';
import type { Box } from '../../src/data/box.js';
import { scope } from '../../src/engine/index.js';
import { minePatches, trackBox, visionPool } from '../../src/motion/index.js';
import { sprites } from '../../src/motion/sprites.test-util.js';
import { claim, keepResult, SEED } from './claims.js';

const SIZE = 64;
const SIDE = 28;
const TRACK = 30;
const VIDEOS = 24;
const FPS = 10;
/** Pixels, on average, and degrees from frame to frame. */
const DIAMETERS = [9, 18, 27] as const;
const TURNS = [0, 9, 18] as const;

interface Counts {
  starts: number;
  pairs: number;
  /** Both ends on the sprite. */
  onSprite: number;
  /** Those, and the end of a filter for the whole patch too. */
  control: number;
}

const counts = new Map<string, Counts>();
const figures: Record<string, number> = {};
const keyOf = (diameter: number, degrees: number): string => `${diameter} pixels, ${degrees} degrees`;

/** Whether a patch is off the one around the sprite, pushed back into the picture, by less than a quarter of its side along both axes. */
function liesOn(patch: Box, { left, top, width, height }: Box): boolean {
  const wanted = (middle: number): number => Math.min(Math.max(0, middle - SIDE / 2), SIZE - SIDE);
  const [x, y] = [wanted(left + width / 2), wanted(top + height / 2)];
  return Math.max(Math.abs(patch.left - x), Math.abs(patch.top - y)) < SIDE / 4;
}

async function mined(diameter: number, degrees: number): Promise<Counts> {
  const found: Counts = { starts: 0, pairs: 0, onSprite: 0, control: 0 };
  for (let i = 0; i < VIDEOS; i++) {
    const look = { size: SIZE, scale: diameter / SIZE, spin: (degrees / 360) * FPS, fps: FPS, frames: TRACK + 1 };
    const { frames, times, boxAt } = sprites(look, 1000 + SEED, i);
    const options = { side: SIDE, frames: TRACK, every: TRACK, fewest: 0.02, most: 1 };
    const { pairs } = await minePatches({ id: `${i}`, frames, times }, options);
    found.starts++;
    for (const { first, last } of pairs) {
      found.pairs++;
      found.onSprite += Number(liesOn(first.box, boxAt(first.frame)) && liesOn(last.box, boxAt(last.frame)));
      const whole = scope(() => trackBox(frames, first.box)).at(-1)!.box;
      found.control += Number(liesOn(first.box, boxAt(first.frame)) && liesOn(whole, boxAt(last.frame)));
    }
    frames.dispose();
  }
  return found;
}

beforeAll(async () => {
  for (const diameter of DIAMETERS)
    for (const degrees of TURNS) counts.set(keyOf(diameter, degrees), await mined(diameter, degrees));
});

afterAll(async () => {
  await visionPool().close();
  keepResult('mined-tracks', figures);
});

const sumOf = (keys: readonly string[], of: keyof Counts): number =>
  keys.reduce((sum, key) => sum + counts.get(key)![of], 0);

const share = (keys: readonly string[], of: 'onSprite' | 'control'): number => sumOf(keys, of) / sumOf(keys, 'pairs');
const all = (): string[] => [...counts.keys()];
const smallAndTurning = TURNS.slice(1).map((degrees) => keyOf(DIAMETERS[0], degrees));

it('stays on sprites of all sizes that turn, more often than a filter for the whole patch', () => {
  for (const [key, { starts, pairs, onSprite, control }] of counts) {
    figures[`${key}: share of pairs on the sprite`] = onSprite / pairs;
    figures[`${key}: share of starts that give such a pair`] = onSprite / starts;
    figures[`control, ${key}: share of pairs on the sprite`] = control / pairs;
  }
  figures['share of pairs on the sprite'] = share(all(), 'onSprite');
  figures['share of starts that give such a pair'] = sumOf(all(), 'onSprite') / sumOf(all(), 'starts');
  figures['control: share of pairs on the sprite'] = share(all(), 'control');
  claim(figures['share of pairs on the sprite']).isAbove(figures['control: share of pairs on the sprite'] + 0.1);
});

it('stays on small ones that turn; control: a filter for the whole patch loses them', () => {
  figures['small and turning: share of pairs on the sprite'] = share(smallAndTurning, 'onSprite');
  figures['control, small and turning: share of pairs on the sprite'] = share(smallAndTurning, 'control');
  claim(figures['small and turning: share of pairs on the sprite']).isAbove(0.5);
  claim(figures['control, small and turning: share of pairs on the sprite']).isBelow(0.5);
});
