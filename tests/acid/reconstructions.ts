/** How well an encoder and a generator undo each other, for methods that compare no image with its reconstruction. */
import type { ImageDataset } from '../../src/data/index.js';
import { ops, scope, type Tensor } from '../../src/engine/index.js';
import { reconstructionShare } from '../../src/methods/losses/reconstruction-share.js';
import type { Method } from '../../src/methods/method.js';

/** Images among which a reconstruction must find its own. */
export const AMONG = 100;

/** Over held-out images, a hundred at a time: the share of the distance to another image, and how often the nearest is the own. */
export function reconstructions(method: Method, test: ImageDataset): { share: number; found: number } {
  method.eval();
  const groups = Math.floor(test.count / AMONG);
  const parts = Array.from({ length: groups }, (_, group) =>
    scope(() => {
      const images = test
        .batch(Array.from({ length: AMONG }, (_, i) => group * AMONG + i))
        .to('float32')
        .div(255);
      const restored = method.generate!(images, undefined as never);
      const factor = images.size(2) / restored.size(2);
      const known = factor === 1 ? images : ops.avgPool2d(images, factor);
      return { share: reconstructionShare(known, restored).item(), found: foundIn(restored, known) };
    }),
  );
  const mean = (key: 'share' | 'found'): number => parts.reduce((sum, part) => sum + part[key], 0) / groups;
  return { share: mean('share'), found: mean('found') };
}

/** How often the nearest row of the second is the one of the same place. */
export function foundIn(first: Tensor, second: Tensor): number {
  const nearest = ops.cdist(first.flatten(1), second.flatten(1)).argmin(1).toNumbers();
  return nearest.filter((other, i) => other === i).length / nearest.length;
}
