import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { EvaluationExamples } from '../../evaluate/measuring.js';
import { rectangles } from '../../evaluate/tasks/boxes.test-util.js';
import { drawAnswers } from './answers.js';

function examplesOf(changes: Partial<EvaluationExamples['examples'][number]>): EvaluationExamples {
  const boxes = [{ box: { left: 4, top: 8, width: 8, height: 4 }, class: 0, score: null }];
  const example = {
    ...{ position: 1, rank: 'best' as const, merit: 1, caption: '1 of 1 found, 0 wrong' },
    truth: { kind: 'boxes' as const, boxes },
    answer: { kind: 'boxes' as const, boxes: [{ ...boxes[0]!, score: 0.83 }] },
    ...changes,
  };
  const data = rectangles(4, 1);
  return { protocol: 'linear', labels: '100%', seed: 0, data, classes: ['light', 'dark'], examples: [example] };
}

/** How many pixels of a picture have this color. */
async function count(png: Buffer, color: readonly number[]): Promise<number> {
  const { data: pixels } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  let found = 0;
  for (let i = 0; i < pixels.length; i += 3) if (color.every((value, c) => pixels[i + c] === value)) found++;
  return found;
}

/** Colors of PASCAL VOC, and the one that stands for those that are too dark. */
const [RED, GREEN, VOID, DARK, SEEN] = [
  [128, 0, 0],
  [0, 128, 0],
  [224, 224, 192],
  [32, 0, 0],
  [255, 200, 0],
];

describe('drawAnswers', () => {
  it('draws boxes in the color of their class, with more to read on answers', async () => {
    const found = await drawAnswers('Detection', examplesOf({}));
    // Two frames of 128 x 64 pixels, three wide, and their names.
    const red = await count(found, RED!);
    expect(red).toBeGreaterThan(2 * 3 * 2 * (128 + 64) * 0.8);
    expect(await count(found, GREEN!)).toBe(0);
    const other = examplesOf({ answer: { kind: 'boxes', boxes: [] } });
    const missed = await count(await drawAnswers('Detection', other), RED!);
    expect(missed).toBeGreaterThan(0.3 * red);
    expect(missed).toBeLessThan(0.6 * red);
  });

  it('draws masks in the colors of their classes, and says which these are', async () => {
    const mask = (value: number) => ({
      ...{ kind: 'mask' as const, height: 16, width: 16 },
      pixels: new Uint8Array(256).fill(0).fill(value, 64, 128),
    });
    const examples = { ...examplesOf({ truth: mask(1), answer: mask(255) }), classes: ['background', 'light', 'dark'] };
    const png = await drawAnswers('Segmentation', examples);
    // Edges have the full color, and so have the entries of the legend.
    expect(await count(png, RED!)).toBeGreaterThan(28 * 28 * 0.9 + 2 * 256);
    expect(await count(png, GREEN!)).toBeGreaterThan(28 * 28 * 0.9);
    expect(await count(png, VOID!)).toBeGreaterThanOrEqual(2 * 256);
  });

  it('shows a class whose color is too dark in another, in masks as in the list', async () => {
    const mask = { kind: 'mask' as const, height: 16, width: 16, pixels: new Uint8Array(256).fill(64, 64, 128) };
    const classes = ['background', ...Array.from({ length: 64 }, (_, c) => `class ${c + 1}`)];
    const png = await drawAnswers('Segmentation', { ...examplesOf({ truth: mask, answer: mask }), classes });
    expect(await count(png, DARK!)).toBe(0);
    // The upper and lower edges of both masks, and an entry in full size: long lists are parted, not made smaller.
    expect(await count(png, SEEN!)).toBeGreaterThan(2 * 2 * 256 + 28 * 28 * 0.9);
    expect(await count(png, RED!)).toBeGreaterThan(28 * 28 * 0.9);
  });

  it('draws boxes of more classes than there are colors', async () => {
    const classes = Array.from({ length: 300 }, (_, c) => `class ${c}`);
    const boxes = [{ box: { left: 4, top: 8, width: 8, height: 4 }, class: 299, score: null }];
    const png = await drawAnswers('Detection', { ...examplesOf({ truth: { kind: 'boxes', boxes } }), classes });
    expect(await count(png, SEEN!)).toBeGreaterThan(3 * 2 * (128 + 64) * 0.8);
  });
});
