import { z } from 'zod';
import type { LoadedEncoder } from '../train/load-encoder.js';
import { say } from './output.js';

/** Help of an argument that names an encoder. */
export const ENCODER_HELP =
  'a run folder, such as runs/simclr-1, a folder that `export` wrote, or weights of timm, torchvision or transformers (.safetensors)';

/** What to assume of weights that say nothing of themselves. */
export const encoderOptions = z.object({
  backbone: z
    .string()
    .optional()
    .describe('For weights of other programs: their architecture (default: what their files say)'),
  imageSize: z
    .number()
    .int()
    .min(1)
    .max(4096)
    .optional()
    .describe('For weights of other programs: side of the images in pixels (default: what their files say, else 224)'),
  device: z.string().default('auto').describe('cpu, cuda, cuda:1, mps, or auto'),
});

/** Opens the encoder that was named, and says what was read. */
export async function openEncoder(
  path: string,
  { device, backbone, imageSize }: Partial<z.output<typeof encoderOptions>>,
): Promise<LoadedEncoder> {
  const { loadEncoder } = await import('../train/load-encoder.js');
  const loaded = loadEncoder(path, { device, backbone, imageSize });
  say(...loaded.notes);
  return loaded;
}
