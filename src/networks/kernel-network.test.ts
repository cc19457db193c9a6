import { expect, it } from 'vitest';
import { ops, scope } from '../engine/index.js';
import { KernelNetwork } from './kernel-network.js';

it('starts as the identity in the first channels, up to the norm and a hundredth of the others', () => {
  scope(() => {
    const network = new KernelNetwork(3, 5);
    const weight = network.shortcut.weight.view([5, 3]);
    expect(weight.narrow(0, 0, 3).diagonal().toNumbers()).toEqual([1, 1, 1]);
    const others = weight.sub(ops.cat([ops.eye(3), ops.zeros([2, 3])], 0)).abs();
    expect(others.amax().item()).toBeLessThanOrEqual(0.01);
    expect(network.conv2.weight.abs().amax().item()).toBe(0);
    expect(network.forward(ops.randn([4, 3, 2, 2])).shape).toEqual([4, 5, 2, 2]);
  });
});

it('can make vectors shorter, too', () => {
  expect(new KernelNetwork(6, 2).forward(ops.randn([4, 6, 2, 2])).shape).toEqual([4, 2, 2, 2]);
});
