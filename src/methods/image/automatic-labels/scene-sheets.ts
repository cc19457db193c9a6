import { toFloat } from '../../../augment/index.js';
import type { Tensor } from '../../../engine/index.js';
import type { SceneSample } from '../../memory/scene-supply.js';
import type { Preview } from '../../method.js';
import { tileRows } from '../../previews/tile-rows.js';

/** Depth in meters (N, 1, S, S), unit normals (N, 3, S, S) and contours in [0, 1] (N, 1, S, S). */
export interface Description {
  depth: Tensor;
  normals: Tensor;
  contours: Tensor;
}

/** Scenes with their true geometry beside that which the network predicts. */
export function sceneSheet(scenes: SceneSample, answers: Description): Preview {
  return {
    title: 'How far, which way, and where does it end?',
    explanation:
      'The renderer knows of every pixel how far it is (near is bright), which way its surface faces (colors are directions) and whether an object ends there. The network predicts all three from the picture alone.',
    rows: tileRows([
      { images: toFloat(scenes.images), caption: 'a rendered scene; the network sees it in gray' },
      { images: shownDepth(scenes.depth), caption: 'depth: true' },
      { images: shownDepth(answers.depth), caption: 'depth: predicted' },
      { images: shownNormals(scenes.normals), caption: 'normals: true' },
      { images: shownNormals(answers.normals), caption: 'normals: predicted' },
      { images: scenes.contours.to('float32'), caption: 'contours: true' },
      { images: answers.contours, caption: 'contours: predicted' },
    ]),
  };
}

/** What the network predicts for images of the data, uint8 (N, C, S, S). */
export function realSheet(images: Tensor, { depth, normals, contours }: Description): Preview {
  return {
    title: 'The same for images of the data',
    explanation:
      'No answers are known for these images. The network has only learned not to treat them otherwise than rendered scenes.',
    rows: tileRows([
      { images: toFloat(images), caption: 'an image of the data' },
      { images: shownDepth(depth), caption: 'predicted depth' },
      { images: shownNormals(normals), caption: 'predicted normals' },
      { images: contours, caption: 'predicted contours' },
    ]),
  };
}

/** Meters in tones: 1 m and nearer white, 10 m and farther black, by their logarithm. */
function shownDepth(depth: Tensor): Tensor {
  return depth.clamp(1, 10).log().div(-Math.LN10).add(1).clamp(0, 1);
}

/** Directions as colors: right red, down green, ahead blue. */
function shownNormals(normals: Tensor): Tensor {
  return normals.add(1).div(2).clamp(0, 1);
}
