/** Changes to what every room uses: jobs, options, numbers and tensors as people read them. See scripts/mutate.mjs. */
import { changesOf } from './lib/changes.mjs';

export const mutations = [
  ...changesOf('job.ts', [
    [
      'a failure before the reading ends the process',
      'result.catch((error) => {',
      'result.then(() => {}, (error) => {\n    if (!isWatched) throw error;',
    ],
    ['a failure that nobody sees is silent', 'if (!isWatched) throw error;', ''],
  ]),
  ...changesOf('options.ts', [
    ['the later of two spellings wins', 'if (twice !== undefined) {', 'if (twice === "") {'],
  ]),
  ...changesOf('format.ts', [
    ['minutes are rounded apart from hours', 'Math.floor(minutes / 60)', 'Math.floor(seconds / 3600)'],
    ['seconds are rounded behind the bound', 'if (isBelow(10, seconds.toFixed(1)))', 'if (seconds < 10)'],
    ['bytes are rounded behind the bound', 'while (!isBelow(1000, shown())', 'while (value >= 1000'],
    ['rates are rounded behind the bound', 'isBelow(10, rate.toFixed(1)) ?', 'rate < 10 ?'],
  ]),
  ...changesOf('export/report/format.ts', [
    ["a report's seconds are rounded behind the bound", 'if (Number(tenths) < 10)', 'if (seconds < 10)'],
  ]),
  ...changesOf('engine/inspect.ts', [
    [
      'large integers are printed as numbers',
      'Array.from<number | bigint>(tensor.toTypedArray())',
      'Array.from<number | bigint, number>(tensor.toTypedArray(), Number)',
    ],
  ]),
  ...changesOf('engine/device.ts', [
    ['a limit of instructions leaves bfloat16 fast', 'WITH_BFLOAT16.test(limit) && ', ''],
    ['no limit but an unknown one takes bfloat16', "|| 'default'", "|| 'none'"],
    ['the older name of the limit is not read', ' || environment.DNNL_MAX_CPU_ISA', ''],
  ]),
  ...changesOf('cli/progress.ts', [
    [
      'a piece of work has the rate of the one before it',
      'done < this.last.done || unit !== this.last.unit',
      'done < 0',
    ],
    ['a piece of work counts from its nothing', '      this.startAt = done;\n', ''],
  ]),
];
