import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readLines } from '../../text/utf8.js';
import type { TextSource } from './text-source.js';

const PARTS = ['noun', 'verb', 'adj', 'adv'] as const;

/** The lexicographers' files, by their number (lexnames.5WN). */
const CLASSES = (
  'adj.all adj.pert adv.all noun.Tops noun.act noun.animal noun.artifact noun.attribute noun.body noun.cognition ' +
  'noun.communication noun.event noun.feeling noun.food noun.group noun.location noun.motive noun.object noun.person ' +
  'noun.phenomenon noun.plant noun.possession noun.process noun.quantity noun.relation noun.shape noun.state ' +
  'noun.substance noun.time verb.body verb.change verb.cognition verb.communication verb.competition verb.consumption ' +
  'verb.contact verb.creation verb.emotion verb.motion verb.perception verb.possession verb.social verb.stative ' +
  'verb.weather adj.ppl'
).split(' ');

/** Every tenth definition is for tests. */
const TEST = { every: 10, from: 5 };
const MOST_LINE_BYTES = 1_000_000;

/** The definitions of WordNet with their examples; each is a document, whose class is the file of its lexicographer. */
export async function wordnet(folder: string): Promise<TextSource> {
  const paths = PARTS.map((part) => join(folder, `data.${part}`));
  const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size));
  return {
    ...{
      name: 'wordnet',
      kind: 'wordnet',
      skipped: [],
      sides: ['train', 'test'],
      unit: 'bytes',
      identity: 'WordNet 3.0',
    },
    size: sizes.reduce((sum, size) => sum + size, 0),
    note: 'Definitions of WordNet 3.0, copyright Princeton University (Debian wordnet-base)',
    async *documents(onRead) {
      let number = 0;
      for (const [i, part] of PARTS.entries())
        for await (const { bytes } of readLines(paths[i]!, MOST_LINE_BYTES, onRead)) {
          // Lines of the license begin with a blank.
          const [, offset, lexicographer, gloss] = /^(\d{8}) (\d\d) [^|]*\| (.*)$/.exec(bytes!.toString('utf8')) ?? [];
          if (gloss === undefined) continue;
          yield {
            ...{ id: `${part}/${offset}`, label: CLASSES[Number(lexicographer)]!, text: [gloss.trim()] },
            split: number++ % TEST.every === TEST.from ? 'test' : 'train',
          };
        }
    },
  };
}
