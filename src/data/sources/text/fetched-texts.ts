import { join } from 'node:path';
import { AutodidactError, expected } from '../../../errors.js';
import { fetchedFolder } from '../../fetch.js';
import { addresses } from './addresses.js';
import { brown } from './brown.js';
import type { TextSource } from './text-source.js';

/** Name of the data set that `autodidact data fetch` brings. */
export const FETCHED_TEXTS = 'text';

/** The texts of it: what is known of their documents, the first of which is their class where nobody asks for another. */
export const fetchedTexts = {
  addresses: { labels: ['party', 'president', 'century', 'year'], open: addresses },
  brown: { labels: ['genre'], open: brown },
} as const;

/**
 * The texts that `autodidact data fetch text` brings.
 * @throws AutodidactError `NOT_FOUND` before that, `USAGE` for labels that they do not have
 */
export async function fetchedText(
  name: keyof typeof fetchedTexts,
  label: string | undefined,
  cacheFolder?: string,
): Promise<TextSource> {
  const { labels, open } = fetchedTexts[name];
  const known: readonly string[] = labels;
  if (label !== undefined && !known.includes(label)) throw expected(`one of ${known.join(', ')}`, 'label', label);
  const folder = await fetchedFolder(FETCHED_TEXTS, cacheFolder);
  if (folder === null)
    throw new AutodidactError('NOT_FOUND', `The texts ${name} are not here yet`, {
      remedy: `Bring them with \`autodidact data fetch ${FETCHED_TEXTS}\`. If you mean a folder of yours, write text:./${name}.`,
    });
  return open(join(folder, name), label ?? known[0]!);
}
