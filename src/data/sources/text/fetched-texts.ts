import { join } from 'node:path';
import { AutodidactError, expected } from '../../../errors.js';
import { fetchedFolder } from '../../fetch.js';
import { addresses } from './addresses.js';
import { bible } from './bible.js';
import { brown } from './brown.js';
import type { TextSource } from './text-source.js';
import { wordnet } from './wordnet.js';

interface FetchedText {
  /** Name of the data set that `autodidact data fetch` brings. */
  set: string;
  /** What is known of its documents, the first of which is their class where nobody asks for another. */
  labels: readonly string[];
  /** @param folder of the fetched set */
  open(folder: string, label: string): Promise<TextSource>;
}

/** Texts that have a name, once they are fetched. */
export const fetchedTexts: Readonly<Record<string, FetchedText>> = {
  addresses: {
    ...{ set: 'text', labels: ['party', 'president', 'century', 'year'] },
    open: (folder, label) => addresses(join(folder, 'addresses'), label),
  },
  brown: { set: 'text', labels: ['genre', 'tag'], open: (folder, label) => brown(join(folder, 'brown'), label) },
  wordnet: { set: 'wordnet', labels: ['class'], open: wordnet },
  kjv: { set: 'bibles', labels: ['testament'], open: (folder) => bible(folder, 'kjv') },
  web: { set: 'bibles', labels: ['testament'], open: (folder) => bible(folder, 'web') },
};

/**
 * The texts of a name.
 * @throws AutodidactError `NOT_FOUND` where they are not fetched, `USAGE` for labels that they do not have
 */
export async function fetchedText(name: string, label: string | undefined, cacheFolder?: string): Promise<TextSource> {
  const { set, labels, open } = fetchedTexts[name]!;
  if (label !== undefined && !labels.includes(label)) throw expected(`one of ${labels.join(', ')}`, 'label', label);
  const folder = await fetchedFolder(set, cacheFolder);
  if (folder === null)
    throw new AutodidactError('NOT_FOUND', `The texts ${name} are not here yet`, {
      remedy: `Bring them with \`autodidact data fetch ${set}\`. If you mean a folder of yours, write text:./${name}.`,
    });
  return open(folder, label ?? labels[0]!);
}
