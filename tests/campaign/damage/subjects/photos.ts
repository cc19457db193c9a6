/** The photographs that `data fetch` brought. */
import { join } from 'node:path';
import { photographs } from '../../../../src/data/sources/photographs.js';
import { putPng } from '../../../data-files.js';
import { readData, type Subject } from '../subject.js';

export const photoSubjects: readonly Subject[] = [
  {
    name: 'photographs',
    weight: 0.5,
    holds: 'plausible',
    damaged: /aloe\./,
    async write(folder) {
      for (const [start, { file }] of photographs.entries())
        await putPng(join(folder, '.cache/datasets/photos', file), { width: 24, height: 20, start });
    },
    read: (folder) => readData(folder, 'photos?size=16&crops=1'),
  },
];
