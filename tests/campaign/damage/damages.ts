/** Ways in which a file is damaged: bytes lost, changed, repeated; lengths, numbers and JSON values replaced by others. */
import type { Prng } from '../../../src/data/prng.js';
import { damageJson } from './json-damages.js';

/** What a damage made of a file, and in words what it did, for whoever looks into the case. */
export interface Damaged {
  bytes: Buffer;
  what: string;
}

type Damage = (bytes: Buffer, random: Prng) => Damaged;

/** Half of the places lie in the first bytes, where headers are. */
const HEAD = 64;

const pick = <Value>(random: Prng, values: readonly Value[]): Value => values[random.below(values.length)]!;

function placeIn(length: number, random: Prng): number {
  if (length <= 1) return 0;
  return random.below(random.below(2) === 0 ? Math.min(HEAD, length) : length);
}

/** A part of a file: mostly short, sometimes as long as it goes. */
function partOf(length: number, random: Prng): [from: number, to: number] {
  const from = placeIn(length, random);
  const most = pick(random, [4, 64, 1024, length]);
  return [from, Math.min(length, from + 1 + random.below(most))];
}

const randomBytes = (length: number, random: Prng): Buffer =>
  Buffer.from(Uint8Array.from({ length }, () => random.below(256)));

const truncate: Damage = (bytes, random) => {
  const kept = placeIn(bytes.length, random);
  return { bytes: bytes.subarray(0, kept), what: `cut after ${kept} of ${bytes.length} bytes` };
};

const empty: Damage = () => ({ bytes: Buffer.alloc(0), what: 'empty' });

const flipBits: Damage = (bytes, random) => {
  const changed = Buffer.from(bytes);
  const flips = Array.from({ length: 1 + random.below(8) }, () => [placeIn(bytes.length, random), random.below(8)]);
  for (const [at, bit] of flips) changed[at!]! ^= 1 << bit!;
  return { bytes: changed, what: `bits flipped: ${flips.map((flip) => flip.join('.')).join(' ')}` };
};

const fill: Damage = (bytes, random) => {
  const [from, to] = partOf(bytes.length, random);
  const value = pick(random, [0, 0, 0xff, 0x20]);
  return { bytes: Buffer.from(bytes).fill(value, from, to), what: `bytes ${from} to ${to} are ${value}` };
};

const scramble: Damage = (bytes, random) => {
  const [from, to] = partOf(bytes.length, random);
  const changed = Buffer.from(bytes);
  changed.set(randomBytes(to - from, random), from);
  return { bytes: changed, what: `bytes ${from} to ${to} are random` };
};

const remove: Damage = (bytes, random) => {
  const [from, to] = partOf(bytes.length, random);
  return {
    bytes: Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]),
    what: `bytes ${from} to ${to} are missing`,
  };
};

const duplicate: Damage = (bytes, random) => {
  const [from, to] = partOf(bytes.length, random);
  return {
    bytes: Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]),
    what: `bytes ${from} to ${to} come twice`,
  };
};

const append: Damage = (bytes, random) => {
  const more = randomBytes(1 + random.below(64), random);
  return { bytes: Buffer.concat([bytes, more]), what: `${more.length} bytes more at the end` };
};

const WHOLE_NUMBERS = [0n, 1n, 2n, 0x7fn, 0xffn, 0x7fffn, 0xffffn, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn];
const LONG_NUMBERS = [1n << 40n, (1n << 53n) - 1n, (1n << 63n) - 1n, 1n << 63n, (1n << 64n) - 1n];

/** Writes an extreme number where a length may stand. */
const extreme: Damage = (bytes, random) => {
  const width = pick(random, [1, 2, 4, 4, 8]);
  const value = BigInt.asUintN(8 * width, pick(random, width === 8 ? LONG_NUMBERS : WHOLE_NUMBERS));
  const isLittle = random.below(2) === 0;
  const at = placeIn(bytes.length, random);
  const digits = Array.from({ length: width }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
  const changed = Buffer.from(bytes);
  changed.set((isLittle ? digits : digits.reverse()).slice(0, Math.max(0, bytes.length - at)), at);
  return { bytes: changed, what: `${width} bytes at ${at} are ${value}, ${isLittle ? 'little' : 'big'}-endian` };
};

const WRITTEN_NUMBERS = '0 1 -1 3 255 65536 2147483648 4294967295 1000000000000 9007199254740993 1e308 1e999 NaN 0.5'
  .split(' ')
  .concat('9'.repeat(400), '-Infinity', '');

/** Replaces a number that is written in digits. */
const number: Damage = (bytes, random) => {
  const found = [...bytes.toString('latin1').matchAll(/\d+/g)];
  if (found.length === 0) return extreme(bytes, random);
  const { 0: digits, index } = pick(random, found);
  const value = pick(random, WRITTEN_NUMBERS);
  const [before, after] = [bytes.subarray(0, index), bytes.subarray(index + digits.length)];
  return {
    bytes: Buffer.concat([before, Buffer.from(value), after]),
    what: `${digits} at ${index} is ${value.slice(0, 30)}`,
  };
};

const json: Damage = (bytes, random) => damageJson(bytes, random) ?? number(bytes, random);

const GENERAL: readonly Damage[] = [
  ...[truncate, truncate, empty, flipBits, flipBits, fill, fill, scramble, remove, duplicate, append],
  ...[extreme, extreme, extreme, number],
];
/** Of text, in which a change of bytes mostly gives no text at all. */
const TEXTUAL: readonly Damage[] = [...GENERAL, number, number, number, ...Array<Damage>(18).fill(json)];

/**
 * One damage or two to a file.
 * @param foreign whole files of other formats, one of which may stand in its place
 */
export function damageFile(bytes: Buffer, random: Prng, foreign: readonly Buffer[], isText: boolean): Damaged {
  if (random.below(25) === 0 && foreign.length > 0) {
    const other = random.below(foreign.length);
    return { bytes: foreign[other]!, what: `another file, the ${other}th, stands in its place` };
  }
  const first = pick(random, isText ? TEXTUAL : GENERAL)(bytes, random);
  if (random.below(4) > 0 || first.bytes.length === 0) return first;
  const second = pick(random, isText ? TEXTUAL : GENERAL)(first.bytes, random);
  return { bytes: second.bytes, what: `${first.what}; then ${second.what}` };
}
