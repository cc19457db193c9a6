/** SwAV in pictures: the crops of an image beside the prototypes they are nearest to, and the images nearest to each prototype. */
import { toFloat } from '../../../augment/index.js';
import { membersByGroup } from '../../../data/groups.js';
import type { Tensor } from '../../../engine/index.js';
import type { Preview } from '../../method.js';
import { type Column, tileRows } from '../../previews/tile-rows.js';

const ROWS = 6;
const TILES = 6;

/**
 * One row per image: its crops, marked by whether they are nearest to the same prototype as the first.
 *
 * @param preview the whole images, float (N, C, H, W); V crops of each, float (N, C, side, side), the `large` ones first; the
 *   prototypes nearest to each of the V crops of all N images; and the number of prototypes
 */
export function cropPreview(preview: {
  originals: Tensor;
  crops: readonly Tensor[];
  nearest: readonly (readonly number[])[];
  large: number;
  prototypes: number;
}): Preview {
  const { originals, crops, nearest, large, prototypes } = preview;
  const columns = crops.map((images, v): Column => {
    const kind = v < large ? `large crop ${v + 1}` : 'small crop';
    const caption = (i: number): string => `${kind}: prototype ${nearest[v]![i]}`;
    return { images, caption, ...(v > 0 && { isCorrect: (i: number) => nearest[v]![i] === nearest[0]![i] }) };
  });
  const rows = tileRows([{ images: originals, caption: 'image' }, ...columns]);
  const explanation =
    'From any crop the network must predict to which prototypes the large crops were assigned. Marked: whether a crop is nearest to the same one as large crop 1.';
  return { title: 'Do all crops of an image belong to the same prototype?', explanation, rows, chance: 1 / prototypes };
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
  const explanation = 'One row for each prototype that most images are nearest to, with the nearest images first.';
  return { title: 'What do the prototypes stand for?', explanation, rows };
}
