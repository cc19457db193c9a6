import { Command } from 'commander';
import { groupBy } from '../data/groups.js';
import type { MethodDefinition, Recipe } from '../methods/method.js';
import { findMethod, methods } from '../methods/registry.js';
import { exampleData } from '../modalities/registry.js';
import { smallDefault } from './method-options.js';
import { columns, print, printJson, quoted, table } from './output.js';
import { optionShapes, written } from './schema-options.js';

/** `methods`: what there is to pretrain with; `methods <name>`: one in full. */
export function methodsCommand(): Command {
  return new Command('methods')
    .description('Lists the methods by family, or tells everything about one.')
    .argument('[method]', 'a name from the list')
    .option('--json', 'Print the methods with all options and recipes as JSON')
    .addHelpText('after', '\nExamples:\n  autodidact methods\n  autodidact methods simclr\n  autodidact methods --json')
    .action((name: string | undefined, { json: isJson }: { json?: boolean }) => {
      if (name === undefined) return isJson ? printJson(methods.map(described)) : print(...overview());
      const definition = findMethod(name);
      return isJson ? printJson(described(definition)) : print(...inFull(definition));
    });
}

/** A method as JSON: the same table that makes the flags. */
function described(definition: MethodDefinition): object {
  const { name, title, modalities, family, summary, paper, recipes, smallestBatch = 1 } = definition;
  const options = optionShapes(definition.options).map((shape) => ({
    ...shape,
    default: shape.default ?? null,
    smallDefault: smallDefault(definition, shape) ?? null,
  }));
  return { name, modality: modalities[0], modalities, family, title, summary, paper, smallestBatch, options, recipes };
}

function overview(): string[] {
  const families = groupBy(methods, ({ modalities, family }) => `${modalities[0]} / ${family}`);
  const width = Math.max(...methods.map(({ name }) => name.length));
  const lines = [...families].flatMap(([heading, members]) => {
    const rows = members.map(({ name, title, paper, summary }) => [
      `  ${name.padEnd(width)}`,
      `${title} (${paper.year})`,
      summary,
    ]);
    return [heading, ...table(rows), ''];
  });
  return [...lines, '`autodidact methods <name>` tells everything about one.'];
}

function inFull(definition: MethodDefinition): string[] {
  const { name, title, modalities, family, summary, paper, recipes } = definition;
  const rows = optionShapes(definition.options).map((shape) => {
    const small = written(smallDefault(definition, shape));
    const paperDefault = written(shape.default);
    return [`  ${shape.flag}`, paperDefault, small === paperDefault ? '' : small, shape.description];
  });
  const keys = [...new Set([...Object.keys(recipes.paper), ...Object.keys(recipes.small)])] as (keyof Recipe)[];
  const show = (value: unknown): string => (value === undefined ? '' : written(value));
  const recipeRows = keys.map((key) => [`  ${key}`, show(recipes.paper[key]), show(recipes.small[key])]);
  return [
    `${title} (${name}, ${modalities.join(' or ')} / ${family})`,
    ...wrapped(summary),
    '',
    `${paper.authors}, "${paper.title}", ${paper.year}`,
    [paper.url, ...(paper.code === undefined ? [] : [paper.code])].join('  '),
    '',
    ...table(rows, ['Options', 'default', 'small samples', '']),
    '',
    ...table(recipeRows, ['Recipes', 'paper', 'small']),
    '',
    `autodidact pretrain ${name} --data ${quoted(exampleData(definition)[0])}`,
  ];
}

function wrapped(text: string): string[] {
  const lines: string[] = [''];
  for (const word of text.split(' ')) {
    const line = `${lines.at(-1)} ${word}`.trim();
    if (line.length > Math.min(100, columns())) lines.push(word);
    else lines[lines.length - 1] = line;
  }
  return lines;
}
