import { expect, it } from 'vitest';
import { noGrad, ops, scope } from '../../engine/index.js';
import { Conv3d } from '../../engine/nn/index.js';
import { SpaceTimeHead } from './space-time-head.js';

const sizes = { inputSize: 8, width: 6, outputSize: 4 };
const maps = ops.randn([2, 8, 3, 5, 5]);

it('makes an embedding of every cell of every frame, small at first', () => {
  scope(() => {
    const head = new SpaceTimeHead({ ...sizes, inputSize: 64, outputSize: 64, blocks: 0 });
    const embedded = noGrad(() => head.forward(ops.randn([2, 64, 3, 5, 5])));
    expect(embedded.shape).toEqual([2, 64, 3, 5, 5]);
    const square = embedded.square().mean().item();
    expect(square).toBeGreaterThan(0.008);
    expect(square).toBeLessThan(0.012);
  });
});

it('doubles the dilation from block to block', () => {
  scope(() => {
    const head = new SpaceTimeHead({ ...sizes, blocks: 5 });
    const convolutions = head.blocks.layers.filter((layer) => layer instanceof Conv3d);
    expect(convolutions.map(({ weight }) => weight.shape.slice(2))).toEqual(
      Array.from({ length: 5 }, () => [
        [1, 3, 3],
        [3, 1, 1],
      ]).flat(),
    );
    const dilations = convolutions.flatMap(({ options }) => (options.dilation as number[] | undefined) ?? []);
    expect(dilations).toEqual([1, 2, 4, 8, 16].flatMap((side) => [1, side, side]));
    expect(noGrad(() => head.forward(maps)).shape).toEqual([2, 4, 3, 5, 5]);
  });
});

it('sees neighbors in space and time where it has blocks, and nothing else where it has none', () => {
  scope(() => {
    for (const blocks of [0, 1]) {
      const head = new SpaceTimeHead({ ...sizes, blocks }).eval() as SpaceTimeHead;
      const reach = (frame: number, row: number): boolean => {
        const other = maps.clone();
        other.select(2, frame).select(2, row).add_(1);
        const [one, two] = [maps, other].map((some) =>
          noGrad(() => head.forward(some))
            .select(2, 1)
            .select(2, 2),
        );
        return !one!.equal(two!);
      };
      // From row 2 of frame 1: itself, the rows beside it, the frames beside it, and what is too far.
      expect([reach(1, 2), reach(1, 1), reach(0, 2), reach(2, 3), reach(1, 0)]).toEqual([
        ...[true, blocks === 1, blocks === 1, blocks === 1, false],
      ]);
    }
  });
});
