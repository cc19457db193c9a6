import { toFloat } from '../../../augment/index.js';
import type { Tensor } from '../../../engine/index.js';
import type { SceneSample } from '../../memory/scene-supply.js';
import type { Preview, Tile } from '../../method.js';

/** Depth in meters (N, 1, S, S), unit normals (N, 3, S, S) and contours in [0, 1] (N, 1, S, S). */
export interface Description {
  depth: Tensor;
  normals: Tensor;
  contours: Tensor;
}

/** Scenes with what the renderer knows of them beside what the network says. */
export function sceneSheet(scenes: SceneSample, answers: Description): Preview {
  const rows = Array.from({ length: scenes.images.size(0) }, (_, i): Tile[] => [
    { image: toFloat(scenes.images).select(0, i), caption: 'a rendered scene; the network sees it in gray' },
    { image: shownDepth(scenes.depth).select(0, i), caption: 'depth: true' },
    { image: shownDepth(answers.depth).select(0, i), caption: 'depth: predicted' },
    { image: shownNormals(scenes.normals).select(0, i), caption: 'normals: true' },
    { image: shownNormals(answers.normals).select(0, i), caption: 'normals: predicted' },
    { image: scenes.contours.select(0, i).to('float32'), caption: 'contours: true' },
    { image: answers.contours.select(0, i), caption: 'contours: predicted' },
  ]);
  return {
    title: 'How far, which way, and where does it end?',
    explanation:
      'The renderer knows of every pixel how far it is (near is bright), which way its surface faces (colors are directions) and whether an object ends there. The network answers from the picture alone.',
    rows,
  };
}

/** What the network says of images of the data, uint8 (N, C, S, S). */
export function realSheet(images: Tensor, { depth, normals, contours }: Description): Preview {
  const rows = Array.from({ length: images.size(0) }, (_, i): Tile[] => [
    { image: toFloat(images).select(0, i), caption: 'an image of the data' },
    { image: shownDepth(depth).select(0, i), caption: 'predicted depth' },
    { image: shownNormals(normals).select(0, i), caption: 'predicted normals' },
    { image: contours.select(0, i), caption: 'predicted contours' },
  ]);
  return {
    title: 'The same for images of the data',
    explanation:
      'The method knows no answers for these images. The network has only learnt not to treat them otherwise than rendered scenes.',
    rows,
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
