import { describe, expect, it } from 'vitest';
import * as library from '../src/index.js';
import { temporaryFolder } from './data-files.js';

const { ops } = library;
const at = temporaryFolder();
const objects = 'synthetic:objects?count=8&test=0&size=16';
const nothing = undefined as never;

/** Arguments that a program in JavaScript may give, and a part of the sentence that says what is wrong. */
const refused: [name: string, call: () => unknown, message: string][] = [
  ['openData of nothing', () => library.openData(nothing), 'a folder, a file or the name of a data set for `data`'],
  ['openData of a number', () => library.openData(5 as never), 'a folder, a file or the name of a data set'],
  ['a name that is no option', () => library.openData(objects, { sise: 16 } as never), 'Did you mean `size`'],
  ['a side that there is not', () => library.openData(objects, { split: 'tset' as never }), 'one of train, val, test'],
  ['pretrain without a method', () => library.pretrain({ data: objects } as never), 'a method for `method`'],
  ['pretrain of nothing', () => library.pretrain(nothing), 'an object of options for `pretrain`'],
  ['pretrain with another name', () => library.pretrain({ epochs: 3 } as never), '`pretrain` has no option `epochs`'],
  ['evaluate of nothing', () => library.evaluate(nothing), 'an object of options for `evaluate`'],
  ['evaluate with another name', () => library.evaluate({ protocol: ['knn'] } as never), 'Did you mean `protocols`'],
  ['compare of nothing', () => library.compare({} as never), 'a folder, a file or the name of a data set'],
  ['compare with another name', () => library.compare({ data: objects, block: 2 } as never), 'Did you mean `blocks`'],
  ['loadRun of nothing', () => library.loadRun(nothing), 'the path of a run folder'],
];

const rows = (...labels: number[]) => ({
  features: ops.randn([3, 2], { generator: new library.Generator(1) }),
  labels: Int32Array.from(labels),
});
const nan = () => ops.full([4, 3], Number.NaN);
const bits = (width: number) => ({ height: 2, width, data: new Uint8Array(2 * width) });

const wrongNumbers: typeof refused = [
  ['k-NN, too few labels', () => library.knn(rows(0, 1), rows(0, 1, 1)), '3 labels for `train`'],
  ['k-NN, no label', () => library.knn(rows(0, 1, -1), rows(0, 1, 1)), 'labels from 0 to 1 for `train, row 2`'],
  ['k-NN, no test label', () => library.knn(rows(0, 1, 1), rows(0, -1, 1)), '`test, row 1`'],
  ['k-NN, more classes', () => library.knn(rows(0, 1, 5), rows(0, 1, 1), { classes: 2 }), 'labels from 0 to 1'],
  ['probe, no label', () => library.linearProbe(rows(0, 1, -1), rows(0, 1, 1)), '`train, row 2`'],
  ['k-means of NaN', () => library.kMeans(nan(), { clusters: 2, random: new library.Generator(1) }), 'finite points'],
  ['RankMe of NaN', () => library.rankMe(nan()), 'finite numbers for `features`'],
  ['suggestions of NaN', () => library.suggest(nan(), { strategy: 'diverse', count: 1 }), 'finite features'],
  [
    'suggestions for a part',
    () => library.suggest(ops.ones([4, 2]), { strategy: 'typical', count: 1, labels: Int32Array.of(0, 1) }),
    '4 labels, -1 where there is none',
  ],
  [
    'another strategy',
    () => library.suggest(ops.ones([4, 2]), { strategy: 'best' as never, count: 1 }),
    'one of typical',
  ],
  ['no threshold', () => library.duplicateGroups(ops.ones([4, 2]), Number.NaN), 'a cosine from -1 to 1'],
  ['embeddings of NaN', () => library.writeEmbeddings(at('x.npy'), { ids: [...'abcd'], features: nan() }), 'finite'],
  ['sampling from NaN', () => library.sampleTokens(nan(), {}, [0, 0, 0, 0]), 'gives NaN'],
  ['sampling by fewer draws', () => library.sampleTokens(ops.ones([4, 3]), {}, [0]), '4 draws for `draws`'],
  ['masks of two sizes', () => library.jaccard(bits(2), bits(1)), 'a mask of 1 x 2 pixels'],
  ['boundaries of two sizes', () => library.boundaryF(bits(2), bits(1)), 'a mask of 1 x 2 pixels'],
];

describe.each([
  ['options', refused],
  ['numbers', wrongNumbers],
])('wrong %s are refused in a sentence', (_, cases) => {
  it.each(cases)('%s', async (_name, call, message) => {
    const error = await Promise.resolve()
      .then(call)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(library.AutodidactError);
    expect((error as Error).message).toContain(message);
  });
});
