import { createHash } from 'node:crypto';

/** Nothing that is written here is nested deeper; who reads a value may call itself once per level. */
const MOST_LEVELS = 64;

/**
 * The value of a JSON text that may be damaged.
 * @throws SyntaxError when it is no JSON, or nested more than 64 levels deep
 */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  let level = [value].filter(isNested);
  for (let depth = 0; level.length > 0; depth++) {
    if (depth === MOST_LEVELS) throw new SyntaxError(`it is nested more than ${MOST_LEVELS} levels deep`);
    level = level.flatMap((item) => Object.values(item).filter(isNested));
  }
  return value;
}

const isNested = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** Name of the value that seals the others. */
const SEAL = 'checksum';

const sumOf = (values: object): string => createHash('sha256').update(JSON.stringify(values)).digest('hex');

/** The values, JSON-safe, and as the last of them the SHA-256 of their JSON: files that are read back show damage by it. */
export function sealed<Values extends object>(values: Values): Values & { checksum: string } {
  return { ...values, [SEAL]: sumOf(values) } as Values & { checksum: string };
}

/** Parsed values without their seal, and whether they are those that were sealed; null where there is no seal. */
export function unsealed(given: Readonly<Record<string, unknown>>): {
  values: Record<string, unknown>;
  isIntact: boolean | null;
} {
  const { [SEAL]: sum, ...values } = given;
  return { values, isIntact: Object.hasOwn(given, SEAL) ? sum === sumOf(values) : null };
}
