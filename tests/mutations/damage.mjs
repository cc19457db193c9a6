/** Changes to what guards files that are read back: seals, checksums, bounds, locks. See scripts/mutate.mjs. */
import { changesOf } from './lib/changes.mjs';

const PREVIEWS = ['src/train/previews.test.ts'];
const RECORDS = ['src/data/records.test.ts'];
const DECODE = ['src/data/decode.test.ts'];

export const mutations = [
  ...changesOf('json.ts', [
    ['JSON may be as deep as it likes', 'if (depth === MOST_LEVELS)', 'if (depth < 0)'],
    ['a seal fits anything', '? sum === sumOf(values) : null', '? true : null'],
    ['values without a seal are refused', 'Object.hasOwn(given, SEAL) ?', 'true ?'],
  ]),
  ...changesOf('files.ts', [
    ['pipes are opened', 'if (!statSync(path).isFile())', 'if (statSync(path).isDirectory())'],
    ['temporary names are those of other containers', 'randomBytes(8)', 'randomBytes(0)'],
    [
      'temporary names with random digits stay',
      '(?:-[0-9a-f]+)?$/',
      '$/',
      ['src/files.test.ts', 'src/train/checkpoint.test.ts'],
    ],
    [
      'what cannot be cleaned hides what went wrong',
      'if (existsSync(path)) rmSync(path, { recursive: true, force: true });',
      'rmSync(path, { recursive: true, force: true });',
      ['src/files.test.ts', 'src/engine/safetensors.test.ts'],
    ],
  ]),
  ...changesOf('engine/safetensors.ts', [
    [
      'folders that cannot be synced fail whole files',
      "if (!UNSYNCED.includes(systemCode(error) ?? '')) throw",
      'throw',
    ],
    ['a broken disk is overlooked', "if (!UNSYNCED.includes(systemCode(error) ?? '')) throw error;", ''],
  ]),
  ...changesOf('engine/sealed-safetensors.ts', [
    ['changed elements are read', 'if (sha256 === digest(tensors, metadata)) return', 'if (sha256.length > 0) return'],
    ['metadata are not sealed', 'hash.update(JSON.stringify(sorted(Object.entries(metadata))));', ''],
    [
      'every sha256 is a seal',
      "format.startsWith('autodidact-') || preparation !== undefined",
      'format !== preparation',
    ],
  ]),
  ...changesOf('train/run-config.ts', [
    ['a changed configuration is read', 'if (isIntact === false)', 'if (isIntact === null && json.format === 0)'],
  ]),
  ...changesOf('train/config.ts', [
    [
      'configurations of before are refused',
      '    .default(CHECKPOINT_MINUTES)\n',
      '',
      ['src/train/run-config.test.ts'],
    ],
  ]),
  ...changesOf('train/run.ts', [
    ['long epochs are not saved', 'if (this.isSaveDue) this.save();', '', ['tests/run-damage.test.ts']],
    [
      'epochs are saved after every step',
      'return checkpointMinutes > 0 && performance',
      'return checkpointMinutes >= 0 || performance',
      ['tests/run-damage.test.ts'],
    ],
  ]),
  ...changesOf('train/start-weights.ts', [
    [
      'damaged encoders are started from',
      "if (extname(path) === '.safetensors') return foldLayerScale(fromTransformers(readSealed(path).tensors));",
      "if (extname(path) === '.safetensors') return foldLayerScale(fromTransformers(readSafetensors(path).tensors));",
    ],
  ]),
  ...changesOf('train/run-lock.ts', [
    [
      'work under a lock is done at once by all',
      'const lock = takeWithin(path, EXCLUSIVE_WAIT_MS);',
      'const lock = takeWithin(path, 0);',
    ],
    [
      'the lock of another machine stops work',
      'return undefined;\n}\n\nconst pause',
      "throw new Error('locked');\n}\n\nconst pause",
    ],
  ]),
  ...changesOf('train/preview-files.ts', [
    [
      'pictures of another size are read',
      'if (pixels.width !== width || pixels.height !== height)',
      'if (pixels.width < 0)',
      PREVIEWS,
    ],
    [
      'other pictures are read',
      'if (name !== undefined && name !== nameByContent(pixels))',
      'if (name === nameByContent(pixels) + file)',
      PREVIEWS,
    ],
  ]),
  ...changesOf('data/pack-file.ts', [
    ['a changed index is used', 'if (isIndexIntact !== true) return null;', '', RECORDS],
    [
      'changed masks and offsets are used',
      'of Object.entries(index.checksums)) {',
      "of Object.entries({ '': index.checksums['']! })) {",
      RECORDS,
    ],
    ['only the records tell packs apart', "if (ending !== '.masks') hash", "if (ending === '') hash", RECORDS],
    ['a record may end anywhere', 'this.offsets.push(this.items);', 'this.offsets.push(this.items + 1n);', RECORDS],
  ]),
  ...changesOf(
    'data/pack-marks.ts',
    [['all masks stay in memory', 'add(id: string, { mask: _, ...marks }: Marks)', 'add(id: string, marks: Marks)']],
    ['src/data/pack-marks.test.ts'],
  ),
  ...changesOf(
    'data/block-file.ts',
    [
      ['what is left is not written', 'if (this.filled > 0) this.putBlock();', ''],
      ['a block is filled while it is written', 'await this.current.done;', ''],
      [
        'the disk need not have the last blocks',
        'await Promise.all(this.slots.map(({ done }) => done));\n    try',
        'try',
      ],
      ['blocks are written over each other', 'index * BLOCK_BYTES + at', 'at'],
      ['what the disk did not take is lost', 'at += bytesWritten;', 'at += block.length;'],
    ],
    ['src/data/checksums.test.ts'],
  ),
  ...changesOf('data/records.ts', [
    ['a file that was cut is read', 'if (size < bytes) throw', 'if (size < 0) throw'],
    ['bytes behind the end are zero', 'if (read < bytes.length) throw', 'if (read < 0) throw'],
  ]),
  ...changesOf('data/image-header.ts', [
    ['a GIF may announce anything', 'gif: (pixels) => (pixels / 4096) * 1.5,', '', DECODE],
    [
      'a TIFF may announce anything',
      "format === 'tiff' && needed > CREDIBLE_BYTES",
      "format === 'svg' && needed > CREDIBLE_BYTES",
      DECODE,
    ],
    ['flat images are no images', 'const MOST_GROWTH = 50_000;', 'const MOST_GROWTH = 50;', DECODE],
  ]),
  ...changesOf('data/fetch.ts', [
    ['what is being fetched is removed', 'Math.max(...entries) > STALE_MS', 'Math.max(...entries) >= 0'],
    [
      'other folders are removed',
      'if (!/^\\..+-\\w{6}$/.test(name)) continue;',
      'if (!/-\\w{6}$/.test(name)) continue;',
    ],
  ]),
  ...changesOf('data/table.ts', [
    [
      'objects say what their text is',
      "value == null || typeof value === 'object' ? '' : String(value)",
      "value == null ? '' : String(value)",
    ],
  ]),
  ...changesOf('backbones/read-options.ts', [
    [
      'a changed description is read',
      'parsed.success && isIntact !== false',
      'parsed.success',
      ['src/networks/content-network.test.ts'],
    ],
  ]),
];
