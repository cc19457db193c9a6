import { normalizeName } from '../labels.js';
import { readText, saysMissing } from '../regular-file.js';

/** The class names in a file beside the data, one per line; `usual` when there is no such file or it names fewer or more. */
export async function readClassNames(path: string, usual: string[]): Promise<string[]> {
  const text = await readText(path).catch((error) => {
    if (saysMissing(error)) return '';
    throw error;
  });
  const names = text
    .split('\n')
    .map(normalizeName)
    .filter((name) => name !== '');
  return names.length === usual.length ? names : usual;
}
