import { z } from 'zod';
import { AutodidactError } from '../errors.js';
import { parseJson, unsealed } from '../json.js';
import type { BackboneOptions } from './backbone.js';
import { NORMS } from './norms.js';

const whole = z.int().min(1).max(65_536);

/** What is known of the options' values; `createBackbone` checks the rest. */
const schema = z.looseObject({
  inputChannels: whole,
  imageSize: whole,
  width: whole.optional(),
  stem: z.enum(['auto', 'imagenet', 'small']).optional(),
  conv1Stride: whole.optional(),
  zeroInitResidual: z.boolean().optional(),
  blocks: whole.optional(),
  norm: z.enum(NORMS).optional(),
  pooling: z.enum(['average', 'flatten', 'class']).optional(),
  patchSize: whole.optional(),
  splitAt: whole.optional(),
  length: z
    .int()
    .min(1)
    .max(2 ** 31)
    .optional(),
  vocabulary: z
    .int()
    .min(1)
    .max(2 ** 31)
    .optional(),
  patches: z.object({ side: whole, stride: whole }).optional(),
});

const description = z.object({ architecture: z.string(), options: schema });

/** What it takes to make a backbone again before its weights are loaded. */
export interface BackboneDescription {
  architecture: string;
  options: BackboneOptions;
}

/**
 * Reads the description of a backbone that was saved as JSON.
 *
 * @param text of `{"architecture", "options"}`, which may be sealed (see `sealed`)
 * @param where it comes from, for messages
 * @throws AutodidactError `CHECKPOINT` that says what does not fit
 */
export function readBackboneDescription(text: string, where: string): BackboneDescription {
  let reason: string;
  try {
    const { values, isIntact } = unsealed(parseJson(text) as Record<string, unknown>);
    const parsed = description.safeParse(values);
    if (parsed.success && isIntact !== false) return parsed.data;
    const issue = parsed.error?.issues[0];
    reason = issue ? `${issue.path.join('.') || 'the whole'}: ${issue.message}` : 'it was changed since it was written';
  } catch {
    reason = 'it is not JSON';
  }
  throw new AutodidactError('CHECKPOINT', `Could not read which backbone ${where} holds: ${reason}`, {
    remedy: 'Bring the file back from a copy, or use another one.',
  });
}
