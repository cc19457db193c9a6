import type { Dataset } from '../../data/index.js';
import { scope } from '../../engine/index.js';
import type { Tile } from '../../methods/method.js';
import { modalityOf } from '../../modalities/registry.js';
import { previewData } from '../../train/preview-data.js';
import { drawTiles } from './sheet.js';

/** A sample of a sheet and what to write below it. */
export interface SheetSample {
  dataset: Dataset;
  position: number;
  caption: string;
  /** Colors the caption. */
  isCorrect?: boolean;
}

/**
 * Rows of captioned samples under a title, as PNG.
 * @throws AutodidactError `DATA` when the sheet would be too large
 */
export function drawContactSheet(
  title: string,
  explanation: string,
  rows: readonly (readonly SheetSample[])[],
): Promise<Buffer> {
  const preview = scope(() => previewData({ title, explanation, rows: rows.map((row) => row.map(tileOf)) }));
  return drawTiles(preview);
}

function tileOf({ dataset, position, caption, isCorrect }: SheetSample): Tile {
  const { spec } = dataset;
  const shown = modalityOf(spec).show(dataset.collate([position]) as never, 0, spec);
  return {
    ...(shown.kind === 'picture' ? { image: shown.image } : { text: shown.text }),
    caption,
    ...(isCorrect === undefined ? {} : { isCorrect }),
  };
}
