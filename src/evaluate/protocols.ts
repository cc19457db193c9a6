import { expected } from '../errors.js';
import { nearest } from '../options.js';
import type { FinetunePart } from './learner.js';
import type { Task } from './task.js';

/** The ways to use a frozen or fine-tuned encoder, cheapest first. */
export const PROTOCOLS = ['knn', 'linear', 'finetune-head', 'finetune-top', 'finetune'] as const;

/** `finetune-after-layer2`: everything of the backbone up to and including that layer stays frozen. */
const AFTER = 'finetune-after-';

export type Protocol = (typeof PROTOCOLS)[number] | `finetune-after-${string}`;

/** What a protocol trains beside the head; null for one that reads frozen features. */
export function partOf(protocol: Protocol): FinetunePart | null {
  if (protocol.startsWith(AFTER)) return { after: protocol.slice(AFTER.length) };
  const parts: Record<string, FinetunePart> = { 'finetune-head': 'head', 'finetune-top': 'top', finetune: 'all' };
  return parts[protocol] ?? null;
}

/**
 * The protocols of these names, each once, cheapest first within the known ones as given.
 *
 * @param freezeUntil layers; in place of the whole network, `finetune` then trains what comes after each of them
 * @throws AutodidactError `USAGE` for an unknown name, none at all, or layers without `finetune`
 */
export function parseProtocols(names: readonly string[], freezeUntil: readonly string[] = []): Protocol[] {
  if (names.length === 0) throw expected('at least one protocol', 'protocols', names);
  const found = names.flatMap((name): Protocol[] => {
    if (name === 'finetune' && freezeUntil.length > 0) return freezeUntil.map((layer): Protocol => `${AFTER}${layer}`);
    const known = PROTOCOLS.find((protocol) => protocol === name);
    if (known !== undefined) return [known];
    if (name.startsWith(AFTER) && name.length > AFTER.length) return [name as Protocol];
    throw expected(`one of ${PROTOCOLS.join(', ')}`, 'protocol', name, {
      remedy: `Did you mean \`${nearest(name, PROTOCOLS)}\`?`,
    });
  });
  if (freezeUntil.length > 0 && !names.includes('finetune'))
    throw expected('the protocol finetune beside `freezeUntil`', 'protocols', names.join(', '), {
      remedy: 'What is frozen concerns fine-tuning only.',
    });
  return [...new Set(found)];
}

/** The protocols of a task when none are asked for. */
export function usualProtocols(task: Pick<Task, 'classOf' | 'trainedHead' | 'linear'>): Protocol[] {
  if (task.classOf !== undefined) return ['knn', 'linear'];
  return task.trainedHead === undefined || task.linear !== undefined ? ['linear'] : ['finetune-head'];
}

/** Protocols in the order of tables: the known ones first, then fine-tuning after a layer as they come. */
export function inOrder(protocols: readonly string[]): string[] {
  const unique = [...new Set(protocols)];
  const known = PROTOCOLS.filter((protocol) => unique.includes(protocol));
  return [...known, ...unique.filter((protocol) => !known.some((name) => name === protocol))];
}
