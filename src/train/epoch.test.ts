import { expect, it } from 'vitest';
import { Bench, temporaryFolder, testDevice, tinyImages, tinyTraining } from '../../tests/support/tiny.js';
import { findMethod } from '../methods/registry.js';
import { beginEpoch } from './epoch.js';

const dataset = await tinyImages(temporaryFolder());

it("follows the method's plan: its order, and new optimizers for the groups whose parameters were replaced, no others", () => {
  const definition = findMethod('deeper-cluster');
  const bench = new Bench(definition, dataset, tinyTraining(definition), { reassignEvery: 2 });
  const begin = (epoch: number): void =>
    beginEpoch(
      bench.state,
      { step: 7 * epoch, totalSteps: 100, epoch, totalEpochs: 10, stage: 0 },
      bench.training,
      dataset,
      testDevice,
    );
  const momentum = (group: string) => bench.state.optimizers.get(group)!.stateDict().size;
  bench.step();
  expect(momentum('main')).toBeGreaterThan(0);
  expect(momentum('heads')).toBeGreaterThan(0);
  const plan = bench.method.onEpochStart.bind(bench.method);
  let planned: readonly number[] | undefined;
  bench.method.onEpochStart = (context) => {
    const made = plan(context);
    planned = made.order;
    return made;
  };
  // Between two clusterings everything goes on, in a new order.
  begin(1);
  expect(bench.state.order).toEqual(planned);
  expect(momentum('heads')).toBeGreaterThan(0);
  begin(2);
  expect(bench.state.order).toEqual(planned);
  expect(momentum('heads')).toBe(0);
  expect(momentum('main')).toBeGreaterThan(0);
  bench.dispose();
});

it('leaves the order to the sampler where the method plans nothing', () => {
  const bench = new Bench(findMethod('rotation'), dataset);
  expect(bench.state.order).toBeNull();
  bench.dispose();
});
