import { describe, expect, it } from 'vitest';
import { put, temporaryFolder } from '../../tests/data-files.js';
import { encodeLabels, indexInto, sortClasses } from './labels.js';
import { column, optionalColumn, readTable } from './table.js';

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
      /2 cells in row 3.*received "?1 cells/,
    );
    await expect(readTable(put(at('open.csv'), 'a\n"x\n'))).rejects.toThrow(/closing quote/);
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
});

describe('labels', () => {
  it('sorts whole numbers by value and words by code unit', () => {
    expect(sortClasses(['10', '9', '0', '9'])).toEqual(['0', '9', '10']);
    expect(sortClasses(['b', 'a10', 'a9'])).toEqual(['a10', 'a9', 'b']);
  });

  it('numbers the classes; empty is unlabeled', () => {
    const { classes, labels } = encodeLabels(['cat', '', 'ant', null, 'cat']);
    expect(classes).toEqual(['ant', 'cat']);
    expect([...labels]).toEqual([1, -1, 0, -1, 1]);
    expect(encodeLabels(['', null]).classes).toBeNull();
  });

  it('finds names and numbers in known classes, gives up on a foreign set and refuses a mixture', () => {
    expect([...indexInto(['ant', 'cat'], ['cat', '0', '', null])!]).toEqual([1, 0, -1, -1]);
    expect(indexInto(['ant', 'cat'], ['summer', 'winter'])).toBeNull();
    expect(() => indexInto(['ant', 'cat'], ['cat', 'cta'])).toThrow(/does not have: "cta".*"ant", "cat"/);
  });
});
