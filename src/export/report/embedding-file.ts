import { z } from 'zod';
import type { Dataset } from '../../data/index.js';
import { fingerprint } from '../../evaluate/features.js';
import { readIfThere, writeAtomically } from '../../files.js';
import { parseJson } from '../../json.js';
import type { Encoder } from '../../methods/method.js';
import type { RunFolder } from '../../train/run-folder.js';
import { type Embedding, type GatherOptions, gatherEmbedding, USUAL_LIMIT } from './gather.js';

const FILE = 'embedding.json';

const place = z.number().int().min(0);
const size = { width: z.number().int().min(1), height: z.number().int().min(1) };
const uri = z.string().regex(/^data:image\/(png|webp);base64,[A-Za-z0-9+/=]*$/);

const schema: z.ZodType<Embedding> = z.object({
  format: z.literal(2),
  encoder: z.string(),
  step: place.nullable(),
  data: z.object({ name: z.string(), fingerprint: z.string(), count: place, plural: z.string() }),
  seed: place,
  ids: z.array(z.string()),
  labels: z.array(z.number().int().min(-1)).nullable(),
  classes: z.array(z.string()).nullable(),
  points: z.array(z.tuple([z.number(), z.number()])),
  sprite: z.union([z.object({ image: uri, columns: place, rows: place, ...size }), z.array(z.string())]),
  neighbors: z.array(
    z.object({ query: place, items: z.array(z.object({ index: place, cosine: z.number().min(-1).max(1) })) }),
  ),
  shown: z.record(
    z.string(),
    z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('picture'), source: uri, ...size }),
      z.object({ kind: z.literal('text'), text: z.string() }),
    ]),
  ),
  agreement: z.object({ share: z.number(), chance: z.number(), k: place }).nullable(),
  hasParts: z.boolean().optional(),
});

/** The embedding of a run; null when there is none, or one that another version wrote: it is made anew in seconds. */
export function readEmbedding(folder: RunFolder): Embedding | null {
  try {
    return schema.safeParse(parseJson(String(readIfThere(folder.file(FILE))))).data ?? null;
  } catch {
    return null;
  }
}

/** Puts the embedding into the run folder, where `writeReport` finds it. */
export function saveEmbedding(folder: RunFolder, embedding: Embedding): void {
  writeAtomically(folder.file(FILE), `${JSON.stringify(embedding)}\n`);
}

/**
 * Gathers and saves the embedding of a run, unless the one that is there is better: of the same encoder, and of more samples.
 *
 * @param dataset samples as the encoder takes them
 * @returns whether it was gathered
 */
export async function refreshEmbedding(
  folder: RunFolder,
  encoder: Encoder,
  dataset: Dataset,
  options: GatherOptions = {},
): Promise<boolean> {
  const saved = readEmbedding(folder);
  // Earlier files count neighbors that are parts of the same sample.
  const isPresent = saved?.hasParts !== undefined && saved.encoder === fingerprint(encoder.backbone);
  if (isPresent && isBetter(saved, dataset, options)) return false;
  saveEmbedding(folder, await gatherEmbedding(encoder, dataset, options));
  return true;
}

/** Whether an embedding shows more than one of this data set would. Labels, which color the map, are worth more than samples not shown. */
function isBetter({ ids, labels, data }: Embedding, dataset: Dataset, { limit = USUAL_LIMIT }: GatherOptions): boolean {
  const shown = Math.min(limit, dataset.count);
  if (shown !== ids.length) return shown < ids.length;
  const hasLabels = dataset.labels !== null;
  if (hasLabels !== (labels !== null)) return !hasLabels;
  return dataset.count < data.count || dataset.fingerprint === data.fingerprint;
}
