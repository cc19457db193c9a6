import type { Backbone, BackboneOptions } from './backbone.js';

/** An architecture: what documentation and command line show of it, and its constructor. */
export interface BackboneDefinition {
  title: string;
  paper: { title: string; authors: string; year: number; url: string };
  /** Published base width. */
  width: number;
  /** What it reads; images where nothing is said. */
  reads?: 'clips' | 'sounds' | 'tokens';
  /** Options that it takes besides `inputChannels`, `imageSize` and `width`. */
  takes: readonly (keyof BackboneOptions)[];
  create(options: BackboneOptions): Backbone;
}
