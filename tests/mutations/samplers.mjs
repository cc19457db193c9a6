/** Changes to random numbers, samplers and splits. See scripts/mutate.mjs. */
import { changesOf } from './lib/changes.mjs';

export const mutations = [
  ...changesOf('data/sampler.ts', [
    [
      'every epoch has the same order',
      'return new Prng(this.seed, epoch).permutation(this.draws);',
      'return new Prng(this.seed, 0).permutation(this.draws);',
    ],
    [
      'the order does not depend on the seed',
      'return new Prng(this.seed, epoch).permutation(this.draws);',
      'return new Prng(0, epoch).permutation(this.draws);',
    ],
    [
      'a small last batch is never dropped',
      'dropLast ? Math.floor(draws / batchSize) : Math.ceil(draws / batchSize)',
      'Math.ceil(draws / batchSize)',
    ],
    ['a resumed epoch begins anew', 'this.isRestored && epoch === this.cursor.epoch ? this.cursor.batch : 0', '0'],
    [
      'a restored place is used in every epoch',
      'this.isRestored && epoch === this.cursor.epoch ?',
      'this.isRestored ?',
    ],
    [
      'a restored place is used twice',
      'const start = from ?? (this.isRestored && epoch === this.cursor.epoch ? this.cursor.batch : 0);\n    this.isRestored = false;',
      'const start = from ?? (this.isRestored && epoch === this.cursor.epoch ? this.cursor.batch : 0);',
    ],
    [
      'the last batch is full',
      'Math.min((batch + 1) * this.batchSize, this.draws)',
      '(batch + 1) * this.batchSize - 1',
    ],
    [
      'the end of an epoch is not the start of the next',
      'isLast ? { epoch: epoch + 1, batch: 0 } :',
      'batch < 0 ? { epoch: epoch + 1, batch: 0 } :',
    ],
    [
      'the last weight is never drawn',
      'let high = this.cumulative.length - 1;',
      'let high = this.cumulative.length - 2;',
    ],
    [
      'the cumulated weight leaves out the own',
      '      total += weight;\n      this.cumulative[i] = total;',
      '      this.cumulative[i] = total;\n      total += weight;',
    ],
    ['groups are drawn by their size', 'Math.floor(this.draws / this.groups.length) + 1', 'this.draws'],
    [
      'one draw per group is missing',
      'Math.floor(this.draws / this.groups.length) + 1',
      'Math.floor(this.draws / this.groups.length)',
    ],
    [
      'large groups repeat members',
      'const isLarge = group.length > perGroup;',
      'const isLarge = group.length < perGroup;',
    ],
    [
      'groups come one after the other',
      'return prng.shuffle(drawn).subarray(0, this.draws);',
      'return drawn.subarray(0, this.draws);',
    ],
    ['a group is shuffled in place', 'prng.shuffle(group.slice())', 'prng.shuffle(group)'],
    [
      'the state of another seed is taken',
      "['seed', 'draws', 'batchSize'] as const",
      "['draws', 'batchSize'] as const",
    ],
  ]),
  ...changesOf('data/prng.ts', [
    [
      'the order of a key does not matter',
      'word = new SplitMix64(word ^ BigInt.asUintN(64, BigInt(part))).next();',
      'word ^= new SplitMix64(BigInt.asUintN(64, BigInt(part))).next();',
    ],
    ['the last place is never exchanged', 'this.below(last + 1)', 'this.below(last)'],
    ['draws have a modulo bias', 'while (draw >= limit) draw = this.uint32();', ''],
    ['uniform numbers have 32 bits', '(high * 0x4000000 + low) / 0x20000000000000', 'high / 0x8000000'],
    [
      'normal draws have a variance of 2',
      'Math.sqrt(-2 * Math.log(1 - this.uniform()))',
      'Math.sqrt(-4 * Math.log(1 - this.uniform()))',
    ],
    ['a rotation is off by one', 'rotateLeft(this.d, 11)', 'rotateLeft(this.d, 12)'],
    ['negative seeds are those of their absolute value', 'BigInt.asUintN(64, BigInt(part))', 'BigInt(Math.abs(part))'],
  ]),
  ...changesOf('data/split.ts', [
    [
      'subsets are not nested',
      'shuffledClasses(labels, seed)) {\n    const wanted = perClass',
      'shuffledClasses(labels, seed + (perClass ?? fraction! * 1000))) {\n    const wanted = perClass',
    ],
    [
      'a small class may get nothing',
      'Math.max(1, Math.round(fraction! * members.length))',
      'Math.round(fraction! * members.length)',
    ],
    [
      'a class may be held out as a whole',
      'clamp(Math.round(fraction * members.length), 1, members.length - 1)',
      'clamp(Math.round(fraction * members.length), 1, members.length)',
    ],
    [
      'held and kept are swapped',
      '    held.push(members.subarray(0, wanted));\n    kept.push(members.subarray(wanted));',
      '    kept.push(members.subarray(0, wanted));\n    held.push(members.subarray(wanted));',
    ],
    ['all classes are shuffled alike', 'new Prng(seed, label).shuffle(members)', 'new Prng(seed).shuffle(members)'],
    ['the chosen are not sorted', 'return union.sort();', 'return union;'],
  ]),
  ...changesOf('data/groups.ts', [
    ['members of no group make a group', '.filter(([group]) => group >= 0)', '', ['src/data/groups.test.ts']],
    ['equal items have two numbers', 'new Set(items)', 'items', ['src/data/groups.test.ts']],
    ['groups are in the order of their first member', '.sort(([a], [b]) => a - b)', '', ['src/data/groups.test.ts']],
  ]),
  ...changesOf('data/statistics.ts', [
    [
      'a channel without contrast has the deviation 0',
      'value > 1e-6 ? value : 1',
      'value',
      ['src/data/statistics.test.ts'],
    ],
    [
      'the deviation is that of all channels',
      'pixels.std([0, 2, 3]).toNumbers()',
      'pixels.std([0, 1, 2, 3]).expand([pixels.size(1)]).toNumbers()',
      ['src/data/statistics.test.ts'],
    ],
  ]),
  ...changesOf('methods/image/automatic-labels/cluster-labels.ts', [
    [
      'the order of an epoch is that of the first',
      'ops.randint(0, 2 ** 31, [1], { generator: random,',
      'ops.randint(0, 1, [1], { generator: random,',
      ['src/methods/image/automatic-labels/deep-cluster.test.ts'],
    ],
    [
      'there are at most ten images a cluster',
      'Math.min(Math.floor(images / 10), ',
      'Math.max(Math.floor(images / 10), ',
      ['src/methods/image/automatic-labels/deep-cluster.test.ts'],
    ],
    [
      'the agreement is with the first labeling',
      'this.rounds.add_(1);',
      '',
      ['src/methods/image/automatic-labels/deep-cluster.test.ts'],
    ],
  ]),
  ...changesOf('train/run.ts', [
    [
      'the last, smaller batch is trained on',
      'batchSize, seed, dropLast: true',
      'batchSize, seed, dropLast: false',
      ['tests/stages.test.ts'],
    ],
    [
      'a stage begins a step late',
      'if (step < Math.round(end * this.totalSteps)) return index;',
      'if (step <= Math.round(end * this.totalSteps)) return index;',
      ['tests/stages.test.ts'],
    ],
    [
      'a stage that begins in the middle of an epoch looks at no data',
      'if (isOther || batch === 0) beginEpoch',
      'if (batch === 0) beginEpoch',
      ['tests/stages.test.ts'],
    ],
  ]),
];
