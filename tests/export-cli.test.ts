/** Taking an encoder away and searching with it, as a person does. One file, since its parts share a run. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cli, writePhotos } from './support/cli.js';

const cli = new Cli(mkdtempSync(join(tmpdir(), 'autodidact-export-cli-')));

beforeAll(async () => {
  await writePhotos(cli.path('photos'));
  const { code, stderr } = await cli.run([
    'pretrain',
    'rotation',
    '--data',
    'photos',
    '--width',
    '4',
    '--epochs',
    '1',
    '--out',
    'runs/a',
  ]);
  expect(code, stderr).toBe(0);
}, 120_000);
afterAll(() => rmSync(cli.folder, { recursive: true, force: true }));

describe('export', () => {
  it('writes a folder that is an encoder again', async () => {
    const written = await cli.json<Record<string, unknown>>('export', 'runs/a');
    expect(written).toMatchObject({ kind: 'folder', path: join('runs', 'a', 'export'), features: 32 });
    expect(written.difference).toBeLessThan(1e-5);
    expect(existsSync(cli.path('runs/a/export/onnx/model.onnx'))).toBe(true);
    const evaluated = await cli.json<{ rows: { protocol: string; value: number }[] }>(
      ...['evaluate', 'runs/a/export', '--data', 'photos', '--baselines', 'none', '--seeds', '1'],
    );
    expect(evaluated.rows.map(({ protocol }) => protocol)).toEqual(['knn', 'linear']);
    expect(existsSync(cli.path('runs/a/export/evaluation.json'))).toBe(false);
  });

  it('refuses a run that is training now, and leaves nothing half-written', async () => {
    cpSync(cli.path('runs/a'), cli.path('runs/b'), { recursive: true });
    rmSync(cli.path('runs/b/export'), { recursive: true, force: true });
    const lock = { pid: process.pid, start: null, host: (await import('node:os')).hostname() };
    writeFileSync(cli.path('runs/b/.lock'), JSON.stringify(lock));
    expect(await cli.failure('export', 'runs/b')).toMatchObject({
      code: 'IO',
      message: expect.stringMatching(/is training now/),
    });
    expect(existsSync(cli.path('runs/b/export'))).toBe(false);
    const later = JSON.parse(readFileSync(cli.path('runs/b/config.json'), 'utf8'));
    rmSync(cli.path('runs/b/.lock'));
    writeFileSync(cli.path('runs/b/config.json'), JSON.stringify({ ...later, format: 99, checksum: undefined }));
    expect(await cli.failure('export', 'runs/b')).toMatchObject({ message: expect.stringMatching(/later version/) });
    expect(await cli.failure('export', 'photos')).toMatchObject({ code: 'NOT_FOUND' });
    expect(cli.leftovers('runs')).toEqual([]);
  });
});

interface Found {
  found: { query: string; hits: { id: string; cosine: number; rank: number }[] }[];
}

describe('search', () => {
  it('finds a copy first, and leaves a query of the data itself out', async () => {
    cpSync(cli.path('photos/light/3.png'), cli.path('copy.png'));
    const { found } = await cli.json<Found>(
      ...[
        'search',
        'runs/a',
        '--data',
        'photos',
        'copy.png',
        'light/3.png',
        'photos/light/3.png',
        '--k',
        '3',
        '--out',
        'found.csv',
        '--sheet',
        'found.png',
      ],
    );
    expect(found.map(({ query }) => query)).toEqual(['copy.png', 'light/3.png', 'photos/light/3.png']);
    expect(found[0]!.hits[0]).toMatchObject({ id: 'light/3.png', rank: 1 });
    expect(found[0]!.hits[0]!.cosine).toBeCloseTo(1, 6);
    for (const { hits } of found.slice(1)) {
      expect(hits.map(({ id }) => id)).not.toContain('light/3.png');
      expect(hits.map(({ id }) => id)).toEqual(found[1]!.hits.map(({ id }) => id));
    }
    const lines = readFileSync(cli.path('found.csv'), 'utf8').trim().split('\r\n');
    expect(lines[0]).toBe('query,rank,id,cosine,label');
    expect(lines).toHaveLength(10);
    expect((await sharp(cli.path('found.png')).metadata()).width).toBeGreaterThan(300);
  });

  it('looks through embeddings that the same encoder wrote, and refuses those of another', async () => {
    await cli.json('embed', 'runs/a', '--data', 'photos', '--out', 'own.parquet');
    const { found } = await cli.json<Found>('search', 'runs/a', '--embeddings', 'own.parquet', 'copy.png');
    expect(found[0]!.hits[0]!.id).toBe('light/3.png');
    await cli.json('embed', 'runs/a', '--data', 'photos', '--layer', 'layer3', '--out', 'other.parquet');
    expect(await cli.failure('search', 'runs/a', '--embeddings', 'other.parquet', 'copy.png')).toMatchObject({
      code: 'DATA',
      message: expect.stringMatching(/another encoder/),
    });
  });

  it('says what is wrong with a query', async () => {
    writeFileSync(cli.path('letter.txt'), 'x');
    const ask = (...query: string[]) => cli.failure('search', 'runs/a', '--embeddings', 'own.parquet', ...query);
    expect(await ask('letter.txt')).toMatchObject({
      code: 'DATA',
      message: expect.stringMatching(/letter\.txt is no sample/),
    });
    expect(await ask('nothing.png')).toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringMatching(/neither a file nor/),
    });
    expect(await cli.failure('search', 'runs/a', 'copy.png')).toMatchObject({
      exit: 2,
      message: expect.stringMatching(/--embeddings/),
    });
  });
});

describe('duplicates and label', () => {
  it('finds copies among the samples', async () => {
    mkdirSync(cli.path('twice'));
    cpSync(cli.path('photos'), cli.path('twice'), { recursive: true });
    cpSync(cli.path('photos/light/4.png'), cli.path('twice/light/again.png'));
    const { groups } = await cli.json<{ groups: { ids: string[] }[] }>(
      ...['duplicates', 'runs/a', '--data', 'twice', '--threshold', '0.9999999', '--out', 'groups.parquet'],
    );
    expect(groups.map(({ ids }) => ids)).toContainEqual(['light/4.png', 'light/again.png']);
    const rows = await parquetReadObjects({ file: await asyncBufferFromFile(cli.path('groups.parquet')) });
    expect(rows).toContainEqual(expect.objectContaining({ id: 'light/again.png', group: expect.any(Number) }));
    const learnt = await cli.json<{ learnt: { sameShare: number }; threshold: number }>(
      'duplicates',
      'runs/a',
      '--data',
      'twice',
    );
    expect(learnt.threshold).toBeLessThanOrEqual(1);
    expect(learnt.learnt.sameShare).toBeGreaterThan(0);
    mkdirSync(cli.path('single'));
    cpSync(cli.path('photos/light/4.png'), cli.path('single/4.png'));
    expect(await cli.failure('duplicates', 'runs/a', '--data', 'single')).toMatchObject({
      code: 'DATA',
      message: expect.stringMatching(/at least two images, received 1/),
    });
  });

  it('suggests what to label, with and without labels', async () => {
    mkdirSync(cli.path('loose'));
    for (const name of ['dark', 'light'])
      for (let i = 0; i < 6; i++) cpSync(cli.path(`photos/${name}/${i}.png`), cli.path(`loose/${name}-${i}.png`));
    const typical = await cli.json<{ suggestions: { id: string }[] }>(
      ...['label', 'runs/a', '--data', 'loose', '--suggest', '2', '--out', 'next.json', '--sheet', 'next.png'],
    );
    expect(typical.suggestions).toHaveLength(2);
    expect(JSON.parse(readFileSync(cli.path('next.json'), 'utf8'))[0]).toMatchObject({
      rank: 1,
      id: typical.suggestions[0]!.id,
    });
    writeFileSync(cli.path('labels.csv'), 'id,label\ndark-0.png,dark\nlight-0.png,light\n');
    const uncertain = await cli.json<{ suggestions: { id: string }[] }>(
      ...['label', 'runs/a', '--data', 'loose', '--labels', 'labels.csv', '--strategy', 'uncertain', '--suggest', '10'],
    );
    expect(uncertain.suggestions).toHaveLength(10);
    expect(uncertain.suggestions.map(({ id }) => id)).not.toContain('dark-0.png');
    expect(await cli.failure('label', 'runs/a', '--data', 'loose', '--suggest', '13')).toMatchObject({
      message: expect.stringMatching(/12 of 12 samples have no label, fewer than the 13/),
    });
  });
});

describe('texts', () => {
  const SENTENCES = [
    'The committee met to discuss the bridge across the river.',
    'The bridge across the river was closed in the winter.',
    'Congress shall have power to lay and collect taxes.',
    'The taxes of the year were higher than those of the year before.',
    'The treaty was signed by both of the nations.',
    'The nations signed the treaty in the winter of the year.',
  ];

  beforeAll(async () => {
    mkdirSync(cli.path('texts'));
    for (const [i, text] of SENTENCES.entries()) writeFileSync(cli.path(`texts/${i}.txt`), `${text}\n`);
    // A text of several windows.
    writeFileSync(cli.path('texts/long.txt'), `${Array(30).fill(SENTENCES.join(' ')).join('\n')}\n`);
    const { code, stderr } = await cli.run([
      ...[
        'pretrain',
        'skip-gram',
        '--data',
        'texts',
        '--width',
        '8',
        '--epochs',
        '1',
        '--context',
        '64',
        '--out',
        'runs/words',
      ],
    ]);
    expect(code, stderr).toBe(0);
  }, 120_000);

  interface FoundTexts {
    found: { query: string; hits: { id: string; cosine: number; rank: number; text: string }[] }[];
  }

  it('are exported with their tokenizer', async () => {
    const written = await cli.json<{ difference: number; outputs: string[] }>('export', 'runs/words');
    expect(written.difference).toBeLessThan(1e-5);
    expect(written.outputs).toEqual(['last_hidden_state', 'sentence_embedding']);
    expect(existsSync(cli.path('runs/words/export/tokenizer.json'))).toBe(true);
  });

  it('become a model of transformers where their network is one, which is an encoder again', async () => {
    const trained = await cli.run([
      ...['pretrain', 'gpt', '--data', 'texts', '--tokenizer', 'bpe', '--vocabulary', '300', '--context', '17'],
      ...['--width', '16', '--blocks', '1', '--epochs', '1', '--out', 'runs/gpt'],
    ]);
    expect(trained.code, trained.stderr).toBe(0);
    const written = await cli.json<Record<string, unknown>>('export', 'runs/gpt', '--to', 'transformers');
    expect(written).toMatchObject({
      kind: 'transformers',
      path: join('runs', 'gpt', 'transformers'),
      difference: null,
    });
    const config = JSON.parse(readFileSync(cli.path('runs/gpt/transformers/config.json'), 'utf8'));
    expect(config).toMatchObject({
      model_type: 'gpt2',
      architectures: ['GPT2LMHeadModel'],
      n_positions: 16,
      n_embd: 16,
    });
    const { stdout } = await cli.run(['export', 'runs/gpt', '--to', 'transformers']);
    expect(stdout).toMatch(/load +transformers: AutoModelForCausalLM\.from_pretrained\("runs.gpt.transformers"\)/);
    const features = async (encoder: string): Promise<unknown> => {
      await cli.json('embed', encoder, '--data', 'texts', '--out', 'gpt.parquet');
      const rows = await parquetReadObjects({ file: await asyncBufferFromFile(cli.path('gpt.parquet')) });
      return rows.map(({ embedding }) => embedding);
    };
    expect(await features('runs/gpt/transformers')).toEqual(await features('runs/gpt'));
    expect(await cli.failure('export', 'runs/words', '--to', 'transformers')).toMatchObject({
      code: 'DATA',
      message: expect.stringMatching(/no class for word-table.*--to folder/),
    });
    expect(existsSync(cli.path('runs/words/transformers'))).toBe(false);
  }, 120_000);

  it('are found by a sentence, a file and a name, and printed as what they say', async () => {
    writeFileSync(cli.path('query.txt'), SENTENCES[4]!);
    const { found } = await cli.json<FoundTexts>(
      ...['search', 'runs/words', '--data', 'texts', SENTENCES[0]!, 'query.txt', '5.txt', 'texts/2.txt', 'long.txt'],
      ...['--k', '3', '--out', 'texts.parquet', '--sheet', 'texts.png'],
    );
    expect(found[0]!.hits[0]).toMatchObject({ id: '0.txt#0', text: expect.stringMatching(/^the committee met/) });
    expect(found[0]!.hits[0]!.cosine).toBeCloseTo(1, 5);
    expect(found[1]!.hits[0]).toMatchObject({ id: '4.txt#0', rank: 1 });
    const ids = (q: number) => found[q]!.hits.map(({ id }) => id);
    expect(ids(2)).not.toContain('5.txt#0');
    expect(ids(3)).not.toContain('2.txt#0');
    expect(ids(4).filter((id) => id.startsWith('long.txt'))).toEqual([]);
    const rows = await parquetReadObjects({ file: await asyncBufferFromFile(cli.path('texts.parquet')) });
    expect(rows).toHaveLength(15);
    expect(rows[0]).toMatchObject({ query: SENTENCES[0], id: '0.txt#0', text: found[0]!.hits[0]!.text });
    expect((await sharp(cli.path('texts.png')).metadata()).width).toBeGreaterThan(300);
    const { stdout } = await cli.run(['search', 'runs/words', '--data', 'texts', 'taxes of the year', '--k', '2']);
    expect(stdout).toMatch(/rank +cosine +id +text\n/);
    expect(stdout).toMatch(/3\.txt#0 +the taxes of the year/);
    // From embeddings alone nothing is known of what they say.
    await cli.json('embed', 'runs/words', '--data', 'texts', '--out', 'words.parquet');
    const bare = await cli.json<FoundTexts>('search', 'runs/words', '--embeddings', 'words.parquet', SENTENCES[0]!);
    expect(bare.found[0]!.hits[0]).toMatchObject({ id: '0.txt#0' });
    expect(bare.found[0]!.hits[0]!.text).toBeUndefined();
  });

  it('say what is wrong with a query', async () => {
    const ask = (query: string) => cli.failure('search', 'runs/words', '--data', 'texts', query);
    expect(await ask('copy.png')).toMatchObject({
      code: 'DATA',
      message: expect.stringMatching(/copy\.png is no sample of the kind that the encoder takes/),
    });
    expect(await ask('  ')).toMatchObject({ exit: 2, message: expect.stringMatching(/empty/) });
  });

  it('are grouped by a threshold that is given, and suggested by document', async () => {
    cpSync(cli.path('texts/1.txt'), cli.path('texts/copy.txt'));
    expect(await cli.failure('duplicates', 'runs/words', '--data', 'texts')).toMatchObject({
      code: 'DATA',
      message: expect.stringMatching(/no views of texts to learn a threshold from. Give one/),
    });
    const { groups } = await cli.json<{ groups: { ids: string[] }[] }>(
      ...['duplicates', 'runs/words', '--data', 'texts', '--threshold', '0.9999999'],
    );
    expect(groups.map(({ ids }) => ids)).toContainEqual(['1.txt#0', 'copy.txt#0']);
    const { suggestions } = await cli.json<{ suggestions: { id: string; text: string }[] }>(
      ...['label', 'runs/words', '--data', 'texts', '--suggest', '8', '--out', 'texts-next.csv'],
    );
    expect(suggestions.map(({ id }) => id).sort()).toEqual(
      ['0', '1', '2', '3', '4', '5', 'copy', 'long'].map((name) => `${name}.txt`),
    );
    expect(suggestions.find(({ id }) => id === '2.txt')!.text).toMatch(/^congress shall/);
    // What was suggested goes back as labels.
    const table = readFileSync(cli.path('texts-next.csv'), 'utf8').replace(/,,(?=[^,]*$)/gm, ',x,');
    writeFileSync(cli.path('texts-labels.csv'), table.split('\r\n').slice(0, 4).join('\r\n'));
    const rest = await cli.json<{ suggestions: { id: string }[] }>(
      ...['label', 'runs/words', '--data', 'texts', '--labels', 'texts-labels.csv', '--suggest', '5'],
    );
    expect(rest.suggestions).toHaveLength(5);
    const first = suggestions.slice(0, 3).map(({ id }) => id);
    expect(rest.suggestions.filter(({ id }) => first.includes(id))).toEqual([]);
  });
});
