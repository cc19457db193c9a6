import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { Backbone } from '../../backbones/backbone.js';
import { noGrad, type Tensor, tensor } from '../../engine/index.js';
import { type Embedding, gatherEmbedding } from './gather.js';

/** Its features are the mean of each channel. */
class Means extends Backbone {
  readonly architecture = 'means';
  readonly options = { inputChannels: 3, imageSize: 8 };
  readonly featureSize = 3;
  readonly layers = ['input'];

  maps(x: Tensor): Tensor {
    return x;
  }

  layerSize(): number {
    return 3;
  }
}

const encoder = { backbone: new Means(), prepare: (x: Tensor) => noGrad(() => x.to('float32').div(255)) };

const COLORS = [
  [250, 10, 10],
  [10, 250, 10],
  [10, 10, 250],
];

/** Images of one color: red, green, blue in turn, the channel a little off so that no two are equal. */
function colors(count: number, options: { height?: number; width?: number; labels?: Int32Array | null } = {}) {
  const { height = 8, width = 8, labels = Int32Array.from({ length: count }, (_, i) => i % 3) } = options;
  const image = (i: number): number[] =>
    COLORS[i % 3]!.flatMap((value, c) => Array<number>(height * width).fill(value - (c === i % 3 ? i % 50 : 0)));
  return {
    name: 'colors',
    count,
    ids: Array.from({ length: count }, (_, i) => `${i}.png`),
    labels,
    classes: labels === null ? null : ['red', 'green', 'blue'],
    size: { height, width },
    channels: 3 as const,
    batch: (indices: ArrayLike<number>) =>
      tensor(Uint8Array.from(Array.from(indices).flatMap(image)), { shape: [indices.length, 3, height, width] }),
  };
}

async function decode(uri: string) {
  expect(uri).toMatch(/^data:image\/webp;base64,/);
  const { data, info } = await sharp(Buffer.from(uri.split(',')[1]!, 'base64'))
    .raw()
    .toBuffer({ resolveWithObject: true });
  return {
    ...info,
    at: (x: number, y: number) => [...data.subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3)],
  };
}

const isNear = (pixel: readonly number[], color: readonly number[]): boolean =>
  pixel.every((value, c) => Math.abs(value - color[c]!) < 70);

describe('gatherEmbedding', () => {
  it('ties ids, labels, points, thumbnails and neighbors of one sample together', async () => {
    const embedding = await gatherEmbedding(encoder, colors(90), { limit: 60, seed: 4 });
    const { ids, labels, points, sprite, neighbors, pictures, agreement } = embedding;
    expect([ids.length, new Set(ids).size, points.length, embedding.total]).toEqual([60, 60, 60, 90]);
    expect(ids.map((id) => Number.parseInt(id, 10) % 3)).toEqual(labels);
    expect(agreement).toEqual({ share: 1, chance: expect.closeTo(1 / 3, 1), k: 8 });

    const sheet = await decode(sprite.image);
    expect([sheet.width, sheet.height]).toEqual([sprite.columns * 8, sprite.rows * 8]);
    for (const i of [0, 1, 30, 59]) {
      const [x, y] = [(i % sprite.columns) * 8 + 4, Math.floor(i / sprite.columns) * 8 + 4];
      expect(isNear(sheet.at(x, y), COLORS[labels![i]!]!)).toBe(true);
      expect(isNear(sheet.at(x, y), COLORS[(labels![i]! + 1) % 3]!)).toBe(false);
    }

    expect(neighbors).toHaveLength(8);
    expect(new Set(neighbors.slice(0, 3).map(({ query }) => labels![query])).size).toBe(3);
    for (const { query, items } of neighbors)
      for (const { index, cosine } of items) {
        expect(labels![index]).toBe(labels![query]);
        expect(cosine).toBeGreaterThan(0.99);
        expect(isNear((await decode(pictures[index]!)).at(4, 4), COLORS[labels![index]!]!)).toBe(true);
      }
  });

  it('is the same for the same seed, through JSON too', async () => {
    const first = await gatherEmbedding(encoder, colors(30), { seed: 1 });
    const again = await gatherEmbedding(encoder, colors(30), { seed: 1 });
    expect(again).toEqual(first);
    expect(JSON.parse(JSON.stringify(first)) as Embedding).toEqual(JSON.parse(JSON.stringify(again)));
    expect((await gatherEmbedding(encoder, colors(30), { seed: 2 })).ids).not.toEqual(first.ids);
  });

  it('claims nothing about classes without labels, and leaves out what has none', async () => {
    const bare = await gatherEmbedding(encoder, colors(20, { labels: null }));
    expect([bare.labels, bare.classes, bare.agreement]).toEqual([null, null, null]);
    const few = Int32Array.from({ length: 30 }, (_, i) => (i < 6 ? i % 3 : -1));
    const { labels, agreement } = await gatherEmbedding(encoder, colors(30, { labels: few }));
    expect(labels!.filter((label) => label >= 0)).toHaveLength(6);
    expect(agreement!.share).toBe(1);
    const none = await gatherEmbedding(encoder, colors(5, { labels: new Int32Array(5).fill(-1) }));
    expect(none.agreement).toBeNull();
  });

  it('shrinks large images and keeps their proportions', async () => {
    const { sprite, pictures, neighbors } = await gatherEmbedding(encoder, colors(3, { height: 100, width: 300 }));
    expect([sprite.width, sprite.height]).toEqual([48, 16]);
    const picture = await decode(pictures[neighbors[0]!.query]!);
    expect([picture.width, picture.height]).toEqual([128, 43]);
  });

  it('takes a single image, and refuses an odd limit', async () => {
    const { points, neighbors } = await gatherEmbedding(encoder, colors(1));
    expect([points, neighbors]).toEqual([[[0, 0]], [{ query: 0, items: [] }]]);
    await expect(gatherEmbedding(encoder, colors(3), { limit: 0 })).rejects.toThrow('`limit`');
  });
});
