import sharp from 'sharp';
import { scope } from '../../engine/index.js';
import { pca } from '../../methods/clusters/pca.js';
import type { WordSpace } from '../../methods/text/word-space.js';
import { measure, outline, type TextStyle } from './outline.js';

const SIDE = 1600;
const MARGIN = 80;
const DOT = 5;
const WORD: TextStyle = { size: 22, color: '#0f172a' };
const BLUE = '#2563eb';

/** Where a word stands, and its label if there is room for it. */
interface Placed {
  word: string;
  x: number;
  y: number;
  isLabeled: boolean;
}

/**
 * A map of words as a PNG: their directions, projected onto the two along which they differ most. A word whose label would cover another one
 * is a dot alone; frequent words come first.
 *
 * @param places of the words in the space
 */
export async function drawWordMap(space: WordSpace, places: readonly number[]): Promise<Buffer> {
  const placed = place(space, places);
  const parts = placed.map(({ word, x, y, isLabeled }) => {
    const dot = `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${DOT}" fill="${BLUE}" fill-opacity="0.7"/>`;
    return isLabeled ? dot + outline(word, x + 2 * DOT, y + WORD.size / 3, WORD) : dot;
  });
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${SIDE}" height="${SIDE}"><rect width="${SIDE}" height="${SIDE}" fill="#ffffff"/>${parts.join('')}</svg>`;
  return sharp(Buffer.from(svg)).png({ compressionLevel: 9 }).toBuffer();
}

function place(space: WordSpace, places: readonly number[]): Placed[] {
  const [xs, ys] = scope(() => {
    const points = pca(space.rows(places), { size: 2, useWhitening: false });
    return [0, 1].map((axis) => (axis < points.size(1) ? points.select(1, axis).toNumbers() : places.map(() => 0)));
  }) as [number[], number[]];
  const toPixels = (values: readonly number[], room: number): number[] => {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return values.map((value) => MARGIN + ((value - low) / (high - low || 1)) * (room - 2 * MARGIN));
  };
  const words = places.map((at) => space.words[at]!);
  const widest = Math.max(...words.map((word) => measure(word, WORD)));
  const [left, top] = [toPixels(xs, SIDE - Math.min(widest, SIDE / 4)), toPixels(ys, SIDE)];
  const taken: { from: number; to: number; y: number }[] = [];
  return words.map((word, i) => {
    const [x, y] = [left[i]!, top[i]!];
    const label = { from: x - DOT, to: x + 3 * DOT + measure(word, WORD), y };
    const isLabeled = taken.every(
      (other) => Math.abs(other.y - y) > WORD.size || other.from > label.to || other.to < label.from,
    );
    if (isLabeled) taken.push(label);
    return { word, x, y, isLabeled };
  });
}
