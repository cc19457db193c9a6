/** Tasks of `evaluate` for which nothing is trained. */
import { AutodidactError } from '../errors.js';
import { PROPAGATION } from '../evaluate/propagation/options.js';
import { RETRIEVAL } from '../evaluate/retrieval/options.js';
import { openScored } from './evaluate-data.js';
import { ALL_LABELS, type Begin, type Given, type Settings } from './evaluate-options.js';
import { announced, openData } from './open-data.js';

/** Each by its name. @throws AutodidactError `USAGE` for options that it does not have */
export const untrained: Readonly<Record<string, (given: Given, settings: Settings) => Begin>> = {
  [PROPAGATION]: propagationOf,
  [RETRIEVAL]: retrievalOf,
};

/** Following masks and joints through videos. */
function propagationOf(given: Given, settings: Settings): Begin {
  if (asksForLabels(given, settings))
    throw new AutodidactError('USAGE', `${PROPAGATION} trains nothing and takes no labels but those of first frames`, {
      remedy: 'Leave out --labels, --label-file and --freeze-until.',
    });
  return async (loaded, signal) => {
    const { evaluatePropagation } = await import('../evaluate/propagation/evaluate-propagation.js');
    const { size, limit } = settings;
    const form = { ...(size === undefined ? {} : { size }), ...(limit === undefined ? {} : { limit }) };
    const data = await openScored(loaded, given, (spec, split) => openData(spec, { ...form, split }));
    return { job: evaluatePropagation({ run: loaded, ...data, ...asked(settings), signal }), shown: null };
  };
}

/** Finding the partners of samples. */
function retrievalOf(given: Given, settings: Settings): Begin {
  if (asksForLabels(given, settings) || settings.size !== undefined)
    throw new AutodidactError('USAGE', `${RETRIEVAL} trains nothing and takes no labels`, {
      remedy: 'Leave out --labels, --label-file, --freeze-until and --size.',
    });
  return async (loaded, signal) => {
    const { evaluateRetrieval } = await import('../evaluate/retrieval/evaluate-retrieval.js');
    const { limit } = settings;
    const form = { isLabeled: true, ...(limit === undefined ? {} : { limit }) };
    const data = await openScored(loaded, given, (spec, split) =>
      announced((onProgress) => loaded.open({ spec, split, ...form, onProgress })),
    );
    return { job: evaluateRetrieval({ run: loaded, ...data, ...asked(settings), signal }), shown: null };
  };
}

function asksForLabels({ labelFile }: Given, { labels, freezeUntil }: Settings): boolean {
  return labelFile !== undefined || freezeUntil.length > 0 || labels.join() !== ALL_LABELS.join();
}

/** What both take. */
function asked({ protocol: rules, baselines, seeds, layer }: Settings) {
  return {
    seeds: Array.from({ length: seeds }, (_, seed) => seed),
    ...(rules === undefined ? {} : { rules }),
    ...(baselines === undefined ? {} : { baselines }),
    ...(layer === undefined ? {} : { layer }),
  };
}
