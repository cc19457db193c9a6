import type { Description, Transform } from '../../augment/index.js';

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
        const description = typeof value === 'function' ? (value as Partial<Transform>).description : undefined;
        return description === undefined ? [] : [[name, description] as const];
      }),
  );
}
