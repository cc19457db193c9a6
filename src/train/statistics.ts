import type { ImageDataset } from '../data/dataset.js';
import { scope } from '../engine/index.js';
import type { DataDescription } from '../methods/method.js';

const SAMPLE = 2000;

/** Count, size, and per-channel mean and standard deviation in [0, 1], over at most 2,000 images evenly spread over the set. */
export function describeData(dataset: ImageDataset): DataDescription {
  const used = Math.min(SAMPLE, dataset.count);
  const indices = Array.from({ length: used }, (_, i) => Math.floor((i * dataset.count) / used));
  const [mean, std] = scope(() => {
    const pixels = dataset.batch(indices).to('float32').div(255);
    return [pixels.mean([0, 2, 3]).toNumbers(), pixels.std([0, 2, 3]).toNumbers()];
  });
  return {
    count: dataset.count,
    channels: dataset.channels,
    imageSize: dataset.size.height,
    mean: mean!,
    // A channel without any contrast is left as it is instead of being divided by zero.
    std: std!.map((value) => (value > 1e-6 ? value : 1)),
  };
}
