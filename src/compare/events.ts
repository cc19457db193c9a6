import type { Cell } from './folder.js';

/** What a comparison reports while it works. */
export type CompareEvent =
  | { type: 'note'; sentence: string }
  /** Trial steps of a method begin. */
  | { type: 'calibrate'; title: string; done: number; total: number }
  /** All is settled, in sentences, and the folder is there. */
  | { type: 'start'; folder: string; sentences: string[]; total: number }
  | { type: 'progress'; title: string; block: string; work: string; done: number; total: number }
  /** Cells come as they are measured; those of an earlier process come first. */
  | { type: 'cell'; cell: Cell; title: string; done: number; total: number; isNew: boolean };
