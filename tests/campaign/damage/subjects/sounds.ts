/** Sound files, each beside an intact one. */
import { join } from 'node:path';
import { chunk, counting, wave } from '../../../../src/data/waves.test-util.js';
import { put } from '../../../data-files.js';
import { demand, openAlone, readingOf, type Subject } from '../subject.js';

const LENGTH = 600;
const samples = counting(LENGTH);
const NEIGHBOR = 'b/neighbor.wav';

const FILES: Readonly<Record<string, () => Buffer>> = {
  '16 bits': () => wave(samples),
  '8 bits': () => wave(Uint8Array.from(samples), { bits: 8 }),
  '24 bits, stereo': () => wave(new Uint8Array(LENGTH * 6).fill(7), { bits: 24, channels: 2, isExtensible: true }),
  'floats, after a list': () =>
    wave(
      Float32Array.from(samples, (value) => value / LENGTH),
      {
        ...{ bits: 32, format: 3 },
        between: chunk('LIST', Buffer.from('INFOISFT\x05\0\0\0Lavf\0\0', 'latin1')),
      },
    ),
  doubles: () =>
    wave(
      Float64Array.from(samples, (value) => value / LENGTH),
      { bits: 64, format: 3 },
    ),
  'of unknown size': () => wave(samples, { statedSize: 0xffff_ffff }),
};

export const soundSubjects: readonly Subject[] = Object.entries(FILES).map(([name, make]) => ({
  name: `wave ${name}`,
  weight: 1,
  holds: 'plausible',
  damaged: /^a\/damaged/,
  async write(folder) {
    put(join(folder, 'a/damaged.wav'), make());
    put(join(folder, NEIGHBOR), wave(samples));
  },
  async read(folder, way) {
    const dataset = await openAlone(folder, folder, way % 2 === 0 ? { length: 256 } : {});
    const reading = readingOf(dataset);
    const isThere = dataset.ids.some((id) => id.startsWith(NEIGHBOR));
    demand(isThere || reading.refused !== null, 'the intact sound beside it is left out without a word');
    return { ...reading, digest: `${way % 2} ${reading.digest}` };
  },
}));
