import type { Dataset } from '../../data/index.js';
import { expected } from '../../errors.js';
import { PROPAGATION_RULES, type PropagationRule } from '../../networks/propagation/rule.js';
import { nearest } from '../../options.js';
import type { Subject } from '../subject.js';

/** Name of the task, beside those of `tasks/registry.ts`. */
export const PROPAGATION = 'propagation';

export interface PropagationOptions extends Subject {
  /** Videos with masks or joints, whose first frames are given and whose others score. */
  test: Dataset;
  /** Videos on which random networks estimate their batch statistics and are compared. Default `test`, without the comparison. */
  train?: Dataset;
  /** How the data were asked for; kept with the result. */
  sources?: { train?: string; test?: string };
  /** Published rules by name (`crw`, `dino`, `colorization`), or rules of your own. Default `crw`. */
  rules?: readonly (string | NamedRule)[];
  /** Seeds of random networks. Default 0, 1, 2. */
  seeds?: readonly number[];
  /** Default `random` when there is `makeFresh`, else none. Raw pixels and the identity copy are always there. */
  baselines?: readonly string[];
  /** The layer of the backbone to read; by default the last with at least 16 cells along the shorter side of its map. */
  layer?: string;
  /** Stops the evaluation, which then fails with INTERRUPTED; what was measured has been reported by then. */
  signal?: AbortSignal;
}

export interface NamedRule {
  name: string;
  rule: PropagationRule;
}

/** The rules of these names. @throws AutodidactError `USAGE` for an unknown name, or none at all */
export function namedRules(rules: readonly (string | NamedRule)[]): NamedRule[] {
  if (rules.length === 0) throw expected('at least one rule', 'rules', rules);
  return rules.map((given) => {
    if (typeof given !== 'string') return given;
    const known = Object.entries(PROPAGATION_RULES).find(([name]) => name === given);
    if (known !== undefined) return { name: given, rule: known[1] };
    const names = Object.keys(PROPAGATION_RULES);
    throw expected(`one of ${names.join(', ')}`, 'protocol', given, {
      remedy: `Did you mean \`${nearest(given, names)}\`?`,
    });
  });
}
