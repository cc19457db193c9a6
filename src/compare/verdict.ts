import { sampleError } from '../evaluate/intervals.js';
import { LABEL_FREE_TITLES } from '../evaluate/label-free.js';
import type { ComparedRow, CompareResult } from './result.js';
import { type Ranking, type Standing, tied } from './statistics.js';
import { differenceInWords } from './table.js';

/** More blocks than this nobody runs. */
const MOST_BLOCKS = 1000;

type Judged = Pick<
  CompareResult,
  'rows' | 'ranking' | 'fresh' | 'score' | 'blocks' | 'held' | 'margin' | 'data' | 'budget'
>;

/** What a comparison says, in sentences: the verdict first, then how sure it is, and what would make it surer. */
export function conclude(result: Judged): string[] {
  const { ranking, rows, score } = result;
  if (score === null) return withoutLabels(rows);
  if (ranking === null) return ['Nothing could be compared: no competitor was measured in all blocks.'];
  const name = titles(rows);
  const leader = rows.find((row) => row.name === ranking.leader.name)!;
  return [
    ...(tied(ranking).length > 0 ? tie(result, rows) : advice(ranking, leader, rows)),
    ...worth(result, name),
    ...undecided(ranking, name),
    ...scatter(result, leader),
    ...cautions(rows),
    ...failures(rows),
  ];
}

const titles =
  (rows: readonly ComparedRow[]) =>
  (name: string): string =>
    rows.find((row) => row.name === name)?.title ?? name;

/** A title within a sentence: those of methods are names, those of encoders paths. */
function within(rows: readonly ComparedRow[], name: string): string {
  const { kind, title } = rows.find((row) => row.name === name)!;
  return kind === 'method' || kind === 'encoder' ? title : lower(title);
}

const named = (standings: readonly Standing[], word: 'and' | 'or', rows: readonly ComparedRow[]): string =>
  listed(
    standings.map(({ name }) => within(rows, name)),
    word,
  );

/** Said of what might have been beaten only because its training was cut short. */
const NOTHING_SHOWN =
  'nothing is shown, since the budget ended its search while it was still becoming better: take a larger one.';

/** What is not shown to be worse than the leader, what is but was cut short by the budget, and what is beaten. */
function parted(standings: readonly Standing[], rows: readonly ComparedRow[]) {
  const isCut = (name: string) => rows.find((row) => row.name === name)!.isCut;
  const worse = standings.filter(({ outcome }) => outcome === 'worse');
  return {
    open: standings.filter(({ outcome }) => outcome !== 'worse'),
    cut: worse.filter(({ name }) => isCut(name)),
    beaten: worse.filter(({ name }) => !isCut(name)),
  };
}

/** What is said where several lead together: their order is that of their names, so that none of them is advised. */
function tie({ ranking, score }: Judged, rows: readonly ComparedRow[]): string[] {
  const { leader, others } = ranking!;
  const names = [leader, ...tied(ranking!)].map(({ name }, i) => (i === 0 ? titles(rows)(name) : within(rows, name)));
  const isAt = (edge: number) => score!.isShare && Math.abs(leader.mean - edge) < 1e-9;
  const limit = isAt(0) ? ', the lowest score there is' : isAt(1) ? ', the highest score there is' : '';
  const { beaten } = parted(others, rows);
  return [
    `${listed(names, 'and')} have the same mean, ${shown(score!.isShare)(leader.mean)}${limit}: nothing can be told between them.`,
    ...(beaten.length > 0 ? [`Worse than these: ${named(beaten, 'and', rows)}.`] : []),
  ];
}

/** A verdict on the whole: whether to pretrain, and with what. */
function advice(ranking: Ranking, leader: ComparedRow, rows: readonly ComparedRow[]): string[] {
  const kindOf = (name: string) => rows.find((row) => row.name === name)!.kind;
  const methods = ranking.others.filter(({ name }) => kindOf(name) === 'method');
  const baselines = ranking.others.filter(({ name }) => kindOf(name) !== 'method');
  const { open, cut, beaten } = parted(baselines, rows);
  if (leader.kind === 'encoder') return adviceForEncoder(leader, ranking.others, rows);
  if (leader.kind !== 'method') {
    const best = methods[0];
    const given = baselines.filter(({ name }) => kindOf(name) === 'encoder');
    if (best === undefined)
      return [
        `${leader.title} leads${given.length > 0 ? besideGiven(given, rows) : '; no method was measured beside it'}.`,
      ];
    return methods.every(({ outcome }) => outcome === 'worse')
      ? [`Do not pretrain: ${lower(leader.title)} is better than every method here.`]
      : [
          `Do not pretrain on this evidence: ${lower(leader.title)} leads, and no method is shown to be better than it.`,
        ];
  }
  const close = parted(methods, rows).open.map(({ name }) => titles(rows)(name));
  const first =
    open.length > 0
      ? `${leader.title} leads, but it is not shown to be better than ${named(open, 'or', rows)}: pretraining is not shown to be worth it.`
      : cut.length > 0
        ? `${leader.title} leads${beaten.length > 0 ? `, and is better than ${named(beaten, 'and', rows)}` : ''}; beside ${named(cut, 'and', rows)} ${NOTHING_SHOWN}`
        : beaten.length > 0
          ? `Pretrain with ${leader.title}: it is better than ${named(beaten, 'and', rows)}.`
          : `${leader.title} leads.`;
  if (close.length === 0)
    return methods.length === 0
      ? [first]
      : [
          first,
          `It is better than ${methods.length === 1 ? 'the other method' : `each of the ${methods.length} other methods`}.`,
        ];
  return [first, `No difference can be shown between it and ${listed(close, 'or')}: take the cheapest of them.`];
}

/** Whether an encoder that was given can be taken as it is. */
function adviceForEncoder({ title }: ComparedRow, others: readonly Standing[], rows: readonly ComparedRow[]): string[] {
  const { open, cut, beaten } = parted(others, rows);
  const first =
    open.length > 0
      ? `${title} leads, but it is not shown to be better than ${named(open, 'or', rows)}.`
      : beaten.length > 0
        ? `Take ${title} as it is: it is better than ${named(beaten, 'and', rows)}.`
        : `${title} leads.`;
  return cut.length === 0 ? [first] : [first, `Beside ${named(cut, 'and', rows)} ${NOTHING_SHOWN}`];
}

/** What a baseline that leads says of the encoders beside it. */
function besideGiven(given: readonly Standing[], rows: readonly ComparedRow[]): string {
  const { open } = parted(given, rows);
  return open.length === 0
    ? ', and is better than every encoder that was given'
    : `; it is not shown to be better than ${named(open, 'or', rows)}`;
}

/** `1 new seed and choice of labels`, `3 new seeds and choices of labels`. */
export const freshInWords = (blocks: number): string =>
  blocks === 1 ? '1 new seed and choice of labels' : `${blocks} new seeds and choices of labels`;

/** The winner on samples that chose nothing, beside what needs no pretraining. */
function worth({ fresh, score, data }: Judged, name: (key: string) => string): string[] {
  if (fresh === null)
    return ['The leader was not scored again: its mean is the best of several, and a little too high.'];
  const show = shown(score!.isShare);
  const { ranking } = fresh;
  const all = [ranking.leader, ...ranking.others];
  const scores = all.map(({ name: key, mean }) => `${name(key)} ${show(mean)}`);
  const first = `Scored again on ${freshInWords(fresh.blocks)} and ${(data.testCount ?? 0).toLocaleString('en')} test ${data.plural} that chose nothing: ${scores.join(', ')}.`;
  const apart = (standings: readonly Standing[], word: string) =>
    standings.length === 0
      ? []
      : [
          `${word} ${listed(
            standings.map((standing) => `${name(standing.name)} by ${difference(standing, score!.isShare)}`),
            'and',
          )}`,
        ];
  // A difference that is written as 0.0 is none to tell of.
  const isLevel = ({ difference: d }: Standing) => (score!.isShare ? Math.abs(d) < 0.0005 : d === 0);
  const open = ranking.others.filter((standing) => !isLevel(standing));
  const level = ranking.others.filter(isLevel).map((standing) => name(standing.name));
  const parts = [
    ...apart(
      open.filter(({ difference: d }) => d < 0),
      'behind',
    ),
    ...apart(
      open.filter(({ difference: d }) => d > 0),
      'ahead of',
    ),
    ...(level.length > 0 ? [`level with ${listed(level, 'and')}`] : []),
  ];
  return parts.length === 0 ? [first] : [first, `There ${name(ranking.leader.name)} is ${parts.join(', and ')}.`];
}

/** What would be needed to tell the leader from what follows it. */
function undecided({ others, blocks }: Ranking, name: (key: string) => string): string[] {
  const open = others.filter(({ outcome }) => outcome === 'no difference can be shown');
  if (open.length === 0) return [];
  if (blocks === 1) return ['With one block nothing can be told apart: take --blocks 5 or more.'];
  const wanted = open.flatMap((standing) => {
    const { name: key, blocksNeeded } = standing;
    if (blocksNeeded === null) return [];
    const count =
      blocksNeeded > MOST_BLOCKS
        ? `more than ${MOST_BLOCKS.toLocaleString('en')}`
        : `about ${Math.max(blocksNeeded, blocks + 1)}`;
    return [`${count} for ${name(key)}`];
  });
  return wanted.length === 0
    ? []
    : [`Blocks that would be needed to show the differences that were found, if they are real: ${wanted.join(', ')}.`];
}

/** Where the scatter of the leader's score comes from, and what would lessen it. */
function scatter({ score, held, blocks, ranking }: Judged, leader: ComparedRow): string[] {
  const { std, mean } = ranking!.leader;
  if (!score!.isShare || blocks < 2 || held === 0) return [];
  const floor = sampleError(mean, held);
  const points = (value: number) => (100 * value).toFixed(1);
  const isOfSamples = floor ** 2 > std ** 2 / 2;
  return [
    `The score of ${leader.title} scatters by ${points(std)} points over the blocks; ${held.toLocaleString('en')} samples that score would scatter it by ${points(floor)} for themselves. ${isOfSamples ? 'More labeled samples help more than more blocks' : 'More blocks help more than more samples that score'}.`,
  ];
}

/** What was said of trainings: collapse, a search that ended early. */
function cautions(rows: readonly ComparedRow[]): string[] {
  return rows.flatMap(({ title, warnings }) => warnings.map((warning) => `${title}: ${warning.replace(/\.$/, '')}.`));
}

function failures(rows: readonly ComparedRow[]): string[] {
  const failed = rows.filter(({ failure }) => failure !== null);
  if (failed.length === 0) return [];
  return [
    `${failed.length === 1 ? 'One competitor has' : `${failed.length} competitors have`} no rank: ${failed.map(({ title, failure }) => `${title} (${failure})`).join('; ')}.`,
  ];
}

function withoutLabels(rows: readonly ComparedRow[]): string[] {
  const refused = rows.filter(({ refusal }) => refusal !== null);
  const sighted = rows.filter(({ refusal, failure }) => refusal === null && failure === null);
  const first = 'Without labels nothing says which encoder serves your data best: no ranking is made.';
  if (refused.length + sighted.length === 0) return [first, ...failures(rows)];
  return [
    `${first} ${sighted.length} of ${rows.length} encoders carry something of the sample through a change of it.`,
    `The scores below are weak evidence: ${LABEL_FREE_TITLES.viewRetrieval} and ${LABEL_FREE_TITLES.ldaTrace} favor methods that are trained on crops, and ranks give noise the highest marks. A few dozen labels (--label-file) decide more than all of them.`,
    ...refused.map(({ title, refusal }) => `${title} is refused: ${refusal}.`),
    ...failures(rows),
  ];
}

/** "2.1 points (0.4 to 3.8)", of the size of the difference. */
function difference(standing: Standing, isShare: boolean): string {
  const { difference: mean, interval } = standing;
  const turned =
    mean >= 0
      ? standing
      : { ...standing, difference: -mean, interval: interval && ([-interval[1], -interval[0]] as const) };
  return differenceInWords({ standing: turned }, isShare).replace(/^[^ ]+/, (text) =>
    isShare ? `${text} points` : text,
  );
}

const shown =
  (isShare: boolean) =>
  (value: number): string =>
    isShare ? `${(100 * value).toFixed(1)} %` : String(Number(value.toPrecision(4)));

const lower = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

function listed(names: readonly string[], word: 'and' | 'or'): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} ${word} ${names.at(-1)}`;
}
