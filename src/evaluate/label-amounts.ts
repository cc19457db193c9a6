import { membersByGroup } from '../data/groups.js';
import { type LabelBudget, labelSubset } from '../data/split.js';
import { AutodidactError, expected } from '../errors.js';

/** How many labels a protocol may use: a share (0.01, `1%`) or a number of images of each class (`10/class`). */
export type LabelAmount = number | string;

const FORMS = 'a share such as 1% or 0.01, or a number per class such as 10/class';

/** @throws AutodidactError `USAGE` for anything else than a share above 0 up to all, or a whole number per class */
export function parseLabelAmount(amount: LabelAmount): LabelBudget & { name: string } {
  const text = String(amount).trim();
  const perClass = /^(\d+)\s*\/\s*class$/.exec(text);
  if (perClass !== null && Number(perClass[1]) >= 1)
    return { perClass: Number(perClass[1]), name: `${Number(perClass[1])}/class` };
  const percent = /^(\d+\.?\d*|\.\d+)\s*%$/.exec(text);
  // The text "1" could mean 1 % as well as everything.
  const isClear = typeof amount === 'number' || text.includes('.');
  const fraction = percent !== null ? Number(percent[1]) / 100 : isClear ? Number(text) : Number.NaN;
  if (!(fraction > 0 && fraction <= 1)) throw expected(FORMS, 'labels', amount);
  return { fraction, name: `${Number((100 * fraction).toPrecision(6))}%` };
}

/**
 * The images whose labels are used: as `labelSubset`, but a share that gives less than one image of some class is refused
 * instead of rounded up, so that "1 %" is never silently more.
 *
 * @param labels [N], -1 for unlabeled
 * @param classes their names, for messages
 * @throws AutodidactError `DATA` when a class has too few images
 */
export function chooseLabels(
  labels: Int32Array,
  amount: LabelAmount,
  seed: number,
  classes: readonly string[],
): Int32Array {
  const { name, ...budget } = parseLabelAmount(amount);
  const least = budget.fraction === undefined ? budget.perClass : 1 / budget.fraction;
  for (const [label, { length }] of membersByGroup(labels)) {
    // 0.07 * 100 is above 7 by rounding; the slack forgives the other side.
    if (length >= least * (1 - 1e-9)) continue;
    const smallest = Math.min(...membersByGroup(labels).map(([, members]) => members.length));
    const remedy =
      budget.fraction === undefined
        ? `Take at most ${smallest}/class.`
        : `Take at least ${percentFor(smallest)}%, or 1/class.`;
    throw new AutodidactError(
      'DATA',
      `${name} of the labels is too ${budget.fraction === undefined ? 'much' : 'little'}: class ${classes[label] ?? label} has ${length} labeled image${length === 1 ? '' : 's'}`,
      { remedy },
    );
  }
  return labelSubset(labels, { ...budget, seed });
}

/** The smallest share of this many images that holds one, in percent, rounded up to two digits. */
function percentFor(count: number): number {
  const percent = 100 / count;
  const unit = 10 ** (Math.floor(Math.log10(percent)) - 1);
  return Number((Math.ceil(percent / unit - 1e-9) * unit).toPrecision(2));
}
