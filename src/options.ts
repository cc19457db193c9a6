import { distance } from 'fastest-levenshtein';
import type { z } from 'zod';
import { AutodidactError, expected } from './errors.js';

const SPELLINGS = [
  ['grey', 'gray'],
  ['colour', 'color'],
  ['neighbour', 'neighbor'],
  ['centre', 'center'],
  ['normalis', 'normaliz'],
  ['unlabelled', 'unlabeled'],
] as const;

/** A name in American spelling. Options, checkpoint keys and queries of earlier versions had British names. */
export function respelled(name: string): string {
  return SPELLINGS.reduce(
    (text, [old, now]) => text.replaceAll(old, now).replaceAll(capitalized(old), capitalized(now)),
    name,
  );
}

/**
 * The object with every key respelled.
 * @throws AutodidactError `USAGE` for two spellings of one name
 */
export function withRespelledKeys<Value>(values: Readonly<Record<string, Value>>): Record<string, Value> {
  const names = Object.keys(values).map(respelled);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    const spellings = Object.keys(values).filter((key) => respelled(key) === twice);
    throw new AutodidactError('USAGE', `\`${spellings.join('` and `')}\` are one option, received both`, {
      remedy: `Give \`${twice}\` alone.`,
    });
  }
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [respelled(key), value]));
}

const capitalized = (word: string): string => word[0]!.toUpperCase() + word.slice(1);

/** The name that is fewest edits away; empty without names. */
export function nearest(name: string, names: readonly string[]): string {
  return [...names].sort((a, b) => distance(name, a) - distance(name, b))[0] ?? '';
}

/**
 * Checks that a program gives no option that does not exist: it would do nothing, and not a word would be said.
 *
 * @param known all names, each with `true`
 * @throws AutodidactError `USAGE` for an unknown name, with the nearest one, or what is no object
 */
export function checkKnown(given: unknown, known: Readonly<Record<string, true>>, owner: string): void {
  if (typeof given !== 'object' || given === null) throw expected('an object of options', owner, given);
  const names = Object.keys(known);
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(known, name));
  if (unknown === undefined) return;
  throw new AutodidactError('USAGE', `\`${owner}\` has no option \`${unknown}\``, {
    remedy: `Did you mean \`${nearest(unknown, names)}\`? Its options are ${names.join(', ')}.`,
  });
}

/**
 * Options as written by a person, checked and completed by a schema. Names in British spelling are accepted.
 *
 * @param owner what the options belong to, for messages: "Method simclr"
 * @param defaults values that replace the schema's own defaults
 * @throws AutodidactError `USAGE` for an unknown name, with the nearest one, or a value that does not fit
 */
export function parseOptions<Schema extends z.ZodObject>(
  schema: Schema,
  given: Readonly<Record<string, unknown>>,
  { owner, defaults = {} }: { owner: string; defaults?: Readonly<Record<string, unknown>> },
): z.output<Schema> {
  const known = Object.keys(schema.shape);
  const values = withRespelledKeys(given);
  for (const name of Object.keys(values)) {
    if (known.includes(name)) continue;
    const remedy =
      known.length > 0 ? `Did you mean \`${nearest(name, known)}\`? Its options are ${known.join(', ')}.` : '';
    throw new AutodidactError('USAGE', `${owner} has no option \`${name}\``, { remedy });
  }
  return parseValues(schema, { ...defaults, ...values });
}

/**
 * Values checked and completed by a schema.
 * @throws AutodidactError `USAGE` that names the first value that does not fit
 */
export function parseValues<Schema extends z.ZodObject>(
  schema: Schema,
  values: Readonly<Record<string, unknown>>,
): z.output<Schema> {
  const parsed = schema.safeParse(values);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const name = issue.path.join('.') || 'options';
  const value = issue.path.reduce<unknown>(
    (inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key],
    values,
  );
  throw expected(sentence(issue, schema), name, value);
}

function sentence(issue: z.core.$ZodIssue, schema: z.ZodObject): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected === 'int' ? 'a whole number' : `a ${issue.expected}`;
    case 'too_small':
      return `a value ${issue.inclusive ? 'of at least' : 'above'} ${issue.minimum}`;
    case 'too_big':
      return `a value ${issue.inclusive ? 'of at most' : 'below'} ${issue.maximum}`;
    case 'invalid_value':
      return `one of ${issue.values.join(', ')}`;
    default:
      return schema.shape[String(issue.path[0])]?.description ?? issue.message;
  }
}
