import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { findMethod } from '../methods/registry.js';
import { flagsOf, guessFlag, withFlags } from './flags.js';
import { addMethodOptions, addTrainingOptions } from './method-options.js';
import { addDataOptions } from './open-data.js';

/** As `pretrain simclr` has them. */
function command(): Command {
  const made = new Command('simclr').option('--data <spec>').option('--out <folder>').option('--init <run>');
  addDataOptions(made);
  addMethodOptions(made, findMethod('simclr'));
  addTrainingOptions(made, findMethod('simclr'));
  return made;
}

describe('guessFlag', () => {
  const flags = flagsOf(command());

  it.each([
    ['--lr', 'learning-rate'],
    ['--wd', 'weight-decay'],
    ['--bs', 'batch-size'],
    ['-lr', 'learning-rate'],
    ['--lrate', 'learning-rate'],
    ['--batch', 'batch-size'],
    ['--batchSize', 'batch-size'],
    ['--batch_size=8', 'batch-size'],
    ['--epoch', 'epochs'],
    ['--tempreture', 'temperature'],
    ['--temp', 'temperature'],
    ['--image-size', 'size'],
    ['--imgSize', 'size'],
    ['--resolution', 'size'],
    ['--dataset', 'data'],
    ['--output', 'out'],
    ['--gpu', 'device'],
    ['--arch', 'backbone'],
    ['--pretrained', 'init'],
    ['--warmup', 'warmup-epochs'],
  ])('takes %s for --%s', (typed, flag) => expect(guessFlag(typed, flags)).toBe(flag));

  it.each(['--xyz', '--', '--q', '--workers', '--pin-memory'])('has no guess for %s', (typed) =>
    expect(guessFlag(typed, flags)).toBeNull(),
  );
});

describe('withFlags', () => {
  it('writes the options of the command as they are typed, and nothing else', () => {
    const worded = (message: string): string => withFlags(message, command());
    expect(worded('Expected a number for `learningRate`, received "x"')).toBe(
      'Expected a number for `--learning-rate`, received "x"',
    );
    expect(worded('for `milestones.1`, received "x"')).toBe('for `--milestones`, received "x"');
    expect(worded('a multiple of 4 for `imageSize`, received 50')).toBe('a multiple of 4 for `--size`, received 50');
    expect(worded('Raise `zoomLevel`, or run `autodidact methods`')).toBe(
      'Raise `zoomLevel`, or run `autodidact methods`',
    );
    expect(worded('`aten::cat`: argument `size`: it is missing')).toBe('`aten::cat`: argument `size`: it is missing');
  });
});
