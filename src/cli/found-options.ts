import { extname } from 'node:path';
import { z } from 'zod';
import { expected } from '../errors.js';
import { encoderOptions } from './encoder-argument.js';

/** Options of the commands that look through features. */
export const foundOptions = z
  .object({
    embeddings: z
      .string()
      .optional()
      .describe('A .parquet file that `embed` wrote with this encoder: nothing is read a second time'),
    limit: z.number().int().min(1).optional().describe('Take only so many samples, drawn at random with a fixed seed'),
    out: z.string().optional().describe('Writes the table to a file that ends in .parquet, .json or .csv'),
    sheet: z.string().optional().describe('Draws what was found as a contact sheet (.png)'),
  })
  .extend(encoderOptions.shape);

/** Checks the names of files before any work. @throws AutodidactError `USAGE` */
export async function checkFiles({ out, sheet }: { out?: string; sheet?: string }): Promise<void> {
  const { checkTablePath } = await import('../export/table-file.js');
  if (out !== undefined) checkTablePath(out);
  if (sheet !== undefined && extname(sheet).toLowerCase() !== '.png')
    throw expected('a file that ends in .png', 'sheet', sheet);
}
