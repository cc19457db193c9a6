import type { Geometry } from '../../data/geometry-coding.js';
import { renderScenes, type SceneBatch, type SceneOptions } from '../../data/index.js';
import { type Generator, keep, ops, type Tensor, withoutGraph } from '../../engine/index.js';

/** What a network learns from rendered scenes: the picture, and depth, normals and contours of each of its pixels. */
export type SceneSample = Geometry;

const NAMES = ['images', 'depth', 'normals', 'contours'] as const;
/** Seed of the series that a stock is taken from. */
const STOCK_SEED = 20_180_618;

/** Rendered scenes for training: new ones at every step, or from a stock that is rendered at the first. */
export class SceneSupply {
  private stock: SceneSample | null = null;

  /** @param stockSize number of different scenes; null for new ones without end */
  constructor(
    private readonly options: SceneOptions,
    private readonly stockSize: number | null,
  ) {}

  /** Scenes drawn with the generator, on its device: from the stock, which is the same in every run, or new ones. */
  take(count: number, random: Generator, isNew = false): SceneSample {
    return withoutGraph(() => {
      if (isNew || this.stockSize === null) return on(this.render(drawSeed(random), count), random);
      this.stock ??= kept(this.render(STOCK_SEED, this.stockSize));
      const { device } = random;
      const chosen = ops.randint(0, this.stockSize, [count], { generator: random, dtype: 'int64', device });
      const taken = each(this.stock, (values) => values.indexSelect(0, chosen.to('cpu')));
      return on(taken, random);
    });
  }

  private render(seed: number, count: number): SceneBatch {
    const series = Array.from({ length: count }, (_, index) => ({ seed, index }));
    return renderScenes(series, this.options);
  }

  dispose(): void {
    for (const name of NAMES) this.stock?.[name].dispose();
    this.stock = null;
  }
}

const each = (scenes: SceneSample, change: (values: Tensor) => Tensor): SceneSample => ({
  images: change(scenes.images),
  depth: change(scenes.depth),
  normals: change(scenes.normals),
  contours: change(scenes.contours),
});
const kept = (scenes: SceneSample) => each(scenes, keep);
const on = (scenes: SceneSample, { device }: Generator) => each(scenes, (values) => values.to(device));

function drawSeed(random: Generator): number {
  return ops.randint(0, 2 ** 31, [1], { generator: random, dtype: 'int64', device: random.device }).item();
}
