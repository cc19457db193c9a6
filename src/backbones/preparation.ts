import { z } from 'zod';
import { AutodidactError } from '../errors.js';
import { parseJson } from '../json.js';

const schema = z.object({
  mean: z.array(z.number()).optional(),
  std: z.array(z.number().positive()).optional(),
  note: z.string().optional(),
});

/** How raw samples become the input of a backbone, in words and numbers that can be followed outside of this library. */
export interface Preparation {
  /** Of images scaled to [0, 1]: subtracted from each channel, then divided by. */
  mean?: readonly number[];
  std?: readonly number[];
  /** What is done instead or afterwards, where mean and deviation are not all. */
  note?: string;
}

/** Reads what the metadata of an encoder's file say of it. @throws AutodidactError `CHECKPOINT` for other text */
export function readPreparation(text: string, file: string): Preparation {
  try {
    return schema.parse(parseJson(text));
  } catch (cause) {
    throw new AutodidactError('CHECKPOINT', `Could not read how ${file} prepares samples`, { cause });
  }
}
