import { expect, it } from 'vitest';
import { PixelBackbone } from '../../../../tests/support/pixel-backbone.js';
import { Generator, ops, type Tensor } from '../../../engine/index.js';
import { imageSpec } from '../../make.test-util.js';
import type { Outcome } from '../../method.js';
import type { Pair } from '../../views/two-views.js';
import { type Comparison, PairMethod } from './pair-method.js';

/** Views are the images plus 1 and plus 2; preparation multiplies by 10. */
class Toy extends PairMethod<unknown> {
  compared: number[][] = [];
  protected override readonly shownImages = 2;

  protected override draw(samples: Tensor): Pair {
    return [samples.add(1), samples.add(2)];
  }

  override loss(): Outcome {
    return {};
  }

  protected override compare(first: Tensor, second: Tensor, samples: Tensor): Comparison {
    this.compared = [first, second, samples].map((images) => images.mean([1, 2, 3]).toNumbers());
    return { title: 'Title', explanation: 'Explanation', similarity: ops.eye(2) };
  }
}

const spec = imageSpec(4);
const backbone = new PixelBackbone(3, 4);
const encoder = { spec, backbone, preparation: {}, prepare: (samples: Tensor) => samples.mul(10) };
const values = ops.arange(0, 3, 1, { dtype: 'float32' });
const samples = values.view([3, 1, 1, 1]).expand([3, 3, 4, 4]).contiguous();
const batch = { samples, indices: [0, 1, 2] };

it('trains on prepared views', () => {
  const { images } = new Toy({ encoder, options: {}, spec }).views(batch, new Generator(0));
  expect(images.map((view) => view.mean([1, 2, 3]).toNumbers())).toEqual([
    [10, 20, 30],
    [20, 30, 40],
  ]);
});

it('compares prepared views of the first images, with the whole batch beside them, and shows them as drawn', () => {
  const method = new Toy({ encoder, options: {}, spec });
  const [preview] = method.preview(batch, new Generator(0));
  expect(method.compared).toEqual([
    [10, 20],
    [20, 30],
    [0, 1, 2],
  ]);
  expect(preview!.rows.map((row) => row.map(({ image }) => image!.mean().item()))).toEqual([
    [0, 1, 2, 2],
    [1, 2, 3, 3],
  ]);
});
