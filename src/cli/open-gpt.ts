import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Tokenizer } from '../data/index.js';
import { AutodidactError } from '../errors.js';
import { Gpt } from '../methods/text/gpt.js';
import { type LoadedRun, loadRun } from '../train/load.js';
import { isRun } from '../train/load-encoder.js';
import { say } from './output.js';

/**
 * Loads a run of a language model for reading and writing texts.
 *
 * @throws AutodidactError `USAGE` for a run of another method, and as `loadRun`
 */
export function openGpt(path: string, device: string): { run: LoadedRun; gpt: Gpt; tokenizer: Tokenizer } {
  if (path.endsWith('.safetensors') || (existsSync(join(path, 'model.safetensors')) && !isRun(path)))
    throw new AutodidactError('USAGE', `${path} holds weights, and no run`, {
      remedy: 'Make a run of published weights first: `autodidact import gpt <folder>`.',
    });
  const run = loadRun(path, { device });
  say(...run.warnings);
  const method: unknown = run.method;
  if (!(method instanceof Gpt))
    throw new AutodidactError('USAGE', `${path} holds ${run.definition.title}, which does not write texts`, {
      remedy: 'Take a run of the method gpt.',
    });
  method.eval();
  return { run, gpt: method, tokenizer: method.tokenizer };
}
