import type { Box } from '../data/box.js';

/** What is marked in a sample, in its own pixels. */
export type Marks =
  | { kind: 'boxes'; boxes: readonly MarkedBox[] }
  /** The class of each pixel, row by row; 255 where none counts. */
  | { kind: 'mask'; height: number; width: number; pixels: Uint8Array };

export interface MarkedBox {
  box: Box;
  class: number;
  /** Of an answer, from 0 to 1; null for the truth. */
  score: number | null;
}

/** The answer to one sample as a person can look at it. */
export interface Example {
  /** How good the answer is by itself, from 0 to 1; null where the sample asks nothing. */
  merit: number | null;
  /** The answer in a few words. */
  caption: string;
  truth: Marks;
  answer: Marks;
}
