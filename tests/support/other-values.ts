import { z } from 'zod';

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** What each option of a schema accepts. */
export function propertiesOf(schema: z.ZodObject): Record<string, JsonSchema> {
  return z.toJSONSchema(schema, { io: 'input' }).properties as Record<string, JsonSchema>;
}

/**
 * Other valid values of an option than this one: all other words, the other side of a switch, null, and of a number half, twice, one
 * more or halfway to its largest value, whichever is valid first.
 *
 * @throws Error where the kind of value says nothing of others: name them by hand
 */
export function otherValues(schema: JsonSchema, value: unknown): unknown[] {
  const { anyOf, enum: words } = schema;
  if (anyOf !== undefined) {
    const kinds = anyOf as JsonSchema[];
    const [isNullable, others] = [kinds.some(isNull), kinds.filter((kind) => !isNull(kind))];
    if (others.every((kind) => kind.const !== undefined))
      return others.map((kind) => kind.const).filter((word) => word !== value);
    if (isNullable && value !== null && others.length === 1) return [...otherValues(others[0]!, value), null];
  }
  if (schema.type === 'boolean') return [!value];
  if (words !== undefined) return words.filter((word) => word !== value);
  if (typeof value !== 'number') throw new Error(`Name another value than ${JSON.stringify(value)}`);
  return [otherNumber(schema, value)];
}

const isNull = ({ type }: JsonSchema): boolean => type === 'null';

function otherNumber(schema: JsonSchema, value: number): number {
  const { minimum = -Infinity, maximum = Infinity } = schema;
  const bounds = [schema.exclusiveMinimum, schema.exclusiveMaximum];
  const candidates = [value / 2, value * 2, value + 1, (value + maximum) / 2];
  const found = candidates
    .map((number) => (schema.type === 'integer' ? Math.round(number) : number))
    .find((number) => number !== value && number >= minimum && number <= maximum && !bounds.includes(number));
  if (found === undefined) throw new Error(`Name another value than ${value}`);
  return found;
}
