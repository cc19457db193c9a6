import { existsSync } from 'node:fs';
import { AutodidactError, expected } from '../errors.js';
import { drawPart } from './draw.js';
import { fetchedFolder } from './fetch.js';
import { type OpenTextsOptions, openTextsOf } from './open-texts.js';
import { PairDataset } from './pair-dataset.js';
import type { Split } from './sources/source.js';
import { BIBLE_READER, bibleVerses } from './sources/text/bible.js';
import { PAIR_MAKER, PAIR_RULES, type PairRule, pairsOf, sideOf, versePairs } from './sources/text/text-pairs.js';
import type { TextSource } from './sources/text/text-source.js';
import { openTextSource, resolveTextSpec, TEXT_PREFIX } from './sources/text/text-spec.js';
import { PairTargets } from './targets.js';
import type { TokensDataset } from './text/tokens-dataset.js';

/** The World English Bible and the King James Version verse by verse, once both are fetched. */
const VERSES = `${TEXT_PREFIX}verses`;

/** A data spec taken apart: where texts are, and how they become pairs: by a rule, or by two columns of a table. */
interface PairSpec {
  base: string;
  rule: PairRule | null;
  columns: readonly [first: string, second: string] | null;
}

/**
 * Whether a data spec names texts in pairs: `text:verses`, a table with two columns (`?column=first,second`), or a rule by which texts give
 * pairs (`?pairs=next`).
 */
export function namesTextPairs(spec: string): boolean {
  return spec === VERSES || partsOf(spec) !== null;
}

/** @throws AutodidactError `USAGE` for an unknown rule, or more than two columns */
function partsOf(spec: string): PairSpec | null {
  const isOfText = spec.startsWith(TEXT_PREFIX) || spec.startsWith('synthetic:narratives');
  const mark = spec.lastIndexOf('?');
  if (!isOfText || mark < 0 || existsSync(spec.slice(TEXT_PREFIX.length))) return null;
  const query = new URLSearchParams(spec.slice(mark + 1));
  const [rule, column] = [query.get('pairs'), query.get('column')];
  const columns = column?.split(',') ?? [];
  if (rule === null && columns.length < 2) return null;
  if (rule !== null && !PAIR_RULES.some((known) => known === rule))
    throw expected(`one of ${PAIR_RULES.join(', ')}`, 'pairs', rule);
  if (rule === null && (columns.length > 2 || columns.includes('')))
    throw expected('two columns, first,second', 'column', column);
  query.delete('pairs');
  if (rule === null) query.delete('column');
  const rest = query.toString();
  return {
    base: spec.slice(0, mark) + (rest === '' ? '' : `?${rest}`),
    rule: rule as PairRule | null,
    columns: rule === null ? (columns as [string, string]) : null,
  };
}

/**
 * Opens texts in pairs, each side a text of its own in one window; what does not fit is cut off. A pair of which a side cannot be read is left
 * out.
 *
 * @throws AutodidactError `DATA` when no pair can be read, `NOT_FOUND` where texts are not there, `USAGE`
 */
export async function openTextPairs(spec: string, options: OpenTextsOptions = {}): Promise<PairDataset> {
  const { limit, labels, ...rest } = options;
  const asked = { ...rest, form: 'sentences' as const, isLabeled: true };
  const sources = await sidesOf(spec, options);
  const first = await firstWindows(sources[0], { ...asked, ...(labels === undefined ? {} : { labels }) });
  const second = await firstWindows(sources[1], { ...asked, assets: first.assets });
  const places = new Map(second.ids.map((id, place) => [id, place]));
  const shared = [...first.ids.keys()].filter((place) => places.has(first.ids[place]!));
  if (shared.length === 0)
    throw new AutodidactError('DATA', `None of the pairs of ${first.name} has two texts that can be read`);
  const [one, two] = [first.subset(shared), second.subset(shared.map((place) => places.get(first.ids[place]!)!))];
  const known = one.labels && new PairTargets(one.classes!, one.labels);
  const pairs = PairDataset.ofTexts(one, two, known, ownersOf(spec, one.ids));
  return limit === undefined ? pairs : pairs.subset(drawPart(pairs.count, limit));
}

/** The documents that pairs are made of by a rule; pairs of a table stand alone. */
function ownersOf(spec: string, ids: readonly string[]): readonly string[] {
  const isMade = spec !== VERSES && partsOf(spec)!.rule !== null;
  return isMade ? ids.map((id) => id.replace(/#\d+#0$/, '')) : ids;
}

/** Whether texts in pairs have this side of a division. */
export async function textPairsHaveSplit(spec: string, split: Split): Promise<boolean> {
  return (await sidesOf(spec, {}))[0].sides.includes(split);
}

/** The spec with its path made absolute, and its query as it is given. */
export function resolveTextPairs(spec: string): string {
  return partsOf(spec) === null ? spec : resolveTextSpec(spec);
}

async function sidesOf(spec: string, options: OpenTextsOptions): Promise<readonly [TextSource, TextSource]> {
  if (spec === VERSES) return verses(options.cacheFolder);
  const { base, rule, columns } = partsOf(spec)!;
  if (columns !== null) {
    const ofColumn = (column: string, spec: string) =>
      openTextSource(`${spec}${spec.includes('?') ? '&' : '?'}column=${encodeURIComponent(column)}`, options);
    // Labels are those of the first side.
    const bare = base.replace(/([?&])label=[^&]*&?/, '$1').replace(/[?&]$/, '');
    return [await ofColumn(columns[0], base), await ofColumn(columns[1], bare)];
  }
  const source = await openTextSource(base, options);
  const identity = [source.identity, PAIR_MAKER];
  const about = { ...source, kind: `${source.kind} in pairs: ${rule}`, identity, sentences: undefined };
  return [sideOf(() => pairsOf(source, rule!), about, 'first'), sideOf(() => pairsOf(source, rule!), about, 'second')];
}

async function verses(cacheFolder?: string): Promise<readonly [TextSource, TextSource]> {
  const folder = await fetchedFolder('bibles', cacheFolder);
  if (folder === null)
    throw new AutodidactError('NOT_FOUND', 'The verses of the Bibles are not here yet', {
      remedy: 'Bring them with `autodidact data fetch bibles`.',
    });
  const pairs = versePairs(await bibleVerses(folder, 'web'), await bibleVerses(folder, 'kjv'));
  const about = {
    ...{ name: 'verses', kind: 'verses', sides: ['train', 'test'] as const, skipped: [] },
    identity: ['web and kjv', BIBLE_READER],
    note: 'World English Bible and King James Version, public domain (Debian sword-text-web, sword-text-kjv)',
  };
  return [sideOf(() => pairs, about, 'first'), sideOf(() => pairs, about, 'second')];
}

/** Of each document the window that it begins with. */
async function firstWindows(source: TextSource, options: OpenTextsOptions): Promise<TokensDataset> {
  const { sentences: _, ...whole } = source;
  const data = await openTextsOf(whole, options);
  return data.subset([...data.ids.keys()].filter((place) => data.ids[place]!.endsWith('#0')));
}
