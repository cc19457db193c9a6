import { type Generator, type Tensor, tensor } from '../engine/index.js';
import { sampleChosen, type Transform, transform, uniforms } from './transform.js';

/**
 * Keeps one random color of some images and puts it in place of the other two: CPC v2 drops two of three channels of its patches.
 * Float (N, 3, H, W) to the same; gray images, (N, 1, H, W), stay as they are.
 */
export function singleChannel(p: number): Transform {
  return transform({ name: 'singleChannel', p }, 'float', (images: Tensor, random: Generator) => {
    const count = images.size(0);
    const isChosen = sampleChosen(count, p, random);
    const draws = uniforms(count, 1, random);
    // For each image and each of its channels, the channel that is shown there.
    const shown = Int32Array.from({ length: 3 * count }, (_, i) => {
      const image = Math.floor(i / 3);
      return isChosen[image] ? Math.floor(draws(image)[0]! * 3) : i % 3;
    });
    const index = tensor(shown, { shape: [count, 3, 1, 1], device: images.device }).to('int64');
    if (images.size(1) === 1) return images;
    return images.gather(1, index.expand(images.shape)).contiguous();
  });
}
