import type { MethodCard } from '../methods/method.js';

/**
 * Commands that take the run of a method: what it is for, and its measurement.
 *
 * @param data labeled data to measure with, where the run has none of its own
 */
export function nextSteps({ uses = [] }: Pick<MethodCard, 'uses'>, run: string, data?: string): string[] {
  const evaluate = `evaluate ${run}${data === undefined ? '' : ` --data ${data}`}`;
  const commands = [...uses.map((use) => use.replace('RUN', run)), evaluate];
  return commands.map((command, i) => `${i === 0 ? 'Next: ' : '      '}autodidact ${command}`);
}
