import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { type Tensor, tensor } from '../engine/index.js';
import { readNotes, renderPreview, tilePng } from './picture.js';

const rgb = (red: number, green: number, blue: number, side = 4): Tensor =>
  tensor(Float32Array.from([red, green, blue].flatMap((value) => Array<number>(side * side).fill(value))), {
    shape: [3, side, side],
  });

async function decode(png: Buffer) {
  const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number): number[] => [
    ...data.subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3),
  ];
  const count = (color: readonly number[]): number => {
    let total = 0;
    for (let i = 0; i < data.length; i += 3) if (color.every((value, c) => data[i + c] === value)) total++;
    return total;
  };
  return { width: info.width, height: info.height, at, count };
}

const GREEN = [0x15, 0x80, 0x3d];
const RED = [0xc2, 0x26, 0x1d];

describe('renderPreview', () => {
  it('enlarges small tiles by a whole factor without smoothing', async () => {
    const checker = tensor([
      [
        [0, 1],
        [1, 0],
      ],
    ]);
    // 2 pixels become 208. Without text, the two black quadrants are all that is black: nothing inside is gray.
    const sheet = await decode(await renderPreview({ title: '', explanation: '', rows: [[{ image: checker }]] }));
    expect(sheet.count([0, 0, 0])).toBe(2 * 104 * 104);
    expect(sheet.at(0, 0)).toEqual([255, 255, 255]);
  });

  it('shows colors as they are and marks right and wrong answers', async () => {
    const image = rgb(1, 0.5, 0);
    const render = async (isCorrect?: boolean) =>
      decode(await renderPreview({ title: 'T', explanation: 'E', rows: [[{ image, caption: 'says so', isCorrect }]] }));
    const [right, wrong, neutral] = [await render(true), await render(false), await render()];
    for (const sheet of [right, wrong, neutral]) expect(sheet.count([255, 128, 0])).toBe(208 * 208);
    expect(right.count(GREEN)).toBeGreaterThan(4 * 208 * 4);
    expect(right.count(RED)).toBe(0);
    expect(wrong.count(RED)).toBeGreaterThan(4 * 208 * 4);
    expect(wrong.count(GREEN)).toBe(0);
    expect(neutral.count(GREEN) + neutral.count(RED)).toBe(0);
  });

  it('takes gray images, 16-bit floats, several sizes and rows of several lengths', async () => {
    const rows = [
      [{ image: rgb(0, 0, 1) }, { image: tensor([[[0.25]]]).to('bfloat16') }],
      [{ image: rgb(0, 1, 0, 500) }],
      [],
    ];
    const sheet = await decode(await renderPreview({ title: 'T', explanation: 'E', rows }));
    expect(sheet.count([0, 0, 255])).toBe(208 * 208);
    expect(sheet.count([64, 64, 64])).toBe(208 * 208);
    expect(sheet.count([0, 255, 0])).toBe(448 * 448);
  });

  it('clips what lies outside [0, 1] and draws NaN black', async () => {
    const image = tensor(Float32Array.from([2, -1, Number.NaN]), { shape: [3, 1, 1] });
    expect((await decode(await tilePng(image))).at(0, 0)).toEqual([255, 0, 0]);
  });

  it('writes text alone', async () => {
    const lines = ['The quick [MASK] fox → brown', '', 'two\nlines'];
    const text = await decode(await renderPreview({ title: 'Words', explanation: 'What is hidden?', rows: [], lines }));
    const bare = await decode(await renderPreview({ title: 'Words', explanation: 'What is hidden?', rows: [] }));
    expect(text.height).toBeGreaterThan(bare.height + 100);
    expect(text.count([0x0f, 0x17, 0x2a])).toBeGreaterThan(bare.count([0x0f, 0x17, 0x2a]));
  });

  it('carries its words and where its header ends', async () => {
    const rows = [[{ image: rgb(0, 0, 0), caption: '90° "<ä>"', isCorrect: false }, { image: rgb(0, 0, 0) }]];
    const png = await renderPreview({ title: 'Turned', explanation: 'By how much?', rows });
    const notes = await readNotes(png);
    expect(notes?.description).toBe('Turned. By how much? Row 1: 90° "<ä>" (wrong), an image.');
    // The frame of the first tile is the first thing below the header.
    const sheet = await decode(png);
    expect(sheet.at(44, notes!.headerHeight)).toEqual(RED);
    expect(sheet.at(44, notes!.headerHeight - 1)).toEqual([255, 255, 255]);
    expect(await readNotes(await tilePng(rgb(0, 0, 0)))).toBeNull();
  });

  it('refuses what is not an image', async () => {
    const render = (image: Tensor) => renderPreview({ title: 'T', explanation: 'E', rows: [[{ image }]] });
    await expect(render(tensor([[0, 1]]))).rejects.toThrow('Expected a float image (C, H, W)');
    await expect(render(tensor([[[0]], [[1]]]))).rejects.toMatchObject({ code: 'SHAPE' });
    await expect(render(tensor([[[255]]]).to('uint8'))).rejects.toThrow('received uint8[1, 1, 1] on cpu');
  });
});

describe('tilePng', () => {
  it('keeps the size', async () => {
    const tile = await decode(
      await tilePng(
        tensor([
          [
            [0, 0.2, 0.4],
            [0.6, 0.8, 1],
          ],
        ]),
      ),
    );
    expect([tile.width, tile.height]).toEqual([3, 2]);
    expect([tile.at(0, 0)[0], tile.at(1, 0)[0], tile.at(2, 1)[0]]).toEqual([0, 51, 255]);
  });
});
