/** Damage to JSON that leaves it JSON: values of other types, extremes, keys that are missing, strange or there twice. */
import type { Prng } from '../../../src/data/prng.js';
import { parseJson } from '../../../src/json.js';
import type { Damaged } from './damages.js';

const pick = <Value>(random: Prng, values: readonly Value[]): Value => values[random.below(values.length)]!;

/** JSON texts that stand in place of a value. */
const VALUES = [
  ...['null', 'true', 'false', '{}', '[]', '[[]]', '[null]', '""', '"x"', '"../../x"', '"\\u0000"', '"\\ud800"'],
  ...['0', '-0', '1', '-1', '0.5', '3', '255', '65536', '2147483648', '1e12', '9007199254740993', '1e308', '-1e308'],
  ...['1e999', '"1"', '"NaN"', '"__proto__"', '"constructor"', '{"length":1e9}', '{"__proto__":{"a":1}}'],
];

/** Deeper than the stack of a recursive reader. */
const DEPTH = 20_000;
const LONG = 200_000;

function otherValue(random: Prng): string {
  const kind = random.below(40);
  if (kind === 0) return '['.repeat(DEPTH) + ']'.repeat(DEPTH);
  if (kind === 1) return `${'{"a":'.repeat(DEPTH)}1${'}'.repeat(DEPTH)}`;
  if (kind === 2) return JSON.stringify('x'.repeat(LONG));
  if (kind === 3) return `[${'0,'.repeat(LONG)}0]`;
  return pick(random, VALUES);
}

/** Another value of the same type, which the form of a file mostly allows. */
function likeValue(own: unknown, random: Prng): string {
  if (typeof own === 'number') {
    const values = [own + 1, -own, 10 * own, own / 3, 1e6 * own, 0, 1, 2, 7, 64, 1000, 65_535, 2 ** 31, 2 ** 40, 1e15];
    return JSON.stringify(pick(random, values));
  }
  if (typeof own === 'string')
    return JSON.stringify(pick(random, [own.slice(1), own + own, own.toUpperCase(), '', 'a']));
  if (typeof own === 'boolean') return String(!own);
  if (Array.isArray(own)) {
    const [first] = own;
    const many = Array.from({ length: 5000 }, () => first);
    return JSON.stringify(pick(random, [[], own.slice(1), [...own, first], own.toReversed(), [...own, ...own], many]));
  }
  return otherValue(random);
}

const KEYS = ['__proto__', 'constructor', 'toString', 'length', '', 'x'];

type Step = string | number;

/** Every place of a value, the whole first. */
function placesIn(value: unknown, at: readonly Step[] = []): (readonly Step[])[] {
  if (typeof value !== 'object' || value === null) return [at];
  const inner = Array.isArray(value)
    ? value.slice(0, 50).flatMap((item, i) => placesIn(item, [...at, i]))
    : Object.entries(value).flatMap(([key, item]) => placesIn(item, [...at, key]));
  return [at, ...inner];
}

function valueAt(value: unknown, at: readonly Step[]): unknown {
  return at.reduce<unknown>((inner, step) => (inner as Record<Step, unknown>)[step], value);
}

/** The value as text, with the value at a place replaced by another text, left out, or given a second key. */
function written(value: unknown, at: readonly Step[], change: (text: string, key: string | null) => string): string {
  const [step, ...rest] = at;
  if (step === undefined) return change(JSON.stringify(value), null);
  if (Array.isArray(value))
    return `[${value.map((item, i) => (i === step ? written(item, rest, change) : JSON.stringify(item))).join(',')}]`;
  const fields = Object.entries(value as object).map(([key, item]) => {
    const name = JSON.stringify(key);
    if (key !== step) return `${name}:${JSON.stringify(item)}`;
    return rest.length === 0 ? change(JSON.stringify(item), name) : `${name}:${written(item, rest, change)}`;
  });
  return `{${fields.filter((field) => field !== '').join(',')}}`;
}

/** Damage to one JSON text; null when it is none. */
function damageText(text: string, random: Prng): { text: string; what: string } | null {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    return null;
  }
  const at = pick(random, placesIn(value));
  const where = at.join('.').slice(0, 80) || 'the whole';
  const kind = random.below(10);
  if (kind === 0)
    return { text: written(value, at, (_, key) => (key === null ? 'null' : '')), what: `${where} is left out` };
  if (kind === 1) {
    const name = JSON.stringify(pick(random, KEYS));
    const change = (own: string, key: string | null) => (key === null ? own : `${name}:${own}`);
    return { text: written(value, at, change), what: `${where} is called ${name}` };
  }
  const other = kind < 6 ? likeValue(valueAt(value, at), random) : otherValue(random);
  const change = (own: string, key: string | null) => {
    if (key === null) return other;
    return kind === 2 ? `${key}:${own},${key}:${other}` : `${key}:${other}`;
  };
  const verb = kind === 2 ? 'comes twice, the second time as' : 'is';
  return { text: written(value, at, change), what: `${where} ${verb} ${other.slice(0, 40)}` };
}

/** Damage to a JSON file, or to one line of JSON Lines; null when the file holds neither. */
export function damageJson(bytes: Buffer, random: Prng): Damaged | null {
  const text = bytes.toString('utf8');
  const whole = damageText(text, random);
  if (whole !== null) return { bytes: Buffer.from(whole.text), what: whole.what };
  const lines = text.split('\n');
  const line = random.below(lines.length);
  const damaged = damageText(lines[line]!, random);
  if (damaged === null) return null;
  lines[line] = damaged.text;
  return { bytes: Buffer.from(lines.join('\n')), what: `line ${line + 1}: ${damaged.what}` };
}
