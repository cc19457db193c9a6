/**
 * Changes to the readers of data: formats, folders, tables, labels. See scripts/mutate.mjs. One list, since
 * `npm run mutate readers` takes all changes to a room by its name.
 */
import { changesOf } from './lib/changes.mjs';

const source = (name) => `data/sources/${name}.ts`;
const CIFAR_STL = ['src/data/sources/cifar-stl.test.ts'];
const IDX = ['src/data/sources/idx.test.ts'];
const FOLDER = ['src/data/sources/folder.test.ts'];
const COCO = ['src/data/sources/coco.test.ts'];
const JOIN = ['src/data/join-labels.test.ts'];
const TABLE = ['src/data/table.test.ts'];

export const mutations = [
  ...changesOf(source('idx'), [
    ['sizes are little-endian', 'head.readUInt32BE(4 + 4 * i)', 'head.readUInt32LE(4 + 4 * i)'],
    [
      'height and width are swapped',
      'const [count = 0, height = 0, width = 0, channels = 1] = dims;',
      'const [count = 0, width = 0, height = 0, channels = 1] = dims;',
    ],
    ['the header is four bytes short', 'headerBytes: 4 + 4 * rank }', 'headerBytes: 4 * rank }'],
    ['t10k is for training', "last === 't10k' ? 'test' :", "last === 't10k' ? 'train' :"],
    ['labels of another stem are taken', '=== stem));', '!== undefined));'],
    ['other types than uint8 are read', ' || type !== 8', ''],
    ['fewer labels than images are taken', 'dims[0] !== count', 'dims[0]! > count'],
    [
      'images of two sizes are mixed',
      'if (shape.join() === first.shape.join()) continue;',
      'if (shape.length === first.shape.length) continue;',
    ],
    [
      'labels are read with their header',
      'const records = { path: file, headerBytes, recordBytes: 1, count };',
      'const records = { path: file, headerBytes: 0, recordBytes: 1, count };',
    ],
    ['class names are given to labels that they do not name', 'label < given.length', 'label <= given.length'],
    [
      'both the plain and the gzipped file are read',
      "!name.endsWith('.gz') || !names.includes(name.slice(0, -3))",
      "!name.endsWith('.gz') || names.includes(name)",
    ],
  ]),
  ...changesOf(source('npy'), [
    [
      'planes are read as interleaved',
      'yield isPlanar ? interleave(bytes, height * width, channels) : bytes',
      'yield bytes',
    ],
    ['version 2 has a short header', 'head[6] === 1 ? 10 : 12', 'head[6] === 1 ? 10 : 10'],
    [
      'columns-first arrays are read',
      "if (/'fortran_order':\\s*True/.test(text)) {",
      "if (/'fortran_order':\\s*TRUE/.test(text)) {",
    ],
    ['floats are cut, not rounded', 'Math.round(value * scale)', 'Math.floor(value * scale)'],
    ['16 bits are big-endian', 'data.getUint16(at, true)', 'data.getUint16(at, false)'],
    ['labels of 8 bits have no sign', 'data.getInt8(at)', 'data.getUint8(at)'],
    ['64 bits have no sign', 'data.getBigInt64(at, true)', 'data.getBigUint64(at, true)'],
    [
      'labels of another number are taken',
      'header.shape.length !== 1 || header.shape[0] !== count',
      'header.shape.length !== 1',
    ],
    ['one image is read as many', 'if (isLikeOneImage(shape)) throw oneImage(path, shape);', ''],
    ['transparency is to be saved', "shape[2] === 4 ? ', ..., :3' : ''", "shape[2] === 5 ? ', ..., :3' : ''"],
    ['texts are to become numbers', '/^[<>=|]?[bBiuf]/.test(type)', '/^[<>=|]?[bBiufUSO]/.test(type)'],
    ['negative values are to wrap', "/i/.test(type) ? 'array.clip(0)' : 'array'", "'array'"],
    ['floats of another range are read', 'if (scale !== null) return scale;', 'return scale ?? 1;'],
    ['values beyond the range are read', 'if (!isFloatPixel(value)) {', 'if (Number.isNaN(value)) {'],
    [
      'planes are taken before interleaved channels',
      '    if (isChannels(c)) return { count, height: a, width: b, channels: c, isPlanar: false };\n    if (isChannels(a) && c) return { count, height: b, width: c, channels: a, isPlanar: true };',
      '    if (isChannels(a) && c) return { count, height: b, width: c, channels: a, isPlanar: true };\n    if (isChannels(c)) return { count, height: a, width: b, channels: c, isPlanar: false };',
    ],
  ]),
  ...changesOf(source('cifar'), [
    ['the coarse label is taken', 'piece[start + labelBytes - 1]!', 'piece[start]!', CIFAR_STL],
    [
      'green and blue are swapped',
      '      images[out++] = piece[i + PLANE]!;\n      images[out++] = piece[i + 2 * PLANE]!;',
      '      images[out++] = piece[i + 2 * PLANE]!;\n      images[out++] = piece[i + PLANE]!;',
      CIFAR_STL,
    ],
    ['the test batch is for training', "[/^test_batch\\.bin$/, 'test']", "[/^test_batch\\.bin$/, 'train']", CIFAR_STL],
    ['a part of a record is passed over', 'count < 1 || !Number.isInteger(count)', 'count < 1', CIFAR_STL],
    ['labels beyond the classes are taken', 'label >= classes.length', 'label > classes.length', CIFAR_STL],
    [
      'pixels begin with the label',
      'let start = labelBytes; start < piece.length',
      'let start = 0; start < piece.length',
      CIFAR_STL,
    ],
  ]),
  ...changesOf(source('stl'), [
    ['rows and columns are swapped', 'start + x * SIDE + y', 'start + y * SIDE + x', CIFAR_STL],
    ['labels count from 1', 'labels[at++] = label - 1', 'labels[at++] = label', CIFAR_STL],
    [
      'unlabeled images are for tests',
      "['unlabeled_X.bin', null, 'train']",
      "['unlabeled_X.bin', null, 'test']",
      CIFAR_STL,
    ],
    ['a label of 0 is taken', 'label < 1 || label', 'label < 0 || label', CIFAR_STL],
  ]),
  ...changesOf(source('records'), [
    [
      'longer files are read',
      "if (size > total) throw wrongLength(file, 'more bytes follow');",
      '',
      ['src/data/sources/idx.test.ts', 'src/data/sources/npy.test.ts'],
    ],
    ['shorter files are read', 'if (sent < total) throw wrongLength', 'if (sent < 0) throw wrongLength', IDX],
    ['a chunk is skipped with the header', 'chunk = chunk.subarray(skipped);', 'if (skipped > 0) continue;', IDX],
    [
      'bytes behind the last record are passed over',
      "if (sent === total) throw wrongLength(file, 'more bytes follow');",
      'if (sent === total) break;',
      IDX,
    ],
    [
      'a gzipped file may announce anything',
      'if (total <= MOST_DEFLATION * size) return;',
      'if (total >= 0) return;',
      IDX,
    ],
  ]),
  ...changesOf(source('source'), [
    [
      'the validation part is never the test part',
      "if (!items.some((item) => item.split === 'val') || items",
      'if (items.length > 0 || items',
      ['src/data/sources/manifest.test.ts', 'src/data/sources/folder.test.ts'],
    ],
    [
      'the validation part is the test part beside one',
      " || items.some((item) => item.split === 'test')",
      '',
      ['src/data/sources/manifest.test.ts', 'src/data/sources/folder.test.ts'],
    ],
    ['a year behind a split is not understood', '(?:19|20)\\d\\d|set', 'set', FOLDER],
    [
      'names are case-sensitive',
      'name.trim().toLowerCase()',
      'name.trim()',
      ['src/data/sources/manifest.test.ts', 'src/data/sources/folder.test.ts'],
    ],
    [
      'a changed file has the same identity',
      'const { size, mtimeMs } = await stat(path);',
      'const { size, mtimeMs } = { ...(await stat(path)), mtimeMs: 0 };',
      ['src/data/pack.test.ts', 'src/data/open.test.ts'],
    ],
  ]),
  ...changesOf(source('folder-layout'), [
    [
      'the last folder is the class',
      'return ([first]) => first ?? null;',
      'return (path) => path.at(-1) ?? null;',
      FOLDER,
    ],
    ['one folder alone is a class', 'if (classes.size > 1) {', 'if (classes.size > 0) {', FOLDER],
    [
      'a folder of all images stays in the way',
      'const paths = withoutWrappers(inDivision.map(({ group, behind }) => ({ group, path: behind })));',
      'const paths = inDivision.map(({ behind }) => behind);',
      FOLDER,
    ],
    ['folders by initial letter are classes', 'if (!isByLetter || 2 * nested', 'if (isByLetter || 2 * nested', FOLDER],
    [
      'images beside the splits are in the first class',
      'behind[0] !== undefined && classes.has(behind[0]) ? behind[0] : null',
      'behind[0] ?? [...classes][0]!',
      FOLDER,
    ],
    ['a class called train is a split', 'if (2 * divided <= parents) return false;', '', FOLDER],
    ['every class called train divides', 'return isSorted || [...within]', 'return !isSorted || [...within]', FOLDER],
  ]),
  ...changesOf(source('folder-listing'), [
    ['hidden files are read', "name.startsWith('.') || name === '__MACOSX'", "name === '__MACOSX'", FOLDER],
    [
      'links that lead back are followed',
      'if (parents.includes(real)) return;',
      'if (parents.length > 20) return;',
      FOLDER,
    ],
    ['endings are case-sensitive', 'extname(name).toLowerCase()', 'extname(name)', FOLDER],
    [
      'previews of runs are data',
      'listing.runs.push(id);',
      'listing.runs.push(id);\n        await walk(root, id, [...parents, real], listing, wanted);',
      FOLDER,
    ],
    ['the order is that of the system', 'listing.ids.sort();', 'listing.ids.sort().reverse();', FOLDER],
  ]),
  ...changesOf(source('manifest'), [
    ['paths are relative to the working folder', 'path: resolve(root, id), name', 'path: resolve(id), name'],
    ['a path that comes twice is read twice', 'else if (seen.has(id)) skipped', 'else if (seen.size < 0) skipped'],
    ['an image with two labels has the first', 'if (before !== said[i])', 'if (before === null)'],
    ['an image with two sets of labels has the first', 'sortClasses(labels).join(', "['none'].join("],
    ['labels in another order are others', "sortClasses(labels).join('; ')", "labels.join('; ')"],
    ['labels are those of the row before', 'name: names?.[i] ?? null', 'name: names?.[Math.max(0, i - 1)] ?? null'],
    [
      'rows without a file have a class',
      'encodeLabels(files.map((file) => file.name))',
      'encodeLabels(names ?? files.map((file) => file.name))',
    ],
    ['an unknown split is named by its row', 'table.lines[i]', 'i + 1'],
    [
      'an unknown split is no split',
      "throw expected('train, val or test'",
      "return null;\n    throw expected('train, val or test'",
    ],
    ['files that are not there are listed', 'if (reason !== null) skipped.push({ id, reason });\n    else if', 'if'],
  ]),
  ...changesOf(source('rgbd'), [
    [
      'depth stands before the color',
      '    sample.set(colors.subarray(3 * pixel, 3 * pixel + 3), 6 * pixel);\n    sample.set(depths.subarray(3 * pixel, 3 * pixel + 3), 6 * pixel + 3);',
      '    sample.set(depths.subarray(3 * pixel, 3 * pixel + 3), 6 * pixel);\n    sample.set(colors.subarray(3 * pixel, 3 * pixel + 3), 6 * pixel + 3);',
    ],
    ['several labels are dropped', '    ...(labelSets && { labelSets }),\n', ''],
    ['the last depth of a path counts', 'if (!depthOf.has(id)) depthOf.set', 'depthOf.set'],
    [
      'one focal length is horizontal only',
      '.transform(([across = 0, down = across]) =>',
      '.transform(([across = 0, down = 0]) =>',
    ],
    ['the pitch is in radians', '(pitch * Math.PI) / 180', 'pitch'],
    ['depth of 8 bits is read', "kind !== 'ushort' || channels !== 1", 'channels !== 1'],
  ]),
  ...changesOf(source('rendered'), [
    ['depth is in centimeters', 'const UNIT = 0.001;', 'const UNIT = 0.01;'],
    ['normals are not centered', '.div(127.5).sub(1)', '.div(255)'],
    ['every pixel is a contour', 'planes(contours!, 1).gt(127)', 'planes(contours!, 1).ge(0)'],
    [
      'scenes without depth are read',
      'if (missing === undefined) ids.push(id);',
      'if (missing !== undefined || ids.length >= 0) ids.push(id);',
    ],
  ]),
  ...changesOf(source('photos'), [
    ['flat crops are kept', 'return [...lively, ...flat].slice(0, wanted)', 'return indices.slice(0, wanted)'],
    [
      'crops have one size',
      'Math.round(size * (longest / size) ** random.uniform())',
      'Math.round(size * (longest / size) ** 0)',
    ],
    ['all photographs are cut alike', 'new Prng(seed, stream)', 'new Prng(seed)'],
    ['crops never reach the right edge', 'random.below(width - side + 1)', '0 * random.below(width - side + 1)'],
  ]),
  ...changesOf(source('class-names'), [
    [
      'names of another number are taken',
      'names.length === usual.length ? names : usual',
      'names.length > 0 ? names : usual',
      CIFAR_STL,
    ],
  ]),
  ...changesOf('data/decode.ts', [
    ['EXIF rotations are passed over', 'autoOrient: true', 'autoOrient: false', ['src/data/pack.test.ts']],
    ['transparency is over black', "background: '#ffffff'", "background: '#000000'"],
    [
      'crop and stretch are swapped',
      "fit === 'crop' ? 'cover' : 'fill'",
      "fit === 'crop' ? 'fill' : 'cover'",
      ['src/data/pack.test.ts'],
    ],
    ['truncated files are read', "failOn: 'error', limitInputPixels", "failOn: 'none', limitInputPixels"],
    [
      'gray of 16 bits is rounded',
      "if (header.space === 'grey16') return toPixels(image.pipelineColourspace('srgb'), shape, fit);",
      "if (header.space === 'grey16') return toPixels(image, shape, fit);",
    ],
    ['five channels are read', "channels > 4 && space !== 'cmyk'", "channels > 5 && space !== 'cmyk'"],
    [
      'signed samples are read',
      "if (depth === 'uchar' || depth === 'ushort') return;",
      "if (depth === 'uchar' || depth === 'ushort' || depth === 'short') return;",
    ],
  ]),
  ...changesOf('data/table.ts', [
    ['the last value of a key counts', 'if (twice !== null)', 'if (twice === path)'],
    ['keys of nested objects are those of the row', 'text === undefined || depth > 1', 'text === undefined'],
    ['doubled quotes stay', "replaceAll('\"\"', '\"')", 'replaceAll(\'""\', \'""\')'],
    ['an empty last cell is lost', "      row.cells.push('');\n", ''],
    ['a carriage return alone ends no line', "character === '\\n' || character === '\\r';", "character === '\\n';"],
    ['CRLF ends two lines', "if (text[at] === '\\r' && text[at + 1] === '\\n') at++;", ''],
    ['a quote behind a blank is part of the cell', 'while (isBlank(text[start], separator)) start++;', ''],
    ['a blank behind a quote is part of the cell', 'while (isBlank(text[at], separator)) at++;', ''],
    ['a tab before a quote is lost in .tsv', 'character !== separator &&', ''],
    ['lines within quotes are not counted', 'line += quoted.match(/\\r\\n?|\\n/g)?.length ?? 0;', ''],
    ['a semicolon is no separator', '/[,;|\\t]/.test(header)', '/[,|\\t]/.test(header)'],
    [
      'rows of another length are read',
      'if (cells.length === columns.length) continue;',
      'if (cells.length <= columns.length + 99) continue;',
    ],
    ['tabs are part of cells', "kind === '.tsv' ? '\\t' : ','", "','"],
    ['column names are case-sensitive', 'own.trim().toLowerCase() === name', 'own.trim() === name'],
    ['two columns of one name are taken', 'if (found.length > 1) {', 'if (found.length > 9) {'],
    ['large numbers are rounded', '!Number.isSafeInteger(value)', 'false'],
    [
      'backslashes stay in paths',
      "replaceAll('\\\\', '/')",
      "replaceAll('\\\\', '\\\\')",
      ['src/data/sources/manifest.test.ts'],
    ],
    [
      'cells of one line go to the next',
      'records.map((record) => names.map((name) => cellOf(record[name])))',
      'records.map((record) => Object.keys(record).map((name) => cellOf(record[name])))',
    ],
    [
      'blank lines are rows',
      "if (row.cells.length > 1 || row.cells[0]!.trim() !== '') rows.push(row);",
      'rows.push(row);',
    ],
    ['lines of blanks are rows', "row.cells[0]!.trim() !== ''", "row.cells[0]! !== ''"],
    ['JSON lines are numbered by records', 'lines.push(i + 1);', 'lines.push(records.length);'],
  ]),
  ...changesOf('data/labels.ts', [
    [
      'decomposed names are other names',
      "replace(/\\s+/g, ' ').normalize('NFC')",
      "replace(/\\s+/g, ' ')",
      [
        'src/data/join-labels.test.ts',
        'src/data/targets.test.ts',
        'src/data/sources/folder.test.ts',
        'src/data/sources/manifest.test.ts',
      ],
    ],
    [
      'negative numbers are classes',
      "name === '' || Number(name.replace('\\u2212', '-')) < 0",
      "name === ''",
      ['src/data/join-labels.test.ts', 'src/data/sources/manifest.test.ts'],
    ],
    [
      'zero is no label',
      "Number(name.replace('\\u2212', '-')) < 0",
      "Number(name.replace('\\u2212', '-')) <= 0",
      TABLE,
    ],
    ['the sign of typesetters is none', "name.replace('\\u2212', '-')", 'name', TABLE],
    ['a no-break space within a name tells it apart', ".replace(/\\s+/g, ' ')", '', TABLE],
    ['zero-width characters tell names apart', "name.replace(INVISIBLE_ENDS, '')", 'name.trim()', TABLE],
    [
      'names lose what is invisible within them',
      '/^[\\s\\p{Cf}\\p{Cc}]+|[\\s\\p{Cf}\\p{Cc}]+$/gu',
      '/[\\s\\p{Cf}\\p{Cc}]+/gu',
      TABLE,
    ],
    [
      'numbers are sorted as words',
      'if (!unique.every((name) => /^\\d+$/.test(name))) return unique;',
      'if (unique.length >= 0) return unique;',
      ['src/data/join-labels.test.ts', 'src/data/sources/folder.test.ts', 'src/data/sources/manifest.test.ts'],
    ],
    [
      'the label 0 is none',
      'if (part[i]! >= 0) values',
      'if (part[i]! > 0) values',
      ['src/data/sources/idx.test.ts', 'src/data/sources/npy.test.ts'],
    ],
    [
      'numbers are in the order of their first image',
      '[...values].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))',
      '[...values]',
      ['src/data/sources/idx.test.ts', 'src/data/sources/npy.test.ts'],
    ],
    [
      'labels of another task are renumbered',
      'if (known === 0) return null;',
      '',
      ['src/data/targets.test.ts', 'src/data/join-labels.test.ts'],
    ],
    [
      'unknown classes are unlabeled',
      'if (unknown.size === 0) return labels;',
      'if (unknown.size === 0 || known > 0) return labels;',
      ['src/data/targets.test.ts', 'src/data/join-labels.test.ts'],
    ],
  ]),
  ...changesOf('data/join-labels.ts', [
    [
      'the last of two labels counts',
      'if (before !== undefined && before !== cells[row]) {',
      'if (before !== undefined && before === cells[row] && row < 0) {',
    ],
    [
      'ids that are not there are passed over in silence',
      'absent.map((id) => ({ id: normalizeId(id), reason }))',
      '[]',
    ],
    ['a row labels one part', ' ?? given.get(labeledAs[i]!) ?? null', ' ?? null'],
    ['the row of the whole comes first', 'given.get(id) ?? given.get(labeledAs[i]!)', 'given.get(labeledAs[i]!)'],
    [
      'what is left out counts as absent',
      'leftOutAs(id) === undefined && leftOutAs(wholeOf(id)) === undefined',
      'leftOut.length >= 0',
    ],
    ['what cannot be read counts as absent', '...(dataset.skipped ?? []).map(({ id }) => id)', ''],
    ['a table for others is for nobody', 'rows.length > 0 && absent.length === 0', 'rows.length < 0'],
    ['ids in another Unicode form are not found', " ?? composed.get(id.normalize('NFC'))", ''],
    [
      'the classes are always those of the table',
      'const { classes, labels } = known ? {',
      'const { classes, labels } = known && names.length < 0 ? {',
    ],
    ['a table that fits nothing is taken', 'if (given.size === 0) throw', 'if (given.size < 0) throw', JOIN],
  ]),
  ...changesOf('data/targets.ts', [
    ['difficult objects are not counted', 'isDifficult === true).length', 'isDifficult === null).length', COCO],
    ['labels that a sample has not are counted', 'value === 1 ? i % length : -1', 'value >= 0 ? i % length : -1', COCO],
    [
      'subsets keep the labels of the first samples',
      'Int32Array.from(positions, (i) => this.labels[i]!)',
      'this.labels.slice(0, positions.length)',
    ],
    [
      'masks are those of the first rows',
      'const rows = Int32Array.from(positions, (i) => this.rows[i]!);',
      'const rows = Int32Array.from(positions, (_, i) => this.rows[i]!);',
    ],
  ]),
  ...changesOf('data/draw.ts', [
    [
      'a part is evenly spaced',
      'new Prng(SEED, count).permutation(count).subarray(0, most).sort()',
      'Int32Array.from({ length: most }, (_, i) => Math.floor((i * count) / most))',
    ],
    [
      'a part is the first',
      'new Prng(SEED, count).permutation(count).subarray(0, most).sort()',
      'Int32Array.from({ length: most }, (_, i) => i)',
    ],
    ['a part is not in its order', '.subarray(0, most).sort()', '.subarray(0, most)'],
    ['a last part is smaller', 'Math.floor((count * part) / parts)', 'Math.min(count, most * part)'],
  ]),
  ...changesOf('data/statistics.ts', [
    [
      'the first images stand for all',
      'collate(drawPart(count, most))',
      'collate(drawPart(Math.min(count, most), most))',
    ],
  ]),
  ...changesOf('data/spec.ts', [
    [
      'measured statistics make another form',
      "const OWN = ['mean', 'std', 'quantiles', 'form', 'room'];",
      "const OWN = ['std', 'quantiles', 'form', 'room'];",
      ['src/data/pair-dataset.test.ts'],
    ],
    [
      'the size makes no form',
      "const OWN = ['mean', 'std', 'quantiles', 'form', 'room'];",
      "const OWN = ['mean', 'std', 'quantiles', 'form', 'room', 'height', 'channels'];",
      ['src/data/pair-dataset.test.ts'],
    ],
  ]),
  ...changesOf('data/dataset.ts', [
    ['nothing is held out', 'if (held.length === 0) {', 'if (held.length < 0) {'],
    [
      'subsets forget what tables call them',
      '...(labeledAs === undefined ? {} :',
      '...(labeledAs !== undefined ? {} :',
      JOIN,
    ],
  ]),
  ...changesOf('data/sound-dataset.ts', [
    ['no table labels a recording', 'labeledAs: owners, owners,', 'owners,', JOIN],
  ]),
  ...changesOf('data/open-sounds.ts', [
    ['sounds beyond the limit are absent', ', [...whole.ids, ...whole.labeledAs]);', ');', JOIN],
  ]),
  ...changesOf('data/open-sounds.ts', [
    [
      'the shortest file settles the length of all sounds',
      'Math.min(DEFAULT_LENGTH, defaultLength(lengths))',
      'Math.min(DEFAULT_LENGTH, ...lengths)',
    ],
  ]),
  ...changesOf('data/groups.ts', [['a group keeps its first item alone', 'else group.push(item);', '']]),
  ...changesOf('data/open-sounds.ts', [
    ['notes on the folder are lost', 'source.name, source.note);\n  checkIndexSize', 'source.name);\n  checkIndexSize'],
    ['what listing skips is lost', '[...unlisted]', '[]'],
  ]),
  ...changesOf(
    'data/pack-file.ts',
    [
      ['splits take no room', '(split === null ? 5 : split.length + 3)', '0'],
      ['an index of any size is begun', 'if (bytes <= MOST_INDEX_BYTES) return;', 'if (bytes > 0) return;'],
    ],
    ['src/data/pack-bad-input.test.ts'],
  ),
  ...changesOf('data/pack.ts', [
    [
      'the size of the index shows at the end',
      'checkIndexSize(drawn, source.name);',
      '',
      ['src/data/pack-bad-input.test.ts'],
    ],
  ]),
  ...changesOf(
    'data/labels.ts',
    [
      ['classes of one name in two cases are not told', 'name.toLowerCase().replace(/^0*', 'name.replace(/^0*'],
      ['classes of one number are not told', ".replace(/^0*(\\d+)(?:\\.0*)?$/, '$1')", ''],
      ['all classes may be one', 'names.length > 1', 'names.length > 0'],
      ['missing values are classes', 'MISSING.has(name.toLowerCase())', "name === ''"],
      ['nothing is said of classes that are alike', 'near !== undefined && near !== name', 'near === name'],
    ],
    ['src/data/dataset.test.ts'],
  ),
  ...changesOf('data/dataset.ts', [
    ['a note stands twice', '!note?.includes(part)', "part !== ''"],
    ['samples of which nothing is known count', 'if (targets.isKnown(i)) known += 1;', 'known += 1;', COCO],
  ]),
  ...changesOf('data/label-sets.ts', [
    [
      'negative numbers are labels',
      'if (isUnlabeled(normalizeName(cell))) return null;',
      "if (normalizeName(cell) === '') return null;",
    ],
    ['negative numbers among labels are labels', '!isUnlabeled(name) &&', "name !== '' &&"],
    ['lists of Python are labels', 'if (list !== undefined) throw', 'if (list === null) throw'],
    ['labels with commas between are one', 'if (several !== undefined) throw', 'if (several === null) throw'],
    ['names with a comma are refused', 'uses.get(part)! > 1', 'uses.get(part)! > 0'],
  ]),
  ...changesOf('data/sample-ranges.ts', [
    [
      'each floating point image has a scale of its own',
      "return header?.depth === 'float' ? highestSample(path, header).catch(unlessUnreadable) : null;",
      'return header && null;',
    ],
    ['images above 1 make a set black', '?? 255;', '?? 1;'],
    ['floating point is found in headers read before alone', '!/\\.tiff?$/i.test(path)', 'path.length > 0'],
    [
      'images of 12 bits are not told',
      'if (images === 0 || highest >= 32) return null;',
      'if (images >= 0) return null;',
    ],
    ['dark images of 8 bits are told', 'images === 0 || highest', 'highest'],
  ]),
  ...changesOf('data/default-length.ts', [
    ['stubs among a few count', 'length >= stub)!', 'length >= 0)!'],
    ['the shortest of many counts', 'Math.floor(SHORTER * sorted.length)', '0'],
  ]),
  ...changesOf('data/open.ts', [['images of another split are absent', ', idsOf(all));', ');', JOIN]]),
];
