import { type Dataset, drawPart } from '../data/index.js';
import { noGrad, scope } from '../engine/index.js';
import { AutodidactError } from '../errors.js';
import type { MethodDefinition, Usable } from '../methods/method.js';
import { checkData } from './build.js';

/** Samples of the data that are looked at. */
const LOOKED_AT = 200;
/** Samples that are read at once. */
const AT_ONCE = 20;
/** A smaller share of usable samples is reported. */
const FEW = 0.5;

/**
 * Asks a method before training which samples of a drawn part of the data it can learn from.
 *
 * @returns a sentence when few of them are usable, or none for a part of the method
 * @throws AutodidactError `DATA` when none is usable: the loss would be 0 for the whole run; and as `checkData`
 */
export function reviewData(definition: MethodDefinition, options: Record<string, unknown>, dataset: Dataset): string[] {
  checkData(definition, options, dataset.spec);
  const drawn = drawPart(dataset.count, LOOKED_AT);
  const answers: Usable[] = [];
  for (let from = 0; from < drawn.length; from += AT_ONCE) {
    const answer = usableOf(definition, options, dataset, drawn.subarray(from, from + AT_ONCE));
    if (answer === null) return [];
    answers.push(answer);
  }
  const [{ wanted, remedy, part }] = answers as [Usable];
  const count = answers.flatMap(({ isUsable }) => isUsable).filter(Boolean).length;
  if (count >= FEW * drawn.length) return [];
  const { title } = definition;
  const { name, plural } = dataset;
  const wants = `${part === undefined ? title : `${part} of ${title}`} learns from ${plural} ${wanted}`;
  const those = `${drawn.length} ${plural} of ${name} that were looked at`;
  if (count > 0)
    return [`${wants}: ${count} of the ${those} (${((100 * count) / drawn.length).toPrecision(2)} %). ${remedy}`];
  const none = `${wants}, and none of the ${those} is one`;
  if (part === undefined) throw new AutodidactError('DATA', none, { remedy });
  return [`${none}. ${remedy}`];
}

function usableOf(
  { usable }: MethodDefinition,
  options: Record<string, unknown>,
  dataset: Dataset,
  positions: Int32Array,
): Usable | null {
  if (usable === undefined) return null;
  const { spec, assets } = dataset;
  return scope(() =>
    noGrad(() => usable(dataset.collate(positions, { seed: 0, epoch: 0 }), { options, spec, assets })),
  );
}
