import { describe, expect, it } from 'vitest';
import { put, temporaryFolder } from '../../tests/data-files.js';
import { encodeLabels, encodeNumbers, indexInto, sortClasses } from './labels.js';
import { column, labelColumn, optionalColumn, readTable } from './table.js';

const at = temporaryFolder();

describe('readTable', () => {
  it('reads CSV with quotes, CRLF, a byte order mark, empty cells and blank lines', async () => {
    const text = '\uFEFFpath, label\r\n"a, b.png","say ""x"""\r\n\r\n"two\nlines",\r\nlast,z';
    const table = await readTable(put(at('quoted.csv'), text));
    expect(table.columns).toEqual(['path', 'label']);
    expect(table.rows).toEqual([
      ['a, b.png', 'say "x"'],
      ['two\nlines', ''],
      ['last', 'z'],
    ]);
  });

  it('keeps a trailing empty cell at the end of the file', async () => {
    expect((await readTable(put(at('trailing.csv'), 'a,b\n1,'))).rows).toEqual([['1', '']]);
  });

  it('splits .tsv at tabs', async () => {
    expect((await readTable(put(at('t.tsv'), 'a\tb\n1,5\t2\n'))).rows).toEqual([['1,5', '2']]);
  });

  it('refuses JSON Lines with a key twice, of which one would be lost', async () => {
    const twice = put(at('twice.jsonl'), '{"path":"a"}\n{"path":"b","label":"x","l\\u0061bel" : "y"}\n');
    await expect(readTable(twice)).rejects.toThrow(/Line 2 of .*twice\.jsonl has label twice/);
    const once = put(at('once.jsonl'), '{"path":"label:\\"","label":{"path":1},"list":[{"path":"label"}]}\n');
    expect((await readTable(once)).columns).toEqual(['path', 'label', 'list']);
  });

  it('reads JSON Lines whose objects have different keys', async () => {
    const table = await readTable(put(at('t.jsonl'), '{"path":"a","label":3}\n\n{"path":"b","split":"test"}\n'));
    expect(column(table, 'path')).toEqual(['a', 'b']);
    expect(column(table, 'label')).toEqual(['3', '']);
    expect(optionalColumn(table, 'split')).toEqual(['', 'test']);
    expect(optionalColumn(table, 'id')).toBeNull();
  });

  it('names the line that is wrong', async () => {
    await expect(readTable(put(at('bad.jsonl'), '{"a":1}\n[2]\n'))).rejects.toThrow(/bad\.jsonl, line 2/);
    await expect(readTable(put(at('bad2.jsonl'), '{"a":\n'))).rejects.toThrow(/line 1/);
    await expect(readTable(put(at('bad.csv'), 'a,b\n1,2\n3\n'))).rejects.toThrow(
      /2 cells for `line 3 of .*bad\.csv`, received "1 cell"\. A cell that holds a separator stands in quotes/,
    );
    await expect(readTable(put(at('open.csv'), 'a\n"x\n'))).rejects.toThrow(/closing quote.*opened in line 2/);
    const far = 'a,b\r\n\r\n  \r\n"two\r\nlines",1\r\nx\r\n';
    await expect(readTable(put(at('far.csv'), far))).rejects.toThrow(/2 cells for `line 6 of/);
  });

  it.each(['\n', '\r\n', '\r'])('ends lines with %j, and counts them', async (end) => {
    const csv = ['path,label', 'a,x', '', ' \t', '"b",y', ''].join(end);
    expect(await readTable(put(at('lines.csv'), csv))).toMatchObject({
      columns: ['path', 'label'],
      rows: [
        ['a', 'x'],
        ['b', 'y'],
      ],
      lines: [2, 5],
    });
    const json = ['{"path":"a"}', '', '{"path":"b"}', ''].join(end);
    expect(await readTable(put(at('lines.jsonl'), json))).toMatchObject({ rows: [['a'], ['b']], lines: [1, 3] });
  });

  it('takes a cell for quoted whatever blanks stand around the quotes', async () => {
    const text = 'path, "label" \na, "dog"\nb,"dog" ,\nc,\t"do""g" \r\nd,do"g\n'.replace(' ,\n', '\n');
    const table = await readTable(put(at('blanks.csv'), text));
    expect(labelColumn(table)).toEqual(['dog', 'dog', 'do"g', 'do"g']);
    const tabs = await readTable(put(at('blanks.tsv'), 'path\tlabel\na\t "x\ty" \n\t"z"\n'));
    expect(tabs.rows).toEqual([
      ['a', 'x\ty'],
      ['', 'z'],
    ]);
  });

  it('refuses empty and missing files', async () => {
    for (const name of ['e.csv', 'e.jsonl'])
      await expect(readTable(put(at(name), ''))).rejects.toThrow(/an empty file/);
    await expect(readTable(at('none.csv'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('names the columns there are when one is missing', async () => {
    const table = await readTable(put(at('columns.csv'), 'file,class\nx,y\n'));
    expect(() => column(table, 'path')).toThrow(/no column path; its columns are "file", "class"/);
  });

  it('finds columns in any case, and class for label', async () => {
    const table = await readTable(put(at('case.csv'), 'Path,Class,SPLIT\na,b,c\n'));
    expect(column(table, 'path')).toEqual(['a']);
    expect(labelColumn(table)).toEqual(['b']);
    expect(optionalColumn(table, 'split')).toEqual(['c']);
    const both = await readTable(put(at('both.csv'), 'class,Label\nx,y\n'));
    expect(labelColumn(both)).toEqual(['y']);
    const twice = await readTable(put(at('twice.csv'), 'label,Label\nx,y\n'));
    expect(() => labelColumn(twice)).toThrow(/several columns label: "label", "Label"/);
  });

  it.each([
    ['semicolons.csv', 'path;label\na;b\n', /"path;label"\. Separate the cells by commas\.$/],
    ['bars.csv', 'path|label\na|b\n', /Separate the cells by commas\.$/],
    ['tabs.csv', 'path\tlabel\na\tb\n', /Separate the cells by commas, or let its name end in \.tsv\.$/],
    ['commas.tsv', 'path,label\na,b\n', /Separate the cells by tabs\.$/],
    ['other.csv', 'file,label\na,b\n', /Rename the right one to path\.$/],
  ])('says of %s how its cells are to be divided', async (name, text, message) => {
    const table = await readTable(put(at(name), text));
    expect(() => column(table, 'path')).toThrow(message);
  });

  it('keeps every digit of whole numbers, or refuses them with the line', async () => {
    const big = '9007199254740993';
    const csv = await readTable(put(at('big.csv'), `id,label\n${big},${big}\n`));
    expect(csv.rows).toEqual([[big, big]]);
    const quoted = await readTable(put(at('quoted.jsonl'), `{"id":"${big}","label":1}\n`));
    expect(column(quoted, 'id')).toEqual([big]);
    const bare = await readTable(put(at('bare.jsonl'), `{"id":"a"}\n{"id":${big}}\n`));
    expect(() => column(bare, 'id')).toThrow(/up to 2\^53 for `id in line 2 of .*bare\.jsonl`.*Write it in quotes/);
    const endless = await readTable(put(at('endless.jsonl'), '{"label":1e999}\n'));
    expect(() => labelColumn(endless)).toThrow(/label in line 1/);
  });

  it('refuses JSON objects and arrays in the columns that are read, and leaves others alone', async () => {
    const text = '{"path":"a","label":"x","boxes":[1],"meta":{"a":1}}\n{"path":"b","label":{"name":"y"}}\n';
    const table = await readTable(put(at('objects.jsonl'), text));
    expect(column(table, 'path')).toEqual(['a', 'b']);
    expect(() => labelColumn(table)).toThrow(/a text or a number for `label in line 2 of .*received {"name":"y"}/);
    const list = await readTable(put(at('list.jsonl'), '{"label":["x"]}\n'));
    expect(() => labelColumn(list)).toThrow(/label in line 1/);
    // An object may say how it becomes a text; lists may be deeper than the stack.
    const odd = await readTable(put(at('odd.jsonl'), '{"path":"a","label":{"toString":1}}\n'));
    expect(column(odd, 'path')).toEqual(['a']);
    const deep = put(at('deep.jsonl'), `{"path":"a"}\n{"path":${'['.repeat(20_000)}${']'.repeat(20_000)}}\n`);
    await expect(readTable(deep)).rejects.toMatchObject({ code: 'DATA', message: expect.stringMatching(/line 2/) });
  });
});

describe('labels', () => {
  it('sorts whole numbers by value and words by code unit', () => {
    expect(sortClasses(['10', '9', '0', '9'])).toEqual(['0', '9', '10']);
    expect(sortClasses(['b', 'a10', 'a9'])).toEqual(['a10', 'a9', 'b']);
    // Two numbers that are one in floating point.
    expect(sortClasses(['10000000000000000', '9999999999999999'])).toEqual(['9999999999999999', '10000000000000000']);
    expect(sortClasses(['1', '01'])).toEqual(['01', '1']);
  });

  it('numbers the classes; empty is unlabeled', () => {
    const { classes, labels } = encodeLabels(['cat', '', 'ant', null, 'cat']);
    expect(classes).toEqual(['ant', 'cat']);
    expect([...labels]).toEqual([1, -1, 0, -1, 1]);
    expect(encodeLabels(['', null]).classes).toBeNull();
  });

  it('takes names that differ in blanks around them or in their Unicode form for one', () => {
    const { classes, labels } = encodeLabels(['dog', 'dog ', ' dog', '\tdog\u00a0', 'caf\u00e9', 'cafe\u0301', ' ']);
    expect(classes).toEqual(['caf\u00e9', 'dog']);
    expect([...labels]).toEqual([1, 1, 1, 1, 0, 0, -1]);
  });

  it.each([
    '\u200bdog',
    'dog\u200d',
    '\ufeffdog',
    'dog\u00ad',
    'dog\u200e',
    '\u3000dog\u2003',
    'dog\u0007',
    '\u2060dog ',
  ])('takes %j for dog, as it is seen', (name) => expect(encodeLabels(['dog', name]).classes).toEqual(['dog']));

  it('takes any run of blanks within a name for one space, and keeps what is seen', () => {
    const names = [
      'golden retriever',
      'golden\u00a0retriever',
      'golden  retriever',
      'golden\nretriever',
      'goldenretriever',
    ];
    expect([...encodeLabels(names).labels]).toEqual([0, 0, 0, 0, 1]);
    expect(encodeLabels(['\u0301', '-', '\u{1f436}\u200d\u{1f9ba}']).classes).toHaveLength(3);
  });

  it('takes negative numbers for no label', () => {
    const { classes, labels } = encodeLabels(['-1', '0', '-1.0', '2', '-100', '-', '-a']);
    expect(classes).toEqual(['-', '-a', '0', '2']);
    expect([...labels]).toEqual([-1, 2, -1, 3, -1, 0, 1]);
    const negative = ['-2e0', '\u22121', '-.5', ' -1 ', '-9007199254740993'];
    expect(encodeLabels(negative).classes).toBeNull();
    expect(encodeLabels(['-0', '1-2', '--1', '-1-', '-1 or so']).classes).toHaveLength(5);
    expect([...indexInto(['2'], ['-1', '2'])!]).toEqual([-1, 0]);
  });

  it('matches names that look like numbers by name, never by position', () => {
    expect([...indexInto(['1', '2', '3'], ['3', '1', '', null])!]).toEqual([2, 0, -1, -1]);
    expect(() => indexInto(['1', '2', '3'], ['0', '1', '2', '3'])).toThrow(/does not have: "0"\. Its classes are "1"/);
    expect(indexInto(['ant', 'cat'], ['0', '1'])).toBeNull();
    expect(indexInto(['01', '02'], ['1', '2'])).toBeNull();
  });

  it('gives up on a foreign set and refuses a mixture', () => {
    expect([...indexInto(['ant', 'cat'], [' cat', 'ant'])!]).toEqual([1, 0]);
    expect(indexInto(['ant', 'cat'], ['summer', 'winter'])).toBeNull();
    expect(() => indexInto(['ant', 'cat'], ['cat', 'cta'])).toThrow(/does not have: "cta".*"ant", "cat"/);
  });

  it('names the numbers that occur, in common for several parts', () => {
    const { classes, labels } = encodeNumbers([Int32Array.of(7, -1, 3), [3, 100_000_000]]);
    expect(classes).toEqual(['3', '7', '100000000']);
    expect(labels.map((part) => [...part])).toEqual([
      [1, -1, 0],
      [0, 2],
    ]);
    expect(encodeNumbers([[2n ** 32n, -5n, 2n ** 31n]])).toEqual({
      classes: ['2147483648', '4294967296'],
      labels: [Int32Array.of(1, -1, 0)],
    });
    expect(encodeNumbers([[-1]]).classes).toBeNull();
  });
});
