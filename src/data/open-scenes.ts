import { AutodidactError, expected } from '../errors.js';
import type { Split } from './sources/source.js';
import { parseSceneQuery, sceneOptions, sceneSeries } from './sources/synthetic-scenes.js';
import { renderScenes, SCENE_CLASSES, type SceneBatch } from './synthetic/scenes.js';

/** What is known of the scenes behind the images of `synthetic:scenes`. */
export interface SceneSet {
  /** Opens the images: `openImages(scenes.spec)`. */
  spec: string;
  /** Side in pixels. */
  size: number;
  /** The classes of the objects, by label. */
  classes: readonly string[];
  /** Number of scenes on each side of the division. */
  counts: Partial<Record<Split, number>>;
  /**
   * Depth, normals, contours, instance masks, objects with their boxes and classes, and cameras of the very images with these ids
   * (`ImageDataset.ids`, as "train/17"), in this order; rendered again from the seed.
   *
   * @throws AutodidactError `DATA` for an id that is not of this set
   */
  annotate(ids: readonly string[]): SceneBatch;
}

const NAME = 'synthetic:scenes';

/**
 * The annotations of generated scenes, for the data set that the same spec opens:
 *
 *     const images = await openImages('synthetic:scenes?count=500&size=64');
 *     const { depth, instances, objects } = openScenes('synthetic:scenes?count=500&size=64').annotate(images.ids.slice(0, 8));
 *
 * They are those of the pixels only as long as the images keep the size of the spec.
 *
 * @throws AutodidactError `USAGE` when the spec names no scenes
 */
export function openScenes(spec: string): SceneSet {
  const [name, query = ''] = spec.split('?');
  if (name !== NAME) throw expected(`${NAME}, with or without options`, 'scenes', spec);
  const wanted = parseSceneQuery(query);
  const series = sceneSeries(wanted);
  return {
    spec,
    size: wanted.size,
    classes: SCENE_CLASSES,
    counts: Object.fromEntries(series.map(({ split, count }) => [split, count])),
    annotate(ids) {
      const places = ids.map((id) => {
        const [, split, number] = /^(train|test)\/(0|[1-9]\d*)$/.exec(id) ?? [];
        const own = series.find((part) => part.split === split);
        if (own === undefined || Number(number) >= own.count) throw unknownScene(id, spec);
        return { seed: own.seed, index: Number(number) };
      });
      return renderScenes(places, sceneOptions(wanted));
    },
  };
}

function unknownScene(id: string, spec: string): AutodidactError {
  return new AutodidactError('DATA', `${spec} has no scene ${id}`, {
    remedy: 'Give ids of the images that this very spec opens, such as "train/0".',
  });
}
