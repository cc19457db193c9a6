import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { methods } from '../methods/registry.js';
import { parseValues } from '../options.js';
import { trainingOptions } from '../train/config.js';
import { addMethodOptions, addTrainingOptions } from './method-options.js';
import { pretrainCommand } from './pretrain.js';
import { previewCommand } from './preview.js';
import { addSchemaOptions, givenValues, optionShapes, written } from './schema-options.js';

const schema = z.object({
  temperature: z.number().positive().default(0.1).describe('Divides'),
  hiddenSize: z.number().int().min(1).nullable().default(null).describe('Width; null takes the published one'),
  useFlip: z.boolean().default(true).describe('Mirror'),
  stem: z.enum(['auto', 'small']).default('auto').describe('Stem'),
  layers: z.literal([2, 4]).default(2).describe('Layers'),
  angles: z.array(z.number().int()).default([0, 90]).describe('Angles'),
  scale: z.tuple([z.number(), z.number()]).default([0.2, 1]).describe('Scale'),
  name: z.string().optional().describe('Name'),
});

/** What a command line gives for the schema, before and after the check. */
function given(...words: string[]): Record<string, unknown> {
  const command = new Command('test').exitOverride().configureOutput({ outputError: () => {} });
  addSchemaOptions(command, schema, ({ default: value }) => (value === undefined ? '' : `default: ${written(value)}`));
  command.parse(words, { from: 'user' });
  return givenValues(command, schema);
}

const parsed = (...words: string[]): z.output<typeof schema> => parseValues(schema, given(...words));

describe('flags from a schema', () => {
  it('gives back what was written and nothing else', () => {
    expect(given()).toEqual({});
    expect(given('--temperature', '5e-2')).toEqual({ temperature: 0.05 });
    expect(given('--hidden-size', '64')).toEqual({ hiddenSize: 64 });
    expect(given('--hidden-size', 'none')).toEqual({ hiddenSize: null });
    expect(given('--use-flip')).toEqual({ useFlip: true });
    expect(given('--no-use-flip')).toEqual({ useFlip: false });
    expect(given('--stem', 'small')).toEqual({ stem: 'small' });
    expect(given('--layers', '4')).toEqual({ layers: 4 });
    expect(given('--angles', '0, 180')).toEqual({ angles: [0, 180] });
    expect(given('--angles', '')).toEqual({ angles: [] });
    expect(given('--scale', '0.5,1')).toEqual({ scale: [0.5, 1] });
    expect(given('--name', '7')).toEqual({ name: '7' });
  });

  it('leaves the refusal of a wrong value to the schema, which says what was expected', () => {
    expect(() => parsed('--temperature', 'hot')).toThrow('Expected a number for `temperature`, received "hot"');
    expect(() => parsed('--temperature', '0')).toThrow('Expected a value above 0 for `temperature`, received 0');
    expect(() => parsed('--hidden-size', '1.5')).toThrow('Expected a whole number for `hiddenSize`, received 1.5');
    expect(() => parsed('--hidden-size', '0')).toThrow('Expected a value of at least 1 for `hiddenSize`, received 0');
    expect(() => parsed('--stem', 'large')).toThrow('Expected one of auto, small for `stem`, received "large"');
    expect(() => parsed('--layers', '3')).toThrow('Expected one of 2, 4 for `layers`, received 3');
    expect(() => parsed('--angles', '0,x')).toThrow('Expected a number for `angles.1`, received "x"');
    expect(parsed()).toMatchObject({ temperature: 0.1, useFlip: true, angles: [0, 90] });
  });

  it('describes every option', () => {
    const shapes = Object.fromEntries(optionShapes(schema).map((shape) => [shape.name, shape]));
    expect(Object.values(shapes).map(({ type }) => type)).toEqual([
      'number',
      'integer',
      'boolean',
      'choice',
      'choice',
      'list of integer',
      'list of number',
      'text',
    ]);
    expect(shapes.hiddenSize).toMatchObject({ flag: '--hidden-size', isNullable: true, default: null, choices: null });
    expect(shapes.layers).toMatchObject({ choices: [2, 4], default: 2, description: 'Layers' });
  });

  it('refuses a type without a form on the command line, and a flag that is taken', () => {
    expect(() => optionShapes(z.object({ table: z.record(z.string(), z.number()) }))).toThrow('table');
    const command = new Command('test').option('--temperature <x>');
    expect(() => addSchemaOptions(command, schema, () => '')).toThrow('--temperature');
  });
});

describe('the registered methods', () => {
  it('have flags that clash neither with each other nor with those of the commands', () => {
    expect(methods.length).toBeGreaterThan(0);
    const names = methods.map(({ name }) => name);
    expect(pretrainCommand().commands.map((command) => command.name())).toEqual(names);
    expect(previewCommand().commands.map((command) => command.name())).toEqual(names);
  });

  it('show a description and a default for every option', () => {
    for (const definition of methods) {
      const command = new Command('test');
      addMethodOptions(command, definition);
      addTrainingOptions(command, definition);
      const shown = command.options.filter((option) => !option.hidden);
      const keys = [...Object.keys(definition.options.shape), ...Object.keys(trainingOptions.shape)];
      expect(shown.map((option) => option.attributeName())).toEqual(keys);
      // An empty list of milestones has nothing to show.
      for (const option of shown.filter(({ long }) => long !== '--milestones'))
        expect(option.description, `${definition.name} ${option.long}`).toMatch(/^\S.+\(.*default: \S/);
    }
  });
});
