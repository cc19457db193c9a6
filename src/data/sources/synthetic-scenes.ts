import { z } from 'zod';
import { ops, scope, type Tensor } from '../../engine/index.js';
import { encodeGeometry, GEOMETRY_CHANNELS } from '../geometry-coding.js';
import { encodeHha, gravityOfPitch } from '../hha.js';
import { largestLabel, renderScenes, SCENE_CLASSES, type SceneBatch, type SceneOptions } from '../synthetic/scenes.js';
import { parseQuery } from './query.js';
import type { LabeledPixels, PixelPart, PixelSource } from './source.js';

/** The channels of the image of a scene, and how they are computed, uint8 (N, C, S, S). */
interface SceneForm {
  channels: number;
  pixels(scenes: SceneBatch): Tensor;
}

const FORMS = {
  rgb: { channels: 3, pixels: ({ images }) => images },
  'rgb-hha': {
    channels: 6,
    pixels: ({ images, depth, cameras }) => {
      const known = cameras.map(({ focal, height, pitch }) => ({ focal, height, gravity: gravityOfPitch(pitch) }));
      return ops.cat([images, encodeHha(depth, known)], 1);
    },
  },
  geometry: { channels: GEOMETRY_CHANNELS, pixels: encodeGeometry },
} satisfies Record<string, SceneForm>;

/** Classes of the pixels, uint8 n x S x S: 0 is the background, a visible object has its label + 1. */
function classMasks({ instances, objects }: SceneBatch): Uint8Array {
  const masks = instances.toBytes();
  const pixels = masks.length / objects.length;
  for (const [scene, visible] of objects.entries()) {
    const classOf = new Uint8Array(256);
    for (const { id, label } of visible) classOf[id] = label + 1;
    for (let i = scene * pixels; i < (scene + 1) * pixels; i++) masks[i] = classOf[masks[i]!]!;
  }
  return masks;
}

const formNames = Object.keys(FORMS) as (keyof typeof FORMS)[];

const options = z.object({
  count: z.coerce.number().int().min(1).max(10_000_000).default(2000).describe('Number of training scenes'),
  test: z.coerce.number().int().min(0).max(10_000_000).default(500).describe('Number of test scenes'),
  size: z.coerce.number().int().min(16).max(512).default(64).describe('Side in pixels'),
  seed: z.coerce.number().int().min(0).default(0).describe('Random seed'),
  objects: z.coerce
    .number()
    .int()
    .min(1)
    .max(12)
    .default(5)
    .describe('Maximum number of objects in a scene; the number is uniform from 1'),
  look: z
    .enum(['synthetic', 'real-like'])
    .default('synthetic')
    .describe('Plain colors and clean pixels, or muted, mottled, blurred and noisy ones'),
  form: z
    .enum(formNames)
    .default('rgb')
    .describe('The channels of an image: RGB, RGB and depth as HHA, or RGB, depth, normals and contours'),
});

export type SceneQuery = z.output<typeof options>;

/** Part of the pack's key: changes when the same seed gives other pixels, masks or objects. */
const RENDERER = 'scenes-3';
const SCENES_PER_PIECE = 64;

/** Parses the options behind `synthetic:scenes?`. @throws AutodidactError `USAGE` */
export function parseSceneQuery(query: string): SceneQuery {
  return parseQuery(options, query, `synthetic:scenes?${query}`);
}

/** The series of scenes of each split; the test scenes have another seed. */
export function sceneSeries({ seed, count, test }: SceneQuery) {
  return [
    { split: 'train' as const, seed: 2 * seed, count },
    ...(test > 0 ? [{ split: 'test' as const, seed: 2 * seed + 1, count: test }] : []),
  ];
}

/** The options of the renderer. */
export function sceneOptions({ size, objects, look }: SceneQuery): SceneOptions {
  return { size, objects, look };
}

/** Rendered scenes as images; the label of a scene is the class of its largest visible object. */
export function openSceneSource(query: string): PixelSource {
  const wanted = parseSceneQuery(query);
  const form: SceneForm = FORMS[wanted.form];
  const parts = sceneSeries(wanted).map(
    ({ split, seed, count }): PixelPart => ({
      idPrefix: `${split}/`,
      split,
      count,
      labels: null,
      identity: JSON.stringify([RENDERER, split, count, seed, wanted.form, sceneOptions(wanted)]),
      pixels: () => render(seed, count, sceneOptions(wanted), form),
    }),
  );
  return {
    form: 'pixels',
    name: `synthetic scenes${wanted.look === 'synthetic' ? '' : ` (${wanted.look})`}`,
    kind: 'synthetic',
    classes: [...SCENE_CLASSES],
    skipped: [],
    height: wanted.size,
    width: wanted.size,
    channels: form.channels,
    maskClasses: ['background', ...SCENE_CLASSES],
    objectClasses: [...SCENE_CLASSES],
    parts,
  };
}

async function* render(
  seed: number,
  count: number,
  options: SceneOptions,
  form: SceneForm,
): AsyncGenerator<LabeledPixels> {
  for (let done = 0; done < count; done += SCENES_PER_PIECE) {
    const ids = Array.from({ length: Math.min(SCENES_PER_PIECE, count - done) }, (_, i) => ({ seed, index: done + i }));
    yield scope(() => {
      const scenes = renderScenes(ids, options);
      return {
        pixels: form.pixels(scenes).permute([0, 2, 3, 1]).toBytes(),
        labels: Int32Array.from(scenes.objects, largestLabel),
        masks: classMasks(scenes),
        objects: scenes.objects.map((objects) => objects.map(({ label, box, area }) => ({ class: label, box, area }))),
      };
    });
  }
}
