import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { CompareResult } from '../../compare/result.js';
import { RunFolder } from '../../train/run-folder.js';

/** The run of a method that the report shows: the first block of the last round that it reached. */
export interface ShownRun {
  title: string;
  folder: RunFolder;
}

export function runsOf({ folder, rows }: Pick<CompareResult, 'folder' | 'rows'>): ShownRun[] {
  return rows.flatMap(({ name, title, kind }) => {
    if (kind !== 'method') return [];
    const rungs = [9, 8, 7, 6, 5, 4, 3, 2, 1, 0];
    const path = rungs
      .map((rung) => join(folder, 'runs', `${name}.rung-${rung}.block-1`))
      .find((candidate) => existsSync(join(candidate, 'config.json')));
    return path === undefined ? [] : [{ title, folder: RunFolder.open(path) }];
  });
}
