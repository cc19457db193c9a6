/** Changes to readers of tables of texts, to what is never parted, and to what a wrong argument meets. See scripts/mutate.mjs. */
import { changesOf } from './lib/changes.mjs';

const TABLES = ['src/data/open-text-tables.test.ts'];
const ARGUMENTS = ['tests/wrong-arguments.test.ts'];
const TEST_LABELS = ['src/cli/evaluate-data.test.ts'];
const VOC = ['src/data/sources/voc.test.ts'];
const withTests = (tests, changes) => changes.map((change) => [...change, tests]);

export const mutations = [
  ...changesOf(
    'data/test-labels.ts',
    withTests(TEST_LABELS, [
      ['a table replaces the labels of test data', 'if (knownNames(plain, kind).length > 0) return plain;', ''],
      ['one name in a table labels two samples', 'if (shared === undefined) return test;', 'return test;'],
      ['names of the same data are two samples', 'table === undefined || isSameData', 'table === undefined'],
    ]),
  ),
  ...changesOf(
    'cli/evaluate-data.ts',
    withTests(TEST_LABELS, [['evaluate labels test data by the table', 'labels: table, ...asked', 'labels, ...asked']]),
  ),
  ...changesOf(
    'compare/open.ts',
    withTests(TEST_LABELS, [
      ['compare labels test data by the table', "{ ...form, labels, split: 'all' }", "{ ...form, split: 'all' }"],
    ]),
  ),
  ...changesOf(
    'data/sources/text/table-columns.ts',
    withTests(TABLES, [
      ['the first column of text is taken', 'if (possible.length <= 1) return', 'if (possible.length >= 0) return'],
      ['labels pass for texts', '...Object.values(others)]);', ']);'],
      ['large numbers are merged', "typeof cell === 'number' && !(", "typeof cell === 'number' && false && !("],
    ]),
  ),
  ...changesOf('data/sources/text/table-rows.ts', [
    ['each part reads all bytes of its columns', 'file: cached,', 'file,'],
    [
      'parts do not grow with a row group',
      'Math.max(LEAST_ROWS, Math.ceil((next - first) / MOST_PARTS))',
      'LEAST_ROWS',
    ],
    ['rows are numbered in their row group', 'String(start + i + 1)', 'String(start - first + i + 1)'],
  ]),
  ...changesOf(
    'data/sources/text/table-splits.ts',
    withTests(TABLES, [
      ['parts say no side', "stem.replace(PART, '')", 'stem'],
      ['folders say no side', '...parts.slice(0, -1).reverse()', '...parts.slice(0, 0)'],
      ['a column says no side', "typeof row[SPLIT_COLUMN] === 'string' && splitFromName", 'false && splitFromName'],
    ]),
  ),
  ...changesOf(
    'data/sources/text/text-tables.ts',
    withTests(TABLES, [
      [
        'validation scores nothing',
        'valAsTest(all.map((split) => ({ own: split, split })))',
        'all.map((split) => ({ own: split, split }))',
      ],
      ['negative tags are tags', 'return isUnlabeled(name) ? null : name;', 'return name;'],
    ]),
  ),
  ...changesOf(
    'data/sources/text/text-spec.ts',
    withTests(TABLES, [
      [
        'a README beside tables is the text',
        'texts.ids.every((id) => ABOUT_DATA',
        'texts.ids.length === 0 && texts.ids.every((id) => ABOUT_DATA',
      ],
    ]),
  ),
  ...changesOf('data/split.ts', [
    ['owners are parted', 'if (new Set(owners).size === owners.length) return', 'if (owners.length > 0) return'],
    ['the rarest class speaks for an owner', 'group[1].length > best[1].length', 'group[1].length < best[1].length'],
  ]),
  ...changesOf(
    'data/sources/coco-file.ts',
    [
      [
        'files without categories are passed over',
        '!annotations.some((one) => isRecord(one) && isObject(one))',
        'true',
      ],
      [
        'captions are refused',
        'categories.length === 0 && !annotations.some((one) => isRecord(one) && isObject(one))',
        'false',
      ],
      ['annotations of nothing end all', '!isRecord(one) || !isRight(one)', '!isRight(one)'],
    ],
    ['src/data/sources/coco.test.ts'],
  ),
  ...changesOf(
    'data/sources/coco-notes.ts',
    [
      ['fractions are pixels', 'found.fractions === found.boxes', 'found.fractions > found.boxes'],
      ['one small box makes all fractions', 'found.fractions === found.boxes', 'found.fractions > 0'],
      ['boxes are cut off in silence', 'left <= -1 || top <= -1 ||', 'false &&'],
      ['rounding is told', 'left + width >= right + 1', 'left + width > right'],
      ['corners are told of boxes that fit', 'found.beyond > 0 && found.corners', 'found.corners'],
      ['corners are told of other boxes', 'found.corners === found.sized', 'found.sized > 0'],
      ['key points are left out in silence', 'if (wrong > 0)', 'if (wrong < 0)'],
    ],
    ['src/data/sources/coco.test.ts'],
  ),
  ...changesOf('data/sources/coco.ts', [
    ['images in other folders are not found', 'return known.get(name) ?? [];', 'return [];'],
    ['objects with one id are one', 'isDeepStrictEqual(other.bbox, annotation.bbox);', 'true;'],
    [
      'outlines with one id are one',
      '!ownOfFile.has(other) || isDeepStrictEqual(other.segmentation, annotation.segmentation)',
      'true',
    ],
    [
      'outlines without boxes are never joined',
      '!ownOfFile.has(other) || isDeepStrictEqual(other.segmentation, annotation.segmentation)',
      'false',
    ],
    ['masks wrap around', 'const hasMasks = categories.size <= MOST_NUMBERED &&', 'const hasMasks ='],
  ]),
  ...changesOf(
    'data/sources/folder.ts',
    [['files that are not read are not told', '[...coco.notes, ...unread]', 'coco.notes']],
    ['src/data/sources/coco.test.ts'],
  ),
  ...changesOf(
    'data/sources/voc.ts',
    withTests(VOC, [
      [
        'XML that the parser refuses ends all',
        '  } catch (error) {\n    // Entities',
        '  } catch (error) {\n    throw error;\n    // Entities',
      ],
      [
        'an unknown encoding ends all',
        '  const encoding = encodingOf(bytes);\n  try {',
        '  const encoding = encodingOf(bytes);\n  new TextDecoder(encoding);\n  try {',
      ],
      [
        'a folder in place of a file ends all',
        'readRegular(path, MOST_XML_BYTES).catch(reasonOf)',
        'readRegular(path, MOST_XML_BYTES)',
      ],
      ['files of no image are read', 'files.has(file)).map(', 'files.size > 0).map('],
      ['declared encodings are not read', ': declared.toLowerCase();', ": 'utf-8';"],
      ['marks of UTF-16 are not read', "return 'utf-16le';", "return 'utf-8';"],
      ['UTF-16 is believed', "/^utf-?16/i.test(declared) ? 'utf-8' :", "/^utf-?16/i.test(declared) ? 'utf-16le' :"],
      ['masks have any class', 'number > classes.length && number !== VOID', 'number > 255'],
      ['names end at a blank', '[line, bare, parse(line).name, parse(bare).name]', "[line.split(' ')[0]!]"],
    ]),
  ),
  ...changesOf(
    'data/pack-file.ts',
    withTests(VOC, [
      ['masks of no image are masks', '(isMasked === null || isMasked.includes(1))', 'masks !== undefined'],
    ]),
  ),
  ...changesOf('evaluate/records.ts', [
    [
      'other labels are the same data',
      '[side?.fingerprint ?? null, side?.targets ?? null]',
      '[side?.fingerprint ?? null]',
    ],
  ]),
  ...changesOf('evaluate/monitor.ts', [
    [
      'parts of what is scored are neighbors',
      'scores.has(owners[i]!) === isScored',
      '3 * i < owners.length === isScored',
    ],
  ]),
  ...changesOf('evaluate/language/perplexity.ts', [
    ['marks are bytes of the text', '(id) => isMark.has(id))', '() => false)'],
  ]),
  ...changesOf(
    'modalities/registry.ts',
    withTests(ARGUMENTS, [['unknown options pass', "checkKnown(options, OPEN_OPTIONS, 'openData');", '']]),
  ),
  ...changesOf(
    'evaluate/features.ts',
    withTests(ARGUMENTS, [
      ['labels may be fewer', 'if (labels.length !== count) throw', 'if (labels.length > count) throw'],
    ]),
  ),
];
