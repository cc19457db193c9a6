import { expect, it } from 'vitest';
import { parameter, tensor } from '../index.js';
import { AdamW } from './adam.js';

it.each([true, false])('follows the literal rule, bias correction %s', (correctsBias) => {
  const [rate, decay, eps, beta1, beta2] = [0.1, 0.01, 1e-6, 0.9, 0.999];
  const param = parameter(tensor([1, -2]));
  const optimizer = new AdamW([param], { learningRate: rate, weightDecay: decay, eps, correctsBias });
  const literal = [1, -2];
  const [means, squares] = [
    [0, 0],
    [0, 0],
  ];
  for (let step = 1; step <= 5; step++) {
    const gradient = [Math.sin(step), 3 * Math.cos(step)];
    param.grad = tensor(gradient);
    optimizer.step();
    for (const [i, g] of gradient.entries()) {
      means[i] = beta1 * means[i]! + (1 - beta1) * g;
      squares[i] = beta2 * squares[i]! + (1 - beta2) * g ** 2;
      const [first, second] = correctsBias ? [1 - beta1 ** step, 1 - beta2 ** step] : [1, 1];
      const move = means[i]! / first / (Math.sqrt(squares[i]! / second) + eps);
      literal[i]! -= rate * (move + decay * literal[i]!);
    }
    for (const [i, value] of param.toNumbers().entries()) expect(value).toBeCloseTo(literal[i]!, 4);
  }
});

it('does not correct after its state has been loaded', () => {
  const [one, other] = [parameter(tensor([1, 1])), parameter(tensor([1, 1]))];
  const make = (param: typeof one): AdamW => new AdamW([param], { learningRate: 0.1, correctsBias: false });
  const [whole, first] = [make(one), make(other)];
  const step = (param: typeof one, optimizer: AdamW, g: number): void => {
    param.grad = tensor([g, -g]);
    optimizer.step();
  };
  step(one, whole, 1);
  step(other, first, 1);
  const resumed = make(other);
  resumed.loadStateDict(first.stateDict());
  step(one, whole, 2);
  step(other, resumed, 2);
  expect(one.equal(other)).toBe(true);
});
