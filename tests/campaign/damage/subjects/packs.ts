/** Packs in the cache: damaged ones are made anew, and whoever opens the data gets what they always got. */
import { readData, type Subject } from '../subject.js';

const pack = (name: string, spec: string): Subject => ({
  name: `pack ${name}`,
  weight: 3,
  holds: 'equal',
  async write(folder) {
    await readData(folder, spec);
  },
  read: (folder) => readData(folder, spec),
});

export const packSubjects: readonly Subject[] = [
  pack('of images', 'synthetic:objects?count=6&test=2&size=12'),
  pack('of sounds', 'synthetic:sounds?count=8&test=2&length=256'),
  pack('with masks', 'synthetic:scenes?count=3&test=1&size=16'),
];
