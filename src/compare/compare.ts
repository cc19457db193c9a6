import { threads } from '../engine/index.js';
import { type Job, startJob } from '../job.js';
import type { OpenOptions } from '../modalities/modality.js';
import { checkKnown, parseValues } from '../options.js';
import { assemble } from './assemble.js';
import { Comparison } from './comparison.js';
import type { CompareEvent } from './events.js';
import { CompareFolder } from './folder.js';
import { type CompareRequest, checkRequest, compareRequest } from './request.js';
import type { CompareResult } from './result.js';
import { type Setup, setUp } from './setup.js';

export interface CompareOptions extends Partial<CompareRequest> {
  /** What `--data` takes: a folder, a file, the name of a data set. */
  data: string;
  /** Data that score; by default the test samples of the data, or a fifth of the labeled ones, which are kept apart. */
  test?: string;
  /** How the data are opened: size, channels, length, limit, labels. */
  open?: OpenOptions;
  /** The folder to make. Default: the first of runs/compare-1, -2, ... that is free. */
  out?: string;
  /** Stops after the step in progress and fails with INTERRUPTED; what was measured is kept, and goes on with `resumeComparison`. */
  signal?: AbortSignal;
}

/**
 * Compares methods on one's own data: each is pretrained with the same budget in the same blocks of seeds, labels and validation samples,
 * beside networks that were not pretrained. What differs, and what does not, is said by paired intervals; the leader is scored again on
 * new blocks and test samples. Without labels, scores without a ranking.
 *
 * Every measurement is a file of its own in the folder, written once and whole. A method that fails keeps its row and costs no other.
 *
 * @throws AutodidactError `USAGE`, `DATA`, `NOT_FOUND`, `IO` when the system fails, `INTERRUPTED` on `signal`
 */
export function compare(options: CompareOptions): Job<CompareEvent, CompareResult> {
  return startJob(async (emit) => {
    const { data, test, open = {}, out, signal, ...rest } = options;
    checkKnown(rest, KNOWN, 'compare');
    const request = parsed(rest);
    checkRequest(request);
    const path = out ?? CompareFolder.nextPath('runs');
    // Claimed before the minutes of trial steps: another comparison of this folder ends at once.
    const folder = CompareFolder.create(path);
    try {
      const setup = await setUp({
        ...{ request, source: { data, test, open }, signal },
        say: (sentence) => emit({ type: 'note', sentence }),
        onCalibrate: (title, done, total) => emit({ type: 'calibrate', title, done, total }),
      });
      folder.writeConfig(setup.config);
      return await finished(folder, setup, signal, emit);
    } finally {
      folder.release();
    }
  });
}

/**
 * Goes on with a comparison where it stopped, bit for bit: what was measured stays, a training in progress continues from its checkpoint.
 * @throws AutodidactError `DATA` when the data are not those that it began with
 */
export function resumeComparison(
  path: string,
  { signal }: { signal?: AbortSignal } = {},
): Job<CompareEvent, CompareResult> {
  return startJob(async (emit) => {
    const folder = CompareFolder.open(path);
    folder.claim();
    try {
      const config = folder.readConfig();
      if (process.env.AUTODIDACT_THREADS === undefined) threads(config.threads);
      const { data, test, open } = config.source;
      const setup = await setUp({
        ...{ request: config.request, source: { data, test, open: open as OpenOptions }, config, signal },
        say: (sentence) => emit({ type: 'note', sentence }),
        onCalibrate: (title, done, total) => emit({ type: 'calibrate', title, done, total }),
      });
      return await finished(folder, setup, signal, emit);
    } finally {
      folder.release();
    }
  });
}

/** Beside `data`, `test`, `open`, `out` and `signal`. */
const KNOWN = Object.fromEntries(Object.keys(compareRequest.shape).map((name) => [name, true as const]));

function parsed(values: Partial<CompareRequest>): CompareRequest {
  const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
  return parseValues(compareRequest, given);
}

async function finished(
  folder: CompareFolder,
  setup: Setup,
  signal: AbortSignal | undefined,
  emit: (event: CompareEvent) => void,
): Promise<CompareResult> {
  const outcome = await new Comparison(folder, setup, signal, emit).run();
  const result = assemble(folder.path, setup, outcome);
  folder.writeResult(result);
  return result;
}
