/** Changes to the tracing of networks, to their ONNX, to the way back and to search. See scripts/mutate.mjs. */
import { changesOf } from './lib/changes.mjs';

const OPERATORS = ['src/export/onnx/lowerings.test.ts'];
const GRAPHS = ['src/export/onnx/to-onnx.test.ts'];
const TEXTS = ['src/export/onnx/text-graphs.test.ts'];
const FOLDERS = ['src/export/export-encoder.test.ts'];
const PUBLISHED = ['src/export/transformers/export-transformers.test.ts'];
const BACK = ['src/train/load-encoder.test.ts'];
const FOUND = ['src/cli/found.test.ts'];

export const mutations = [
  ...changesOf('train/start-weights.ts', [
    ['parts of blocks are heads', "parts.has(name.split('.')[0]) && !names.has(name)", 'names.has(name)', BACK],
    [
      'scales of layers are not folded',
      'return foldLayerScale(fromTransformers(readSealed(path).tensors));',
      'return fromTransformers(readSealed(path).tensors);',
      BACK,
    ],
  ]),
  ...changesOf('train/start-weights.ts', [
    ['positions of another grid stay as initialized', '|| positions.get(key)?.canFitPositions(given)', ''],
    ['positions are resampled without a word', '    ...fitted,\n', ''],
    ['positions of frames are not found', "name === '' ? 'pos_embed'", "name !== '?' ? 'pos_embed'"],
  ]),
  ...changesOf(
    'backbones/vit.ts',
    [
      [
        'the first patch is the class token',
        "ops.cat([ofClass, given.to('float32')], 1)",
        "ops.cat([given.to('float32'), ofClass], 1)",
      ],
    ],
    BACK,
  ),
  ...changesOf('engine/trace.ts', [
    ['a change in place is overlooked', "operator.split('.')[0]!.endsWith('_')", 'false'],
    [
      'weights lose their names',
      'if (name !== undefined) return { ...formOf(id), name,',
      'if (name === "") return { ...formOf(id), name,',
    ],
    ['the bridge stays wrapped', '    bridge.call = call;\n', ''],
  ]),
  ...changesOf('export/onnx/merge.ts', [
    [
      'constants may differ',
      'if (Buffer.compare(beginning.bytes, other!.bytes) !== 0)',
      'if (beginning === other)',
      GRAPHS,
    ],
    ['sizes may differ', 'if (a * second === b * first && Number.isInteger(a / first))', 'if (first < second)', GRAPHS],
    [
      'steps of a constant may differ',
      'if (Buffer.compare(step, first.bytes.subarray(outer * inner, (outer + 1) * inner)) !== 0)',
      'if (step === first.bytes)',
      GRAPHS,
    ],
    ['all calls are kept', '!call.results.some((result) => wanted.has(result))', 'false', GRAPHS],
    ['changes in place are left out', '!isInPlace(call.operator) && ', '', GRAPHS],
    ['constants are not cut', "if (growsWith(size, 'length') && !growsWith(size, 'batch'))", 'if (dim < 0)', TEXTS],
    ['other operators pass for the same', 'if (operator !== b.operator)', 'if (operator === "")', GRAPHS],
  ]),
  ...changesOf('export/onnx/to-onnx.ts', [
    ['training mode passes', 'const isOn = args.training === true ||', 'const isOn = false &&', GRAPHS],
    ['any size passes', 'if (bytes > MOST_BYTES)', 'if (bytes < 0)', GRAPHS],
    ['the length is not traced', 'Math.floor(mostLength / 2)', 'mostLength', TEXTS],
  ]),
  ...changesOf('export/onnx/check.ts', [
    ['one length is checked', '[mostLength, 1, Math.ceil((2 * mostLength) / 3)]', '[mostLength]', TEXTS],
    ['any difference passes', 'if (worst <= TOLERANCE) return worst;', 'if (worst < 9) return worst;', GRAPHS],
    ['the difference is absolute', 'difference === 0 ? 0 : difference / largest', 'difference', GRAPHS],
    ['NaN passes', 'if (Number.isNaN(difference)) return Number.POSITIVE_INFINITY;', '', GRAPHS],
  ]),
  ...changesOf('export/onnx/graph.ts', [
    ['equal nodes are made again', 'if (known !== undefined) return known;\n    const number', 'const number', TEXTS],
    ['equal constants are kept twice', 'this.constants.get(key) ?? ', '', TEXTS],
    ['types are mixed', 'return from === to ? name :', 'return from !== to ? name :', OPERATORS],
  ]),
  ...changesOf('export/onnx/lowerings/elementwise.ts', [
    [
      'whole numbers are compared as such with fractions',
      '(isValue(other) || Number.isInteger(other))',
      'true',
      OPERATORS,
    ],
  ]),
  ...changesOf('export/onnx/lowerings/layers.ts', [
    ['tokens see what follows', "graph.node('Trilu', [all], { upper: { int: 0 } })", 'all', OPERATORS],
    [
      'pads are on one side',
      'const twice = (values: readonly number[]): number[] => [...values, ...values];',
      'const twice = (values: readonly number[]): number[] => [...values, ...values.map(() => 0)];',
      OPERATORS,
    ],
    ['attention is not scaled', '1 / Math.sqrt(size)', '1', OPERATORS],
    [
      'windows of adaptive pooling are even',
      'Math.ceil(((i + 1) * length) / count)',
      'Math.floor(((i + 1) * length) / count)',
      OPERATORS,
    ],
    ['padding does not count in means', "call.flag('count_include_pad', true) ? 1 : 0", '0', OPERATORS],
  ]),
  ...changesOf('export/onnx/lowerings/recurrent.ts', [
    ['gates keep the order of PyTorch', 'const GRU_GATES = [1, 0, 2];', 'const GRU_GATES = [0, 1, 2];', OPERATORS],
    [
      'the reset gate comes before the product',
      'linear_before_reset: { int: 1 }',
      'linear_before_reset: { int: 0 }',
      OPERATORS,
    ],
  ]),
  ...changesOf('export/onnx/lowerings/shapes.ts', [
    ['windows do not move', 'Math.floor(i / size) * step + (i % size)', '(i % size)', OPERATORS],
    ['edges are exchanged', 'before[dim] = given[2 * i]!;', 'before[dim] = given[2 * i + 1]!;', OPERATORS],
  ]),
  ...changesOf('export/onnx/encoder-graph.ts', [
    [
      'the preparation stays outside the graph',
      'note === undefined && mean !== undefined',
      'mean !== undefined',
      FOLDERS,
    ],
    ['samples are not scaled', 'const samples = input.toSamples(x!);', 'const samples = x!;', FOLDERS],
    [
      'padding keeps its vectors',
      'isReal.logicalNot().unsqueeze(2), 0)',
      'isReal.logicalNot().unsqueeze(2), 1)',
      TEXTS,
    ],
    ['rows are traced without padding', 'Math.round((width * (i + 1)) / (count + 1))', 'width', TEXTS],
    ['the length is free where it is not', 'rows.isFixed === true || ', '', TEXTS],
  ]),
  ...changesOf('export/export-encoder.ts', [
    ['weights are not looked at', '  checkWeights(backbone);\n', '', FOLDERS],
    [
      'readers of folders are named for weights alone',
      "kind === 'folder' || !READ_FOLDERS.includes(library)",
      'library !== undefined',
      FOLDERS,
    ],
  ]),
  ...changesOf('export/export-folder.ts', [
    ['any folder is replaced', 'if (readdirSync(path).length > 0 && !isExport(path))', 'if (path === "")', FOLDERS],
    [
      'old files stay',
      'if (existsSync(target)) renameSync(target, before);',
      'if (existsSync(target)) rmSync(temporary, { recursive: true });',
      FOLDERS,
    ],
  ]),
  ...changesOf('export/transformers/export-transformers.ts', [
    ['the heads are left out', '...head.tensors]', ']'],
    ['the heads may be broken', 'checkWeights(method ?? backbone)', 'checkWeights(backbone)'],
    ['padding has no rows of its own', 'special.pad ?? undefined', 'undefined'],
  ]),
  ...changesOf('export/transformers/config.ts', [
    ['GELU is exact where the code has tanh', "'gelu_new'", "'gelu'", PUBLISHED],
    ['every block of ALBERT is its own', 'new Set(blocks).size', 'blocks.length', PUBLISHED],
    ['positions of padding are not counted', 'length + pad! + 1', 'length', PUBLISHED],
  ]),
  ...changesOf('methods/text/published-heads.ts', [
    [
      'the two layers of the second task change places',
      'under(names.order.pooler, order.pooler)',
      'under(names.order.pooler, order.answer)',
      PUBLISHED,
    ],
  ]),
  ...changesOf('export/transformers/heads.ts', [
    ['the second task makes no difference', "hasOrder ? 'PreTraining' : 'MaskedLM'", "'MaskedLM'", PUBLISHED],
  ]),
  ...changesOf('export/tokenizer-files.ts', [
    ['a second text is of the first segment', 'Number(hasSegments)', '0', PUBLISHED],
    [
      'marks are left out',
      'post_processor: around(tokenizer, begin, end, Number(hasSegments))',
      'post_processor: null',
      FOLDERS,
    ],
    [
      'marks change places',
      "single: [...mark(begin), text('A'), ...mark(end)]",
      "single: [...mark(end), text('A'), ...mark(begin)]",
      FOLDERS,
    ],
  ]),
  ...changesOf('methods/text/padded-ids.ts', [
    ['padding is read', 'ids.maskedFill(isReal.logicalNot(), -1)', 'ids', TEXTS],
  ]),
  ...changesOf('methods/text/word-vectors.ts', [
    [
      'special tokens are words',
      "toInput: (ids, isReal) => wordsOf(ids, spec, 'all').mul(isReal)",
      'toInput: (ids, isReal) => ids.mul(isReal)',
      TEXTS,
    ],
  ]),
  ...changesOf('export/loaders.ts', [
    ['timm gets any width', 'width === PUBLISHED_WIDTH && stem', 'stem', FOLDERS],
    ['timm norms after its mean', "...(isAverage ? { global_pool: 'avg', fc_norm: false } : {}),", '', FOLDERS],
  ]),
  ...changesOf('modalities/exported-pictures.ts', [
    ['gray is a sum of other shares', 'tensor([...LUMA]', 'tensor([0.3, 0.6, 0.3]', FOLDERS],
  ]),
  ...changesOf('train/load-encoder.ts', [
    [
      'a part of a network is a network',
      'if (match.missing.length > 0) throw partOfNetwork',
      'if (match.missing.length < 0) throw partOfNetwork',
      BACK,
    ],
    ['the method is forgotten', 'if (metadata.origin !== undefined) {', "if (metadata.origin === '') {", BACK],
    [
      'words pass for numbers',
      'if (note !== undefined || mean === undefined || std === undefined)',
      'if (mean === undefined || std === undefined)',
      BACK,
    ],
    [
      'the folder is not asked',
      'asked.backbone === undefined ? (said ?? guessed)',
      'asked.backbone === undefined ? guessed',
      BACK,
    ],
  ]),
  ...changesOf('train/layer-scale.ts', [
    [
      'LayerScale scales what a layer reads',
      "gamma.to('float32').unsqueeze(1)",
      "gamma.to('float32').unsqueeze(0)",
      BACK,
    ],
    ['LayerScale leaves the biases', "(old) => old.mul(gamma.to('float32')));", '(old) => old.mul(1));', BACK],
  ]),
  ...changesOf('train/foreign-encoder.ts', [
    ['blocks are not counted', 'variant.width === width && variant.depth === depth', 'variant.width === width', BACK],
    ['deep stems are plain ones', 'if (stem === undefined || name === undefined)', 'if (name === undefined)', BACK],
    [
      'sides of images come from positions with a class token',
      'imageSize: positions.grid * patchSize',
      'imageSize: 224',
      BACK,
    ],
    [
      'networks with other parts are plain ones',
      'if (parts.length === 0) return;',
      'if (parts.length >= 0) return;',
      BACK,
    ],
    [
      'parts beside the blocks are heads',
      'filter((key) => OTHER_PARTS.test(key))',
      "filter((key) => OTHER_PARTS.test('') && key)",
      BACK,
    ],
  ]),
  ...changesOf('train/transformers-names.ts', [
    ['keys and values are exchanged', "['query', 'key', 'value']", "['query', 'value', 'key']", BACK],
    ['norms are exchanged', "layernorm_before: 'norm1'", "layernorm_before: 'norm2'", BACK],
    ['the network alone may stand first', 'if (key !== first && !key', 'if (key !== first || !key', BACK],
    ['what stands before a network is lost', "start.replace(own, '$1') + name", 'name'],
  ]),
  ...changesOf('export/read-embeddings.ts', [
    ['each row group reads all rows', 'file, metadata, rowStart, rowEnd', 'file, metadata'],
    ['labels are left out', "typeof label === 'string' ? label : null", 'null'],
  ]),
  ...changesOf('export/report/gather.ts', [
    [
      'parts of one are neighbors',
      'hasParts ? nearestNeighbors(features, [...ids.keys()], NEIGHBORS, owners) : nearest',
      'nearest',
    ],
    ['pairs of parts of one are chance', ' - pairsBy((i) => owners[i]!)', ' - labeled.length'],
    [
      'pairs of parts of one are of one class by chance',
      'String(labels[i])) - pairsBy(',
      'String(labels[i])) - 0 * pairsBy(',
    ],
  ]),
  ...changesOf('export/report/embedding-file.ts', [
    ['what counts parts of one is kept', 'saved?.hasParts !== undefined &&', 'saved !== null &&'],
  ]),
  ...changesOf(
    'export/report/head.ts',
    [
      [
        'only recorded steps count',
        'last.step = Math.max(last.step, event.step);',
        "if (event.type === 'step') last.step = event.step;",
      ],
    ],
    ['src/export/report/report.test.ts'],
  ),
  ...changesOf('export/report/curves.ts', [
    [
      'what is not finite hides extremes',
      'if (!Number.isFinite(y[i])) {',
      'if (i === from) least = most = i;\n      if (!Number.isFinite(y[i])) {',
    ],
    ['thinned curves lose their gaps', 'if (gap < 0) gap = i;', ''],
    [
      'the points that are drawn are described',
      'const finite = [...curve.y.keys()].filter((i) => Number.isFinite(curve.y[i]!));',
      'const finite = kept.filter((i) => Number.isFinite(curve.y[i]!));',
    ],
  ]),
  ...changesOf('export/pictures/outline.ts', [
    ['texts hold what XML does not allow', '/[\\p{Cc}\\p{Cs}\\ufffe\\uffff]/gu', '/[\\p{Cc}\\p{Cs}]/gu'],
  ]),
  ...changesOf('export/report/report.ts', [
    ['parts of one are left out without a word', '${hasParts &&', '${false &&'],
  ]),
  ...changesOf('search/neighbors.ts', [
    ['candidates are too few', 'const ROUNDING = 1e-5;', 'const ROUNDING = -1e-3;'],
    [
      'the last of equal ones comes first',
      'b.cosine - a.cosine || a.row - b.row',
      'b.cosine - a.cosine || b.row - a.row',
    ],
    ['a query finds itself', 'rows.filter((row) => !own.includes(row))', 'rows.filter((row) => row >= 0)'],
    [
      'a query of several rows finds too few',
      'k + own.reduce((most, rows) => Math.max(most, rows.length), 1)',
      'k + 1',
    ],
    ['NaN is searched for', "    checkFeatures(queries, 'queries');\n", ''],
    ['pairs are found twice', '.triu(1)', '.triu(-1)'],
    ['pairs are read before they are counted', 'isPair.sum().item() > most', 'isPair.nonzero().size(0) > most'],
  ]),
  ...changesOf(
    'cli/search.ts',
    [
      [
        'hits are printed after the sheet',
        'else await printFound(found, textColumn);',
        'else if (sheet === undefined) await printFound(found, textColumn);',
      ],
      ['a folder is taken for a query', 'existsSync(path) && statSync(path).isFile()', 'existsSync(path)'],
      ['a query finds itself behind a prefix', "data.replace(/^[a-z]+:/, '')", 'data'],
      ['a query finds itself behind options', "bare.replace(/\\?[^?]*$/, '')", 'bare'],
      ['a query finds itself where it is all of the data', 'isFile(path) ? dirname(path) : path', 'path'],
    ],
    FOUND,
  ),
  ...changesOf(
    'cli/label.ts',
    [
      [
        'suggestions are printed after the sheet',
        'if (given.json) printJson({ encoder: path, strategy, suggestions: told });',
        'if (sheet !== undefined) void 0;',
      ],
    ],
    FOUND,
  ),
  ...changesOf(
    'cli/duplicates.ts',
    [['groups are printed after the sheet', 'if (given.json) {', 'if (given.json || sheet !== undefined) {']],
    FOUND,
  ),
  ...changesOf('cli/queries.ts', [
    ['the first part stands for a whole text', 'if (rows.length === 1) return', 'if (rows.length > 0) return'],
    [
      'what was written stays',
      'const remove = () => rmSync(folder, { recursive: true, force: true });',
      'const remove = () => {};',
    ],
    ['a text takes the place of another', 'owners[row] === name', 'owners[row] !== name'],
  ]),
  ...changesOf('search/duplicates.ts', [
    ['groups are not joined through others', 'parent[Math.max(a, b)] = Math.min(a, b);', 'parent[other] = row;'],
    [
      'others do not count',
      'Math.max(quantile(same, 1 - WANTED), quantile(others, 1 - BY_CHANCE))',
      'quantile(same, 1 - WANTED)',
    ],
  ]),
  ...changesOf('search/suggest.ts', [
    [
      'the least typical comes first',
      '.sort((a, b) => b.score - a.score || a.row - b.row);',
      '.sort((a, b) => a.score - b.score || a.row - b.row);',
    ],
    ['labels do not count', 'labeled[a]! - labeled[b]! ||', '0 ||'],
    ['a cluster is compared at once', 'const CHUNK = 512;', 'const CHUNK = 2 ** 30;'],
    ['a chunk is compared with itself alone', 'part.mm(own.t())', 'part.mm(part.t())'],
    ['the nearest is diverse', 'nearest[candidate]! < nearest[row]!', 'nearest[candidate]! > nearest[row]!'],
    ['the surest is uncertain', 'margins.sort((a, b) => a.score - b.score', 'margins.sort((a, b) => b.score - a.score'],
  ]),
];
