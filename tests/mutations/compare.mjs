/** Changes to comparisons of methods, to scores without labels and to metrics. See scripts/mutate.mjs. */
import { changesOf } from './lib/changes.mjs';

const COMPARE = ['src/compare/compare.test.ts', 'src/compare/compare-encoders.test.ts'];
const PARTS = ['src/compare/parts.test.ts'];
const STATISTICS = ['src/compare/statistics.test.ts'];
const VERDICT = ['src/compare/verdict.test.ts'];

export const mutations = [
  ...changesOf(
    'compare/encoders.ts',
    [
      [
        'another encoder goes on',
        'kept.fingerprint !== fingerprint(loaded.encoder.backbone)',
        'kept.fingerprint === ""',
      ],
      ['encoders cost nothing to read', 'PASSES_PER_STEP * secondsPerSample(encoder, train)', '0'],
    ].map(([name, find, replace]) => [name, find, replace, COMPARE]),
  ),
  ...changesOf('compare/competitors.ts', [
    ['two encoders have one name', 'for (let i = 2; taken.has(name); i++)', 'for (let i = 2; i < 2; i++)', PARTS],
  ]),
  ...changesOf('cli/compare.ts', [
    ['data options are lost on resuming', '...Object.keys(givenDataOptions(command)),', ''],
  ]),
  ...changesOf('compare/assemble.ts', [
    [
      'the command forgets the recipe',
      "recipe === 'auto' ? undefined : recipe",
      'undefined',
      ['src/compare/compare.test.ts'],
    ],
  ]),
  ...changesOf('train/open-settled.ts', [
    [
      'large samples have the form that small ones ask for',
      'return { opened: await open(settled), asked: settled };',
      'return { opened, asked: first };',
      ['src/cli/preview.test.ts', 'src/compare/open.test.ts'],
    ],
    [
      'small samples are opened as large ones',
      "recipe !== 'auto' || modalityOf(spec).isSmall(spec)",
      "recipe !== 'auto'",
      ['src/compare/open.test.ts'],
    ],
    [
      'previews show another size than is trained on',
      'const usual = openedOn(device, recipe, open);',
      'const usual = open;',
      ['src/cli/preview.test.ts'],
    ],
  ]),
  ...changesOf('cli/preview.ts', [
    [
      'a run is shown in a form that was not asked for',
      '...FORM_OPTIONS.filter((name) => asked[name] !== undefined),',
      '',
    ],
    ['previews open data for small samples alone', "recipe: 'auto' as const,", "recipe: 'small' as const,"],
  ]),
  ...changesOf('pretrain.ts', [
    [
      'a run forgets the size that its images were brought to',
      'asked.mostSize === undefined ? {} : modality.formOf(dataset.spec)',
      '({})',
      ['src/cli/preview.test.ts'],
    ],
  ]),
  ...changesOf('train/previews.ts', [
    ['samples are shown twice', '% 1) * (stride - 1)', '% 1) * stride'],
    ['samples are shown at even distances', '% 1) * (stride - 1)', '% 1) * 0'],
  ]),
  ...changesOf('cli/demo.ts', [
    [
      'parts of the demonstration print JSON for themselves',
      "const form = isJson ? ['--json'] : [];",
      'const form: string[] = [];',
    ],
    [
      'the demonstration measures what was interrupted',
      'const evaluation = isStopped()',
      'const evaluation = run.length === 0',
    ],
    [
      'the demonstration is for people alone',
      "    .option('--json', 'Print one JSON object at the end')\n",
      '',
      ['src/cli/every-command.test.ts'],
    ],
  ]),
  ...changesOf('compare/open.ts', [
    ['compare opens data for small samples alone', 'recipe,\n      asked', "recipe: 'small',\n      asked"],
    [
      'encoders see other samples than each other',
      "if (samples[side]?.ids.join('\\n') !== first[side]?.ids.join('\\n'))",
      'if (samples[side] === undefined)',
      COMPARE,
    ],
    [
      'encoders read samples of another form',
      'for (const data of [samples.train, samples.test]) if (data !== null) checkSeen(form, data);',
      '',
      COMPARE,
    ],
  ]),
  ...changesOf('compare/request.ts', [
    ['encoders bring all methods with them', "encoders.length > 0 ? [] : ['all']", "['all']", COMPARE],
  ]),
  ...changesOf('compare/comparison.ts', [
    ['samples leave no error in a share', 'return isShare ? {', 'return isShare && samples < 0 ? {', COMPARE],
    ['encoders are measured as if untrained', "if (kind === 'encoder') {", "if (kind === 'method') {", COMPARE],
  ]),
  ...changesOf('compare/verdict.ts', [
    [
      'an encoder that leads is always better',
      'const { open, cut, beaten } = parted(others, rows);',
      'const { open, cut, beaten } = { ...parted(others, rows), open: others.slice(9) };',
    ],
    ['a path becomes lower case', "kind === 'method' || kind === 'encoder' ? title : lower(title)", 'lower(title)'],
    [
      'a baseline that was cut short is beaten',
      'rows.find((row) => row.name === name)!.isCut',
      "name === '' && rows.length === 0",
    ],
  ]),
  ...changesOf('compare/statistics.ts', [
    ['the leader is the worst', 'sign * (b.mean - a.mean)', 'sign * (a.mean - b.mean)'],
    ['ties go by the order of entry', ' || (a.name < b.name ? -1 : 1))', ')'],
    ['one degree of freedom too many', 'const df = blocks - 1;', 'const df = blocks;'],
    [
      'the error is that of one block',
      'deviation > rounding ? deviation / Math.sqrt(blocks) : 0',
      'deviation > rounding ? deviation : 0',
    ],
    ['the choice of the leader is forgotten', 'selectionLevel(comparisons + 1, blocks)', '4 * ERROR'],
    ['Holm tests every hypothesis at the whole level', 'level = alpha(left) / left;', 'level = alpha(left);'],
    ['Holm goes on after one that is not shown', 'if (isShown) {', 'if (level >= 0) {'],
    ['the margin is on the other side', '(margin - difference) / error', '(margin + difference) / error'],
    ['four times too few blocks', 'Math.ceil(16 * ratio)', 'Math.ceil(4 * ratio)'],
    ['blocks are counted at the level of one test', 'tQuantile(1 - level, count - 1) + POWER', 'POWER'],
    ['no scatter shows a difference', 'error > 0 && df > 0 ? twoSidedP', 'df > 0 ? twoSidedP'],
    ['rounding is scatter', 'deviation > rounding ?', 'deviation > 0 ?'],
    ['rounding is a difference', 'Math.abs(found.mean) > rounding ?', 'Math.abs(found.mean) > 0 ?'],
    ['a share without scatter is exact', 'Math.max(scattered, leastError(difference, share))', 'scattered'],
    ['pixels count as samples', 'isCount ? Math.min(1, Math.abs(difference)) : 0', 'Math.min(1, Math.abs(difference))'],
  ]),
  ...changesOf('evaluate/intervals.ts', [
    ['all of a few samples is exactly all', '(share * samples + 1) / (samples + 2)', 'share', STATISTICS],
  ]),
  ...changesOf('evaluate/comparison.ts', [
    [
      'right on all samples is exact',
      'scatter > ROUNDING * Math.abs(mean)',
      'scatter > 0',
      ['src/evaluate/comparison.test.ts'],
    ],
  ]),
  ...changesOf(
    'compare/selection-level.ts',
    [
      ['half of the tables may err', 'export const ERROR = 0.025;', 'export const ERROR = 0.2;'],
      ['the first competitor leads', 'if (sum > best) [leader, best] = [i, sum];', ''],
    ].map(([name, find, replace]) => [name, find, replace, STATISTICS]),
  ),
  ...changesOf(
    'compare/blocks.ts',
    [
      ['validation samples are pretrained on', 'filter((i) => isLeft[i] === 0)', 'filter((i) => isLeft[i]! >= 0)'],
      ['all blocks hold out the same samples', 'const own = seed * 1000 + i;', 'const own = seed * 1000;'],
      ['fresh blocks are those that chose', 'seed: FRESH + seed * 1000 + i', 'seed: seed * 1000 + i'],
      ['half of the labels score', 'export const SHARE = 0.2;', 'export const SHARE = 0.5;'],
    ].map(([name, find, replace]) => [name, find, replace, PARTS]),
  ),
  ...changesOf(
    'compare/race.ts',
    [
      ['the first round is as short as one likes', 'share >= LEAST - 1e-9', 'share >= 1e-3'],
      ['the worst go on', 'sign * (b.score - a.score)', 'sign * (a.score - b.score)'],
      ['a single one goes on', 'Math.max(2, Math.ceil', 'Math.max(1, Math.floor'],
    ].map(([name, find, replace]) => [name, find, replace, PARTS]),
  ),
  ...changesOf(
    'compare/plans.ts',
    [
      ['views are not counted', 'amount / (batchSize * plan.passesPerSample)', 'amount / batchSize'],
      ['nothing is left for checkpoints', 'const TRAINING_SHARE = 0.9;', 'const TRAINING_SHARE = 1;'],
      ['the warm-up is that of the whole recipe', 'Math.min(plan.recipeWarmup, epochs / 10)', 'plan.recipeWarmup'],
    ].map(([name, find, replace]) => [name, find, replace, PARTS]),
  ),
  ...changesOf(
    'compare/folder.ts',
    [['damaged cells are believed', 'isIntact === true && parsed.success', 'parsed.success']].map(
      ([name, find, replace]) => [name, find, replace, COMPARE],
    ),
  ),
  ...changesOf(
    'compare/comparison.ts',
    [
      ['what was measured is measured again', 'const cell = found ?? (await', 'const cell = (await'],
      ['a failure ends all', 'if (!canSkip(error)) throw error;', 'throw error;'],
    ].map(([name, find, replace]) => [name, find, replace, COMPARE]),
  ),
  ...changesOf(
    'compare/setup.ts',
    [['few samples without labels are trained on', 'if (task === null) checkHeld(blocks, train);', '']],
    COMPARE,
  ),
  ...changesOf('compare/table.ts', [['one of several leads', "? 'tied' : 'leads'", "? 'leads' : 'leads'", VERDICT]]),
  ...changesOf(
    'compare/verdict.ts',
    [
      ['the first name of equals is advised', '(tied(ranking).length > 0 ? tie', '(ranking.blocks < 0 ? tie'],
      ['the end of the scale is not told', 'Math.abs(leader.mean - edge) < 1e-9', 'leader.mean < edge'],
      ['ahead by nothing', 'score!.isShare ? Math.abs(d) < 0.0005', 'score!.isShare ? Math.abs(d) < 0'],
      [
        'encoders are counted that nobody measured',
        'if (refused.length + sighted.length === 0)',
        'if (rows.length < 0)',
      ],
      ['a baseline that leads is no reason', "if (leader.kind !== 'method') {", 'if (leader.name === undefined) {'],
      [
        'baselines that are not beaten are forgotten',
        'const { open, cut, beaten } = parted(baselines, rows);',
        'const { open, cut, beaten } = { ...parted(baselines, rows), open: baselines.slice(9) };',
      ],
    ].map(([name, find, replace]) => [name, find, replace, VERDICT]),
  ),
  ...changesOf('evaluate/view-scores.ts', [
    ['the scatter of views is left aside', 'ops.linalgSolve(within, between)', 'between'],
    ['the ridge is absolute', 'mul(ridge * variance)', 'mul(ridge)'],
    ['views are taken for images', 'count * (each - 1)', 'count - 1'],
    ['LiDAR whitens twice', 'pow(-0.5)', 'pow(-1)'],
  ]),
  ...changesOf('evaluate/spectrum-scores.ts', [
    ['all ranks weigh alike', 'weight: 1 / rank', 'weight: 1'],
    ['the features are not centered', 'const centered = x.sub(x.mean(0, true));', 'const centered = x;'],
    ['rounding counts as signal', 'value > floor)', 'value > 0)'],
    ['the slope is the dimension', 'Math.max(0, 1 / (1 - slope))', 'Math.max(0, slope)'],
  ]),
  ...changesOf('evaluate/dense-structure.ts', [
    ['places keep their lengths', 'places.div(places.vectorNorm(2, -1, true).clampMin(1e-12))', 'places'],
    ['the own center is another', 'distances.scatter_(1, own,', 'distances.clone().scatter_(1, own,'],
  ]),
  ...changesOf('evaluate/label-free.ts', [
    ['noise is not refused', 'if (trace < 2 * chance)', 'if (trace < 0)'],
    ['chance retrieval is not refused', '!(found > threeSigma(1 / viewed, viewed))', 'found < 0'],
  ]),
  ...changesOf('evaluate/worth.ts', [
    ['labels are as many as one likes', 'countOf(a) - countOf(b)', 'countOf(b) - countOf(a)'],
    ['what is not shown was worth it', "'It is not shown to have been worth it'", "'It was worth it'"],
  ]),
  ...changesOf(
    'compare/measure.ts',
    [['a failure leaves its threads', 'threads(rules.threads);', 'threads();']],
    ['src/compare/compare.test.ts'],
  ),
  ...changesOf(
    'compare/folder.ts',
    [
      ['a folder is claimed late', '    folder.claim();\n    try {\n      // Another', '    try {\n      // Another'],
      ['an empty folder stays', '    removeIfEmpty(this.path);\n', ''],
    ],
    ['src/compare/compare.test.ts'],
  ),
  ...changesOf(
    'compare/setup.ts',
    [['test samples that teach are not told', 'task === null ? null : copiesInWords(train, test!)', 'null']],
    ['src/compare/compare.test.ts'],
  ),
];
