import type { Command } from 'commander';
import { AutodidactError } from '../errors.js';
import type { MethodDefinition } from '../methods/method.js';
import { findMethod, methods } from '../methods/registry.js';
import { fromRecipe, trainingOptions } from '../train/config.js';
import { addSchemaOptions, type OptionShape, written } from './schema-options.js';

/** Adds a flag per option of the method, with the paper's default and the one for small images. */
export function addMethodOptions(command: Command, definition: MethodDefinition): void {
  addSchemaOptions(command, definition.options, (shape) => defaultsOf(shape.default, smallDefault(definition, shape)));
}

/** Adds a flag per setting of the training, with the values of the method's recipes. */
export function addTrainingOptions(command: Command, definition: MethodDefinition): void {
  const paper = fromRecipe(definition.recipes.paper);
  const small = fromRecipe(definition.recipes.small);
  addSchemaOptions(command, trainingOptions, ({ name }) => {
    const key = name as keyof typeof paper;
    return defaultsOf(paper[key], small[key]);
  });
}

/** The value that an option takes on small images when nobody gives one. */
export function smallDefault(definition: MethodDefinition, shape: OptionShape): unknown {
  const small: Record<string, unknown> = definition.smallOptions ?? {};
  return small[shape.name] === undefined ? shape.default : small[shape.name];
}

/** The error for words that do not begin with the name of a method. */
export function noMethod(words: readonly string[], example: string): AutodidactError {
  const [first] = words;
  if (first !== undefined && !first.startsWith('-'))
    try {
      findMethod(first);
    } catch (error) {
      if (error instanceof AutodidactError) return error;
    }
  return new AutodidactError('USAGE', `Expected the name of a method first, received ${first ?? 'none'}`, {
    remedy: `An example: ${example}. There are ${methods.map(({ name }) => name).join(', ')}.`,
  });
}

function defaultsOf(paper: unknown, small: unknown): string {
  const [first, second] = [written(paper), written(small)];
  if (first === second) return first === '' ? '' : `default: ${first}`;
  return `default: ${first}; small samples: ${second || 'none'}`;
}
