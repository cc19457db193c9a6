import { describe, expect, it } from 'vitest';
import { Generator, manualSeed, ops, randomState, setRandomState, type Tensor, tensor } from './index.js';

const draw = (generator?: Generator): number[] => ops.randn([4], { generator }).toNumbers();

describe('manualSeed', () => {
  it('gives the same numbers as PyTorch', () => {
    // torch.manual_seed(0); torch.randn(3)
    manualSeed(0);
    expect(ops.randn([3]).toNumbers()).toEqual([1.5409960746765137, -0.293428897857666, -2.1787893772125244]);
  });

  it('repeats a stream; another seed gives another stream', () => {
    manualSeed(7);
    const first = draw();
    const second = draw();
    manualSeed(7);
    expect([draw(), draw()]).toEqual([first, second]);
    manualSeed(8);
    expect(draw()).not.toEqual(first);
  });

  it.each([-1, 0.5, Number.NaN, 2 ** 53])('refuses the seed %d', (seed) => {
    expect(() => manualSeed(seed)).toThrow('Expected an integer from 0 to 2^53 - 1 for `seed`');
    expect(() => new Generator(seed)).toThrow('`seed`');
  });

  it('accepts the largest seed', () => {
    manualSeed(Number.MAX_SAFE_INTEGER);
    expect(draw()).not.toEqual(draw());
  });
});

describe('Generator', () => {
  it('is an independent stream', () => {
    const generator = new Generator(7);
    manualSeed(7);
    const wanted = [draw(), draw()];
    draw();
    expect([draw(generator), draw(generator)]).toEqual(wanted);
    expect(draw(generator.seed(7))).toEqual(wanted[0]);
  });

  it('does not affect the default stream, and is not affected by it', () => {
    manualSeed(1);
    const wanted = [draw(), draw()];
    manualSeed(1);
    const other = new Generator(9);
    const first = draw();
    draw(other);
    expect([first, draw()]).toEqual(wanted);
  });

  it.each<[string, (generator: Generator) => Tensor]>([
    ['rand', (generator) => ops.rand([3], { generator })],
    ['randint', (generator) => ops.randint(0, 1000, [3], { generator })],
    ['randperm', (generator) => ops.randperm(20, { generator })],
    ['uniform_', (generator) => ops.zeros([3]).uniform_(0, 1, { generator })],
    ['normal_', (generator) => ops.zeros([3]).normal_(0, 1, { generator })],
    ['bernoulli_', (generator) => ops.zeros([64]).bernoulli_(0.5, { generator })],
    ['multinomial', (generator) => ops.ones([50]).multinomial(5, false, { generator })],
    ['exponential_', (generator) => ops.zeros([3]).exponential_(1, { generator })],
  ])('drives %s', (_name, body) => {
    manualSeed(0);
    const first = body(new Generator(3)).toNumbers();
    draw();
    expect(body(new Generator(3)).toNumbers()).toEqual(first);
    expect(body(new Generator(4)).toNumbers()).not.toEqual(first);
  });

  it('continues from a saved state, also in another generator and through a file', () => {
    const generator = new Generator(5);
    // An odd number of normal draws leaves half a pair behind, which belongs to the state.
    ops.randn([3], { generator });
    const state = generator.state;
    const wanted = [draw(generator), draw(generator)];
    generator.state = state;
    expect([draw(generator), draw(generator)]).toEqual(wanted);
    const other = new Generator(0);
    other.state = tensor(state.toTypedArray());
    expect([draw(other), draw(other)]).toEqual(wanted);
  });

  it('refuses an invalid state', () => {
    expect(() => {
      new Generator(0).state = tensor([1, 2]);
    }).toThrow('state');
    expect(() => {
      new Generator(0).state = tensor(new Uint8Array(3));
    }).toThrow('state');
  });
});

it('the default state can be saved and restored', () => {
  draw();
  const state = randomState();
  const wanted = draw();
  draw();
  setRandomState(state);
  expect(draw()).toEqual(wanted);
});
