import { membersByGroup } from '../data/groups.js';
import { type LabelBudget, labelSubset } from '../data/split.js';
import { AutodidactError, expected } from '../errors.js';

/** How many labels a protocol may use: a share (0.01, `1%`) or a number of samples of each class (`10/class`). */
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
  if (!(fraction > 0 && fraction <= 1)) {
    const isTable = /\.(csv|tsv|jsonl|ndjson)$/i.test(text);
    throw expected(FORMS, 'labels', amount, isTable ? { remedy: 'Give a table of labels with --label-file.' } : {});
  }
  return { fraction, name: `${Number((100 * fraction).toPrecision(6))}%` };
}

/** The samples whose labels are used. */
export interface ChosenLabels {
  name: string;
  /** Positions, ascending. */
  chosen: Int32Array;
  /** A sentence on classes that have fewer samples than were asked for; null when there are none. */
  note: string | null;
}

/**
 * The samples whose labels are used: as `labelSubset`, but a class that has too few gives what it has, at least one sample, and is
 * named. An amount that fits no class at all is refused instead of rounded up, so that "1 %" is never silently more.
 *
 * @param labels [N], -1 for unlabeled
 * @param classes their names, for messages; null for a task without classes, whose samples are all of group 0
 * @throws AutodidactError `DATA` when every class has too few samples, `USAGE` for a number per class without classes
 */
export function chooseLabels(
  labels: Int32Array,
  amount: LabelAmount,
  seed: number,
  classes: readonly string[] | null,
): ChosenLabels {
  const { name, ...budget } = parseLabelAmount(amount);
  if (classes === null && budget.perClass !== undefined)
    throw expected('a share such as 10%', 'labels', amount, {
      remedy: 'The task has no class per sample, of which a number could be taken.',
    });
  const least = budget.fraction === undefined ? budget.perClass : 1 / budget.fraction;
  const groups = membersByGroup(labels);
  // 0.07 * 100 is above 7 by rounding; the slack forgives the other side.
  const short = groups.filter(([, { length }]) => length < least * (1 - 1e-9));
  if (short.length > 0 && short.length === groups.length) throw tooFew(name, budget, groups, classes);
  const isShort = new Set(short.map(([label]) => label));
  // A share is rounded up to one sample by `labelSubset`; of a number per class all samples of a short class are taken.
  const isTakenWhole = (label: number) => budget.fraction === undefined && isShort.has(label);
  const drawn = labelSubset(
    labels.map((label) => (isTakenWhole(label) ? -1 : label)),
    { ...budget, seed },
  );
  const whole = budget.fraction === undefined ? short.flatMap(([, members]) => [...members]) : [];
  const named = short.map(([label, { length }]) => `${classes?.[label] ?? label} (${length})`).join(', ');
  const why =
    budget.fraction === undefined
      ? `${name} is more than there is of ${named}: all of its samples are taken.`
      : `${name} is less than one sample of ${named}: one is taken.`;
  const note = short.length === 0 ? null : why;
  return { name, chosen: Int32Array.from([...drawn, ...whole]).sort(), note };
}

function tooFew(
  name: string,
  budget: LabelBudget,
  groups: readonly [number, Int32Array][],
  classes: readonly string[] | null,
): AutodidactError {
  const sizes = groups.map(([, { length }]) => length);
  const [label, { length }] = groups[0]!;
  const isShare = budget.fraction !== undefined;
  const counted = `${length} labeled image${length === 1 ? '' : 's'}`;
  const have =
    classes === null ? `there are ${length} labeled samples` : `class ${classes[label] ?? label} has ${counted}`;
  const share = `Take at least ${percentFor(Math.min(...sizes))}%`;
  const remedy = isShare
    ? `${share}${classes === null ? '.' : ', or 1/class.'}`
    : `Take at most ${Math.min(...sizes)}/class.`;
  return new AutodidactError('DATA', `${name} of the labels is too ${isShare ? 'little' : 'much'}: ${have}`, {
    remedy,
  });
}

/** The smallest share of this many samples that holds one, in percent, rounded up to two digits. */
function percentFor(count: number): number {
  const percent = 100 / count;
  const unit = 10 ** (Math.floor(Math.log10(percent)) - 1);
  return Number((Math.ceil(percent / unit - 1e-9) * unit).toPrecision(2));
}
