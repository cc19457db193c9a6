/** What transforms say of themselves: plain JSON, and one line of text. */

/** What JSON holds. */
export type Plain = string | number | boolean | null | readonly Plain[] | { readonly [key: string]: Plain };

/** What a transform does: its name and every parameter that it works with, defaults included. */
export interface Description {
  readonly name: string;
  readonly [parameter: string]: Plain;
}

interface Described {
  readonly name: string;
  readonly description?: Description;
}

/** The name of transforms one after the other, whose `steps` are descriptions. */
export const COMPOSE = 'compose';

/** The steps of a transform or description: one, or those that it is composed of. How they were bracketed makes no difference. */
export function stepsOf(step: Described | Description): readonly Description[] {
  const description = typeof step === 'function' ? descriptionOf(step) : (step as Description);
  return description.name === COMPOSE ? (description.steps as readonly Description[]) : [description];
}

/** A function written elsewhere says its name only. */
function descriptionOf({ name, description }: Described): Description {
  return description ?? { name: name || 'function' };
}

/**
 * The transforms among the fields of an object, by the field's name; those of an array by its place in it (`augments[0]`). A function
 * counts when it carries a description.
 */
export function describedFields(holder: object): Record<string, Description> {
  return Object.fromEntries(
    Object.entries(holder)
      .flatMap(([name, value]) =>
        Array.isArray(value) ? value.map((part, i) => [`${name}[${i}]`, part] as const) : [[name, value] as const],
      )
      .flatMap(([name, value]) => {
        const description = typeof value === 'function' ? (value as Described).description : undefined;
        return description === undefined ? [] : [[name, description] as const];
      }),
  );
}

/** A transform or a description in one line: `grayscale(p: 0.2) > solarize(threshold: 0.5, p: 0.2)`. */
export function describeTransform(transform: Described | Description): string {
  return stepsOf(transform).map(inOneLine).join(' > ') || 'nothing';
}

function inOneLine({ name, ...parameters }: Description): string {
  const list = Object.entries(parameters).map(([key, value]) => `${key}: ${inWords(value)}`);
  return list.length === 0 ? name : `${name}(${list.join(', ')})`;
}

/** Numbers to four digits; a description within another as text of its own. */
function inWords(value: Plain): string {
  if (typeof value === 'number') return `${Number(value.toPrecision(4))}`;
  if (Array.isArray(value)) return `[${value.map(inWords).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return `${value}`;
  if (typeof (value as Description).name === 'string') return describeTransform(value as Description);
  const list = Object.entries(value).map(([key, part]) => `${key}: ${inWords(part)}`);
  return `{${list.join(', ')}}`;
}
