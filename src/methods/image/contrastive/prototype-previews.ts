/** SwAV in pictures: the crops of an image beside the prototypes they are nearest to, and the images nearest to each prototype. */
import { toFloat } from '../../../augment/index.js';
import { membersByGroup } from '../../../data/groups.js';
import type { Tensor } from '../../../engine/index.js';
import type { Preview } from '../../method.js';

const ROWS = 6;
const TILES = 6;

export interface CropPreview {
  /** The whole images, float (N, C, H, W). */
  originals: Tensor;
  /** V crops of each, float (N, C, side, side). */
  crops: readonly Tensor[];
  /** For each of the V crops the prototypes nearest to it, of all N images. */
  nearest: readonly (readonly number[])[];
  /** Number of the V crops that are large; these come first. */
  large: number;
  /** Number of prototypes. */
  prototypes: number;
}

/** One row per image: its crops, marked by whether they are nearest to the same prototype as the first. */
export function cropPreview({ originals, crops, nearest, large, prototypes }: CropPreview): Preview {
  const rows = nearest[0]!.map((goal, i) => {
    const tiles = crops.map((images, v) => {
      const answer = nearest[v]![i]!;
      const kind = v < large ? `large crop ${v + 1}` : 'small crop';
      const tile = { image: images.select(0, i), caption: `${kind}: prototype ${answer}` };
      return v === 0 ? tile : { ...tile, isCorrect: answer === goal };
    });
    return [{ image: originals.select(0, i), caption: 'image' }, ...tiles];
  });
  return {
    title: 'Do all crops of an image belong to the same prototype?',
    explanation:
      'From any crop the network must predict to which prototypes the large crops were assigned. Marked: whether a crop is nearest to the same one as large crop 1.',
    rows,
    chance: 1 / prototypes,
  };
}

/**
 * One row for each of the prototypes that most images are nearest to, with those images.
 *
 * @param samples raw images, uint8 (N, C, H, W)
 * @param scores their cosines with the prototypes (N, K)
 */
export function prototypePreview(samples: Tensor, scores: Tensor): Preview {
  const cosines = scores.amax([1]).toNumbers();
  const pictures = toFloat(samples);
  const groups = membersByGroup(scores.argmax(1).toNumbers()).sort((a, b) => b[1].length - a[1].length);
  const rows = groups.slice(0, ROWS).map(([prototype, members]) =>
    Array.from(members)
      .sort((a, b) => cosines[b]! - cosines[a]!)
      .slice(0, TILES)
      .map((member, i) => {
        const share = i === 0 ? `prototype ${prototype}: ${members.length} of ${samples.size(0)} images; ` : '';
        return { image: pictures.select(0, member), caption: `${share}cosine ${cosines[member]!.toFixed(2)}` };
      }),
  );
  return {
    title: 'What do the prototypes stand for?',
    explanation: 'One row for each prototype that most images are nearest to, with the nearest images first.',
    rows,
  };
}
