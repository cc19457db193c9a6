const MASK_64 = (1n << 64n) - 1n;

/**
 * SplitMix64: turns any seed into well-mixed 64-bit words. Used only to seed `Prng`.
 * Source: Steele, Lea, Flood 2014; constants of Vigna's splitmix64.c.
 */
export class SplitMix64 {
  private state: bigint;

  constructor(seed: bigint) {
    this.state = seed & MASK_64;
  }

  /** The next 64-bit word. */
  next(): bigint {
    this.state = (this.state + 0x9e3779b97f4a7c15n) & MASK_64;
    let z = this.state;
    z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK_64;
    z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK_64;
    return z ^ (z >> 31n);
  }
}

/** The four 32-bit words that `Prng` stands at. */
export type PrngState = [number, number, number, number];

const rotateLeft = (x: number, k: number) => (x << k) | (x >>> (32 - k));

/**
 * A small seeded generator, xoshiro128** 1.1 (Blackman and Vigna 2018), for everything that the data room draws:
 * the same numbers on every machine and every version of Node.
 */
export class Prng {
  private a = 0;
  private b = 0;
  private c = 0;
  private d = 0;

  /** `key` is a seed and whatever distinguishes this stream from its siblings (epoch, class, ...): integers. */
  constructor(...key: number[]) {
    // Each part is mixed in after the former has been scrambled, so that (1, 2) and (2, 1) are unrelated.
    let word = 0n;
    for (const part of key) word = new SplitMix64(word ^ BigInt.asUintN(64, BigInt(part))).next();
    const seeds = new SplitMix64(word);
    const [low, high] = [seeds.next(), seeds.next()];
    this.restore([low, low >> 32n, high, high >> 32n].map((w) => Number(w & 0xffffffffn)) as PrngState);
  }

  /** A generator at a state that `state()` returned. */
  static fromState(state: PrngState): Prng {
    const prng = new Prng();
    prng.restore(state);
    return prng;
  }

  /** Where the generator stands, as plain numbers that go into JSON. */
  state(): PrngState {
    return [this.a >>> 0, this.b >>> 0, this.c >>> 0, this.d >>> 0];
  }

  restore([a, b, c, d]: PrngState): void {
    this.a = a | 0;
    this.b = b | 0;
    this.c = c | 0;
    this.d = d | 0;
  }

  /** A uniform integer in [0, 2^32). */
  uint32(): number {
    const result = Math.imul(rotateLeft(Math.imul(this.b, 5), 7), 9) >>> 0;
    const t = this.b << 9;
    this.c ^= this.a;
    this.d ^= this.b;
    this.b ^= this.c;
    this.a ^= this.d;
    this.c ^= t;
    this.d = rotateLeft(this.d, 11);
    return result;
  }

  /** A uniform number in [0, 1) with 53 random bits. */
  uniform(): number {
    const high = this.uint32() >>> 5;
    const low = this.uint32() >>> 6;
    return (high * 0x4000000 + low) / 0x20000000000000;
  }

  /** A uniform integer in [0, n), without modulo bias; 1 <= n <= 2^32. */
  below(n: number): number {
    const limit = 0x100000000 - (0x100000000 % n);
    let draw = this.uint32();
    while (draw >= limit) draw = this.uint32();
    return draw % n;
  }

  /** A draw from the normal distribution with mean 0 and variance 1 (Box and Muller 1958). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Shuffles in place (Fisher and Yates) and returns the same array. */
  shuffle<T extends { length: number; [index: number]: unknown }>(array: T): T {
    for (let last = array.length - 1; last > 0; last--) {
      const other = this.below(last + 1);
      const swapped = array[last];
      array[last] = array[other];
      array[other] = swapped;
    }
    return array;
  }

  /** The numbers 0 .. n-1 in random order. */
  permutation(n: number): Int32Array {
    return this.shuffle(Int32Array.from({ length: n }, (_, i) => i));
  }
}
