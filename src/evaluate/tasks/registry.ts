import { expected } from '../../errors.js';
import { nearest } from '../../options.js';
import type { Task } from '../task.js';
import { classification } from './classification.js';
import { detection } from './detection.js';
import { multiLabel } from './multi-label.js';
import { pairs } from './pairs.js';
import { segmentation } from './segmentation.js';
import { tagging } from './tagging.js';

/** The tasks that can be asked for by name. */
export const tasks: readonly Task[] = [classification, multiLabel, detection, segmentation, pairs, tagging];

/** @throws AutodidactError `USAGE` for a name that is not there */
export function findTask(name: string): Task {
  const found = tasks.find((task) => task.name === name);
  if (found !== undefined) return found;
  const names = tasks.map((task) => task.name);
  throw expected(`one of ${names.join(', ')}`, 'task', name, { remedy: `Did you mean \`${nearest(name, names)}\`?` });
}
