/**
 * Writes docs/methods.md: every registered method, how its learning run stands (benchmarks/results/acid/), and what all of them
 * learn within one budget (benchmarks/results/methods/); then the figures of learning runs on all pages (see pages.ts). Run
 * it with `npx tsx scripts/methods-table.ts`; a test fails when a page is stale.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { MethodResult, SeedResult } from '../benchmarks/lib/methods.js';
import { LABEL_FREE_TITLES, refusalOf } from '../src/evaluate/label-free.js';
import { spearman } from '../src/evaluate/words/similarity.js';
import type { MethodDefinition } from '../src/methods/method.js';
import { methods } from '../src/methods/registry.js';
import { claims, figuresOf, keptRun, keptRuns } from './learning-runs.js';
import { isOfNow, spread as spreadOf } from './lib/acid.mjs';
import { fillPages } from './pages.js';

const path = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));

export const TARGET = path('docs/methods.md');

/** How the learning run of a method stands; its figures are on the page of the method. */
function measured(name: string): string {
  if (!keptRuns().includes(name)) return 'not measured yet';
  const result = keptRun(name);
  const [first] = figuresOf(result);
  const seeds = result.runs.length === 1 ? 'one seed' : `${result.runs.length} seeds`;
  const stale = isOfNow(result) ? '' : ' **Measured by an earlier form of the run.**';
  return `${first!.what}: ${first!.shown}. ${claims(result)} (${seeds})${stale}`;
}

function linked({ name, title }: MethodDefinition): string {
  return existsSync(path(`docs/methods/${name}.md`)) ? `[${title}](methods/${name}.md)` : title;
}

function row(method: MethodDefinition): string {
  const { name, summary, paper } = method;
  return `| ${linked(method)}<br>\`${name}\` | ${summary} | [${paper.year}](${paper.url}) | ${measured(name)} |`;
}

/** Mean and sample deviation over the seeds, both times `factor`. */
function spread(values: readonly number[], digits: number, factor = 1): string {
  const { mean, deviation } = spreadOf(values.map((value) => factor * value));
  return `${mean.toFixed(digits)}${values.length > 1 ? ` ± ${deviation.toFixed(digits)}` : ''}`;
}

/** Accuracies in %: the pretrained encoder, then the same network untrained. What is ahead in every seed is bold. */
function beside(seeds: readonly SeedResult[], what: string): string {
  const of = (encoder: string): number[] => seeds.map(({ scores }) => scores[`${what} ${encoder}`] ?? Number.NaN);
  const [pretrained, random] = [of('pretrained'), of('random')];
  const [ours, theirs] = [spread(pretrained, 1, 100), spread(random, 1, 100)];
  if (pretrained.every((value, i) => value > random[i]!)) return `**${ours}** / ${theirs}`;
  if (pretrained.every((value, i) => value < random[i]!)) return `${ours} / **${theirs}**`;
  return `${ours} / ${theirs}`;
}

/** Methods whose own score says nothing of an untrained network: both of its encoders are still the same. */
const SAME_AT_FIRST = ['moco', 'dino'];

function budgetRow(method: MethodDefinition, { seeds, schedule }: MethodResult): string {
  const pretext = (which: 'trained' | 'random'): string =>
    spread(
      seeds.map((seed) => seed.pretext[which]),
      Math.abs(seeds[0]!.pretext.trained) >= 10 ? 1 : 3,
    );
  const seconds = seeds.reduce((sum, seed) => sum + seed.seconds, 0) / seeds.length;
  const cells = [
    linked(method),
    `${method.score.name}: ${pretext('trained')}${SAME_AT_FIRST.includes(method.name) ? '' : ` / ${pretext('random')}`}`,
    ...['knn last', 'linear last', 'knn before'].map((what) => beside(seeds, what)),
    seconds.toFixed(0),
    schedule,
  ];
  return `| ${cells.join(' | ')} |`;
}

const DATA_TITLES: Record<string, string> = {
  objects: 'Generated color images of ten kinds of objects',
  'fashion-mnist': 'Fashion-MNIST (gray photographs of clothes)',
};

/** How well each score without labels ranks the methods: Spearman's correlation with what labels say, in each seed. */
function labelFreeTable(results: readonly MethodResult[]): string[] {
  const seeds = results[0]!.seeds.map((_, index) => results.map((result) => result.seeds[index]!));
  const names = Object.keys(LABEL_FREE_TITLES);
  const correlation = (name: string, what: string): string => {
    const values = seeds.map((all) => {
      const known = all.filter(({ labelFree }) => labelFree[name] !== undefined);
      return spearman(
        known.map(({ labelFree }) => labelFree[name]!),
        known.map(({ scores }) => scores[`${what} pretrained`]!),
      );
    });
    return spread(values, 2);
  };
  const refused = seeds.map((all) => all.filter(({ labelFree }) => refusalOf(labelFree) !== null).length);
  const lines = names.map(
    (name) => `| ${LABEL_FREE_TITLES[name]} | ${correlation(name, 'linear last')} | ${correlation(name, 'knn last')} |`,
  );
  return [
    '',
    `How well do scores without labels rank these ${results.length} encoders? Spearman's correlation of each, on the unlabeled training images, with the`,
    'accuracies of the last layer above; 1 is the same order, 0 no relation, -1 the reverse. Mean and standard deviation over the seeds.',
    `Of these encoders ${refused.join(', ')} are refused by the scores' own gates, and would be ranked by none of them; here they are counted.`,
    '',
    '| score | with the linear probe | with k-NN |',
    '|---|---:|---:|',
    ...lines,
  ];
}

/** One table per data set that has results. */
function budgetTables(): string[] {
  const folder = path('benchmarks/results/methods');
  if (!existsSync(folder)) return [];
  return Object.keys(DATA_TITLES)
    .filter((data) => existsSync(`${folder}/${data}`))
    .map((data) => {
      const files = new Set(readdirSync(`${folder}/${data}`));
      const rows = methods.flatMap((method) => {
        if (!files.has(`${method.name}.json`)) return [];
        const result = JSON.parse(readFileSync(`${folder}/${data}/${method.name}.json`, 'utf8')) as MethodResult;
        return [{ result, line: budgetRow(method, result) }];
      });
      const { budget, seeds, machine } = rows[0]!.result;
      return [
        `### ${DATA_TITLES[data]}`,
        '',
        `\`${data}\`, 32 pixels a side: ${budget}, ResNet-18 of width 8, ${seeds.length} seeds; ${machine}, one thread.`,
        '',
        '| method | pretext task on held-out images | k-NN, last layer | linear, last layer | k-NN, layer before | seconds | optimizer and rate, batch, steps |',
        '|---|---|---|---|---|---:|---|',
        ...rows.map(({ line }) => line),
        ...labelFreeTable(rows.map(({ result }) => result)),
      ].join('\n');
    });
}

/** The whole text of docs/methods.md. */
export function methodsPage(): string {
  const families = [...new Set(methods.map(({ family }) => family))];
  const sections = families.map((family) => {
    const rows = methods.filter((method) => method.family === family).map(row);
    return [`## ${family}`, '', '| method | pretext | paper | learning run |', '|---|---|---|---|', ...rows].join('\n');
  });
  return `# Methods

Written by \`scripts/methods-table.ts\` from the registry, from what the learning runs (\`npm run acid <method>\`) measured on
generated data with small networks, each with a control that must fail, and from \`npm run bench methods\`. A learning run is
repeated with several seeds, which also draw other data, with one thread and with two, and with the instructions of processors
without AVX-512. What it claims holds when it holds in every run, and by more than the spread explains; what does not is named. The
first figure of each stands here, with its standard deviation, and all of them on the page of the method. What was measured with one
seed says little: of fifteen such runs four turned out otherwise on another machine.

${sections.join('\n\n')}

## One budget for all

Every method sees the same unlabeled images equally often, with the same small network; then the frozen encoder is measured with
all labels. After each figure stands that of the same network at random initialization (with its batch norms as they were made or with
estimated statistics, whichever is stronger); what is ahead in every seed is bold. Top-1 accuracy in %, mean and standard deviation over the seeds.
A budget of minutes shows which tasks teach quickly, not which are best after days: methods that need long training stay behind
here, and some stay behind the random network. Images are what is equal, not time; a method that makes several views of an image takes
longer, as the seconds tell (of a machine that had other work beside it). Rates and crops were chosen on other images than those of the table.

${budgetTables().join('\n\n')}
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(TARGET, methodsPage());
  fillPages();
}
