import { MaskTargets } from '../../data/index.js';
import { tensor } from '../../engine/index.js';
import { allOf } from '../task.js';

export const MASK_CLASSES = ['background', 'light', 'dark'];
export const VOID = 255;

/** Masks from nested lists (N, H, W). */
export function masksOf(lists: number[][][], classes = MASK_CLASSES.slice(0, 2)): MaskTargets {
  const all = tensor(lists, { dtype: 'uint8' });
  const [count, height, width] = all.shape as [number, number, number];
  const read = (rows: Int32Array) => all.indexSelect(0, tensor(rows));
  return new MaskTargets(classes, { height, width }, read, allOf(count));
}
