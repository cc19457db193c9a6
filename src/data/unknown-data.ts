import { distance } from 'fastest-levenshtein';
import { AutodidactError } from '../errors.js';

/** The error for a data spec that is neither a path nor one of these names. */
export function unknownData(spec: string, names: readonly string[]): AutodidactError {
  const typed = spec.split('?', 1)[0]!.toLowerCase();
  const near = (name: string): boolean => distance(name, typed) <= 3 || distance(name, typed.split(':', 1)[0]!) <= 3;
  const nearest = names.find(near);
  const guess = nearest === undefined ? '' : `Did you mean ${nearest}? `;
  return new AutodidactError(
    'NOT_FOUND',
    `There is no data ${spec}: no file or folder of that path, and no data set of that name`,
    { remedy: `${guess}Data sets with a name: ${names.join(', ')}.` },
  );
}
