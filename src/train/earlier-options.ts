type Options = Readonly<Record<string, unknown>>;

/** Of methods whose options had other names, or that did then what an option does now. */
const CHANGES: Readonly<Record<string, (options: Options) => Options>> = {
  'skip-thoughts': ({ bidirectional, ...rest }) =>
    bidirectional === undefined ? rest : { encoder: bidirectional === true ? 'bi' : 'uni', ...rest },
  elmo: (options) => ({ negatives: 0, ...options }),
};

/** Saved options of a method as they are called now: those of runs and encoders of earlier versions, which are complete. */
export function presentOptions(method: unknown, options: Options): Options {
  return (
    (typeof method === 'string' && Object.hasOwn(CHANGES, method) ? CHANGES[method] : undefined)?.(options) ?? options
  );
}
