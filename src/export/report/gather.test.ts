import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { MemoryDataset } from '../../../tests/support/memory-dataset.js';
import { Backbone } from '../../backbones/backbone.js';
import type { ImageSpec, SampleSpec } from '../../data/index.js';
import { noGrad, type Tensor, tensor } from '../../engine/index.js';
import { fingerprint } from '../../evaluate/features.js';
import { imageSpec } from '../../methods/make.test-util.js';
import type { Encoder } from '../../methods/method.js';
import { image } from '../../modalities/image.js';
import type { Modality } from '../../modalities/modality.js';
import { registerModality } from '../../modalities/registry.js';
import { type Embedding, gatherEmbedding } from './gather.js';
import type { Sprite } from './thumbnails.js';

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

const encoder: Encoder<ImageSpec> = {
  spec: imageSpec(8),
  backbone: new Means(),
  preparation: { mean: [0, 0, 0], std: [1, 1, 1] },
  prepare: (x) => noGrad(() => x.to('float32').div(255)),
};

const COLORS = [
  [250, 10, 10],
  [10, 250, 10],
  [10, 10, 250],
];

interface Options {
  height?: number;
  width?: number;
  labels?: number[] | null;
  owners?: string[];
}

/** Images of one color: red, green, blue in turn, the channel a little off so that no two are equal. */
function colors(count: number, { height = 8, width = 8, ...options }: Options = {}) {
  const image = (i: number): number[] =>
    COLORS[i % 3]!.flatMap((value, c) => Array<number>(height * width).fill(value - (c === i % 3 ? i % 50 : 0)));
  const { labels = Array.from({ length: count }, (_, i) => i % 3) } = options;
  return new MemoryDataset<ImageSpec>({
    ...{ name: 'colors', count, labels, classes: ['red', 'green', 'blue'], owners: options.owners },
    spec: imageSpec(8, 3, { height, width }),
    make: (positions) =>
      tensor(Uint8Array.from(positions.flatMap(image)), { shape: [positions.length, 3, height, width] }),
  });
}

async function decode(uri: string) {
  expect(uri).toMatch(/^data:image\/(png|webp);base64,/);
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

function spriteOf({ sprite }: Embedding): Sprite {
  if (Array.isArray(sprite)) throw new Error('expected pictures');
  return sprite;
}

function pictureOf({ shown }: Embedding, index: number) {
  const thumbnail = shown[index]!;
  if (thumbnail.kind === 'text') throw new Error('expected a picture');
  return thumbnail;
}

describe('gatherEmbedding', () => {
  it('ties ids, labels, points, thumbnails and neighbors of one sample together', async () => {
    const embedding = await gatherEmbedding(encoder, colors(90), { limit: 60, seed: 4 });
    const { ids, labels, points, neighbors, agreement } = embedding;
    const sprite = spriteOf(embedding);
    expect([ids.length, new Set(ids).size, points.length, embedding.data.count]).toEqual([60, 60, 60, 90]);
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
        const picture = await decode(pictureOf(embedding, index).source);
        expect(isNear(picture.at(4, 4), COLORS[labels![index]!]!)).toBe(true);
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
    const few = Array.from({ length: 30 }, (_, i) => (i < 6 ? i % 3 : -1));
    const { labels, agreement } = await gatherEmbedding(encoder, colors(30, { labels: few }));
    expect(labels!.filter((label) => label >= 0)).toHaveLength(6);
    expect(agreement!.share).toBe(1);
    const none = await gatherEmbedding(encoder, colors(5, { labels: Array<number>(5).fill(-1) }));
    expect(none.agreement).toBeNull();
  });

  it('finds no parts of the same video, and counts none', async () => {
    // Six videos of five frames of one color; a class is a video and the next one, of another color.
    const videos = Array.from({ length: 30 }, (_, i) => (i % 3) + 3 * Math.floor(i / 15));
    const labels = videos.map((video) => Math.floor(video / 2));
    const options = { labels, owners: videos.map(String) };
    const { ids, neighbors, agreement, hasParts } = await gatherEmbedding(encoder, colors(30, options));
    expect(hasParts).toBe(true);
    const videoOf = (i: number) => videos[Number.parseInt(ids[i]!, 10)]!;
    for (const { query, items } of neighbors) {
      expect(items).toHaveLength(8);
      for (const { index } of items) expect(videoOf(index)).not.toBe(videoOf(query));
    }
    // Of 25 frames of other videos, 5 have the class.
    expect(agreement).toMatchObject({ chance: 5 / 25, k: 8 });
    // The nearest 5 are of the video of the same color, which has another class but in one pair of videos.
    expect(agreement!.share).toBeLessThan(0.5);
    const one = await gatherEmbedding(encoder, colors(30, { ...options, owners: videos.map(() => 'a') }));
    expect(one.agreement).toBeNull();
  });

  it('shrinks large images and keeps their proportions', async () => {
    const wide = { ...encoder, spec: { ...imageSpec(100), width: 300 } };
    const embedding = await gatherEmbedding(wide, colors(3, { height: 100, width: 300 }));
    const { width, height } = spriteOf(embedding);
    expect([width, height]).toEqual([48, 16]);
    const picture = await decode(pictureOf(embedding, embedding.neighbors[0]!.query).source);
    expect([picture.width, picture.height]).toEqual([192, 64]);
  });

  it('keeps small images exactly', async () => {
    const embedding = await gatherEmbedding(encoder, colors(1));
    const { source, width, height } = pictureOf(embedding, 0);
    expect([source.slice(0, 14), width, height]).toEqual(['data:image/png', 8, 8]);
    expect((await decode(source)).at(3, 3)).toEqual(COLORS[0]);
  });

  it('takes a single image, and refuses an odd limit', async () => {
    const { points, neighbors } = await gatherEmbedding(encoder, colors(1));
    expect([points, neighbors]).toEqual([[[0, 0]], [{ query: 0, items: [] }]]);
    await expect(gatherEmbedding(encoder, colors(3), { limit: 0 })).rejects.toThrow('`limit`');
  });
});

/** Sentences: int64 (N, 1), their numbers. */
interface WordSpec extends SampleSpec<Tensor> {
  readonly modality: 'words';
}

describe('data of other kinds', () => {
  it('are shown as their modality shows them: texts', async () => {
    const words: Modality<WordSpec> = {
      ...(image as unknown as Modality<WordSpec>),
      ...{ name: 'words', plural: 'sentences' },
      show: (samples, index) => ({
        kind: 'text',
        text: `Sentence ${samples.select(0, index).item()} ${'and so on '.repeat(60)}`,
      }),
    };
    const unregister = registerModality(words);
    try {
      const spec: WordSpec = { modality: 'words' };
      const dataset = new MemoryDataset<WordSpec>({
        ...{ spec, name: 'lines', plural: 'sentences', count: 12 },
        make: (positions) => tensor(Int32Array.from(positions), { shape: [positions.length, 1] }),
      });
      const prepare = (samples: Tensor) => samples.to('float32').view([-1, 1, 1, 1]).expand([-1, 3, 8, 8]);
      const reader: Encoder<WordSpec> = { spec, backbone: new Means(), preparation: {}, prepare };
      const { sprite, shown, data, ids, neighbors } = await gatherEmbedding(reader as never, dataset);
      expect(data.plural).toBe('sentences');
      const number = (id: string) => Number.parseInt(id, 10);
      expect((sprite as string[]).map((text) => Number(text.split(' ')[1]))).toEqual(ids.map(number));
      expect((sprite as string[])[0]).toHaveLength(160);
      const { query } = neighbors[0]!;
      expect(shown[query]).toMatchObject({
        kind: 'text',
        text: expect.stringMatching(`^Sentence ${number(ids[query]!)} and`),
      });
      expect((shown[query] as { text: string }).text).toHaveLength(400);
    } finally {
      unregister();
    }
  });

  it('say to which encoder, step and data they belong', async () => {
    const { encoder: print, step, data } = await gatherEmbedding(encoder, colors(4), { step: 70 });
    expect({ print, step, data }).toEqual({
      ...{ print: fingerprint(encoder.backbone), step: 70 },
      data: { name: 'colors', fingerprint: 'colors, 4 samples', count: 4, plural: 'images' },
    });
    expect((await gatherEmbedding(encoder, colors(4))).step).toBeNull();
  });
});
