import { type Command, Option } from 'commander';
import type { z } from 'zod';

/** What the command line, the help and `methods --json` know about one key of a schema. */
export interface OptionShape {
  /** The key in the schema and in saved runs: `batchSize`. */
  name: string;
  /** `--batch-size`. */
  flag: string;
  type: string;
  description: string;
  /** Undefined when the schema leaves it to the caller. */
  default: unknown;
  isNullable: boolean;
  choices: readonly (string | number)[] | null;
}

/** A schema's type without the wrappers, and what the wrappers said. */
interface Unwrapped {
  definition: z.core.$ZodTypes['_zod']['def'];
  schema: z.core.$ZodType;
  isNullable: boolean;
  description: string;
  default: unknown;
}

/** The options of an object schema, in its order. Throws for a type that has no form on the command line. */
export function optionShapes(schema: z.ZodObject): OptionShape[] {
  return Object.entries(schema.shape).map(([name, field]) => {
    const inner = unwrap(field);
    return {
      name,
      flag: `--${kebab(name)}`,
      type: typeOf(field, name),
      description: inner.description,
      default: inner.default,
      isNullable: inner.isNullable,
      choices: choicesOf(field),
    };
  });
}

/**
 * Adds a flag per key of the schema. Commander throws when a flag is taken already.
 *
 * @param hint what the help shows about the default of a key, such as `default: 0.1`
 */
export function addSchemaOptions(command: Command, schema: z.ZodObject, hint: (shape: OptionShape) => string): void {
  for (const shape of optionShapes(schema)) {
    const isSwitch = shape.type === 'boolean';
    const off = shape.flag.replace('--', '--no-');
    const notes = [isSwitch ? `${off} turns it off` : shape.choices?.join(', '), hint(shape)].filter(Boolean);
    const about = shape.isNullable ? shape.description.replace(/\bnull\b/g, 'none') : shape.description;
    const description = `${about}${notes.length > 0 ? ` (${notes.join('; ')})` : ''}`;
    command.addOption(new Option(isSwitch ? shape.flag : `${shape.flag} <${valueName(shape)}>`, description));
    if (isSwitch) command.addOption(new Option(off).hideHelp());
  }
}

/** What the person gave for the keys of this schema, and nothing else. */
export function givenValues(command: Command, schema: z.ZodObject): Record<string, unknown> {
  const given = command.opts<Record<string, unknown>>();
  return Object.fromEntries(
    Object.entries(schema.shape).flatMap(([name, field]) => {
      const value = given[name];
      if (value === undefined) return [];
      // Not left to commander, which turns a null into an empty text.
      return [[name, typeof value === 'string' ? parseRaw(field, value) : value]];
    }),
  );
}

/** How a value reads on the command line. */
export function written(value: unknown): string {
  if (value === null) return 'none';
  return Array.isArray(value) ? value.join(',') : String(value);
}

/**
 * Turns a raw word into the number, truth value, list or null that the schema's type suggests. A word that does not fit stays
 * as it is, so that the schema's check says what was expected.
 */
export function parseRaw(field: z.core.$ZodType, raw: string): unknown {
  const { definition, schema, isNullable } = unwrap(field);
  if (isNullable && (raw === 'none' || raw === 'null')) return null;
  switch (definition.type) {
    case 'number':
      return numeric(raw);
    case 'array':
      return items(raw).map((item) => parseRaw(definition.element, item));
    case 'tuple':
      return items(raw).map((item, i) => parseRaw(definition.items[i] ?? schema, item));
    case 'boolean':
      return raw === 'true' || (raw === 'false' ? false : raw);
    case 'literal':
    case 'union':
      return choicesOf(schema)?.find((choice) => String(choice) === raw) ?? numeric(raw);
    default:
      return raw;
  }
}

function numeric(raw: string): number | string {
  const value = raw.trim() === '' ? Number.NaN : Number(raw);
  return Number.isNaN(value) ? raw : value;
}

function items(raw: string): string[] {
  const isEmpty = raw.trim() === '' || raw === 'none';
  return isEmpty ? [] : raw.split(',').map((item) => item.trim());
}

function unwrap(field: z.core.$ZodType): Unwrapped {
  const schema = field as z.core.$ZodTypes & { description?: string };
  const definition = schema._zod.def;
  switch (definition.type) {
    case 'default':
    case 'nullable':
    case 'optional':
    case 'readonly': {
      const inner = unwrap(definition.innerType);
      return {
        ...inner,
        isNullable: inner.isNullable || definition.type === 'nullable',
        description: schema.description ?? inner.description,
        default: definition.type === 'default' ? definition.defaultValue : inner.default,
      };
    }
    default:
      return { definition, schema, isNullable: false, description: schema.description ?? '', default: undefined };
  }
}

function typeOf(field: z.core.$ZodType, name: string): string {
  const { definition, schema, isNullable } = unwrap(field);
  switch (definition.type) {
    case 'number':
      return (schema as { isInt?: boolean }).isInt ? 'integer' : 'number';
    case 'boolean':
      // A third state has no --no- form: it is written out.
      return isNullable ? 'truth value' : 'boolean';
    case 'string':
      return 'text';
    case 'enum':
    case 'literal':
    case 'union':
      return 'choice';
    case 'array':
      return `list of ${typeOf(definition.element, name)}`;
    case 'tuple':
      return `list of ${typeOf(definition.items[0]!, name)}`;
    default:
      throw new Error(`The option ${name} has the type ${definition.type}, which has no form on the command line`);
  }
}

function choicesOf(schema: z.core.$ZodType): (string | number)[] | null {
  const { definition } = unwrap(schema);
  const isChoice = (value: unknown): value is string | number => typeof value === 'string' || typeof value === 'number';
  switch (definition.type) {
    case 'enum':
      return Object.values(definition.entries);
    case 'literal':
      return definition.values.filter(isChoice);
    case 'union': {
      const parts = definition.options.map((option) => choicesOf(option));
      return parts.some((part) => part === null) ? null : parts.flatMap((part) => part ?? []);
    }
    default:
      return null;
  }
}

function valueName({ type, isNullable }: OptionShape): string {
  const names: Record<string, string> = { integer: 'n', number: 'x', text: 'text', choice: 'choice' };
  return `${names[type] ?? (type.startsWith('list') ? 'list' : 'value')}${isNullable ? '|none' : ''}`;
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
