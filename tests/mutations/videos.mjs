/** Changes to the reading of videos, the drawing of clips and the generated sprites. See scripts/mutate.mjs. */
import { changesOf } from './lib/changes.mjs';

const DECODE = ['src/data/video/decode-video.test.ts'];
const OPEN = ['src/data/open-clips.test.ts'];
const SPRITES = ['src/data/synthetic/sprites.test.ts'];
const TRAINING = ['tests/video-training.test.ts'];

export const mutations = [
  ...changesOf('data/clip-dataset.ts', [
    ['every epoch draws the same clips', 'new Prng(draw.seed, draw.epoch, index)', 'new Prng(draw.seed, index)'],
    ['all videos draw alike', 'new Prng(draw.seed, draw.epoch, index)', 'new Prng(draw.seed, draw.epoch)'],
    ['the last start is never drawn', '.below(starts);', '.below(Math.max(1, starts - 1));'],
    ['the middle is the start', '(starts - 1) >> 1', '0'],
    ['the frame before is taken, not the nearest', 'low - 1 : low;', 'low - 1 : low > 0 ? low - 1 : low;'],
    [
      'of two frames that are as near the later is taken',
      '<= times[low]! - wanted + TIE',
      '< times[low]! - wanted - TIE',
    ],
    ['frames of a stretch are counted from its own start', 'return from + nearest(', 'return nearest(', OPEN],
    ['no table labels the frames of a video', 'Array.from(videos, (video) => labeledAs[video]!)', '[]', OPEN],
    ['statistics see the first frames alone', 'to - (ends[sample]! - place)', 'to - 1'],
  ]),
  ...changesOf('data/sources/video-folder.ts', [
    [
      'parts are copied for every row',
      'else known.push(row);',
      'else files.set(row.id, [...known, row]);',
      OPEN,
      'the same parts are found; only the time grows with the square of the rows',
    ],
  ]),
  ...changesOf('data/open-clips.ts', [
    [
      'stretches of one video are parted',
      'owners: samples.map(({ entry }) => source.entries[entry]!.id)',
      'owners: samples.map(({ id }) => id)',
      OPEN,
    ],
    [
      'the shortest video settles the frames of all clips',
      'Math.max(1, defaultLength(counts))',
      'Math.max(1, Math.min(...counts))',
      OPEN,
    ],
    ['no table labels a cut video', '    labeledAs: samples.map(({ part }) => part.id),\n', '', OPEN],
    [
      'videos of another split are absent',
      'joinLabels(dataset, options.labels, await videoNames(spec, options))',
      'joinLabels(dataset, options.labels)',
      OPEN,
    ],
    ['long videos are not cut', 'seconds > 0 ? Math.max(1, Math.floor(length / seconds)) : 1;', '1;'],
    ['samples of one video have the same start', 'start + (bounds.length * length) / parts', 'start'],
    ['a part begins with its video', 'return [before(range.from), before(range.to)];', 'return [0, before(range.to)];'],
    ['short videos stay', 'if (fitsClip(own, form)) samples', 'if (own.length > 0) samples'],
    ['flaws are not told', 'partial: flaws,', 'partial: [],'],
    [
      'the limit bounds files alone',
      'limit === undefined || images.count <= limit ? images',
      'limit !== undefined ? images',
    ],
  ]),
  ...changesOf('data/video/decode-arguments.ts', [
    ['every frame is kept', '`isnan(prev_selected_t)+gt(', '`1+gt(', DECODE],
    ['frames are dropped when they come a rounding too early', '+0.001)`', '-0.001)`', DECODE],
    ['the upper left is kept in place of the middle', "h='min(ih,iw*sar)'\"", "h='min(ih,iw*sar)':x=0:y=0\"", DECODE],
    ['play lists are read', "'-format_whitelist', FORMATS]", "'-y']", DECODE],
    ['files of any length are read', "'-frames:v', String(most)]", "'-y']", DECODE],
    ['the whole file is read for a part', '(range === undefined ? []', '(range !== null ? []', DECODE],
  ]),
  ...changesOf('data/video/decode-result.ts', [
    ['an early end is not told', 'if (!isShort && code === 0 && !failed) return null;', 'return null;', DECODE],
    ['a variable rate is an early end', 'const isMissing = ', 'const isMissing = true || ', DECODE],
    ['a full disk is the fault of the video', 'No space left on device|', '', DECODE],
    [
      'times that run backwards stay',
      'found[i] = time > before || (i === 0 && Number.isFinite(time)) ? time : before + 1 / rate;',
      'found[i] = time;',
      DECODE,
      'FFmpeg drops such frames itself; this is for files without times',
    ],
  ]),
  ...changesOf('data/video/decode-video.ts', [
    [
      'a killed program is the fault of the video',
      'if (signal !== null && !silent) throw killed(path, signal);',
      '',
      DECODE,
    ],
    ['an interruption is the end of the video', 'if (options.signal?.aborted) throw', 'if (kept < 0) throw', DECODE],
  ]),
  ...changesOf('data/video/ffmpeg-log.ts', [
    ['rotated videos lie', 'Math.abs(this.rotation) % 180 === 90', 'false', DECODE],
    ['pixels are square', 'across > 0 && down > 0 ? across / down : 1', '1', DECODE],
    ['a late start is a part of the length', 'this.announcesEnd && start < seconds', 'false', DECODE],
    ['all files announce their end', 'this.announcesEnd && start < seconds', 'start < seconds', DECODE],
  ]),
  ...changesOf('data/video/pack-videos.ts', [
    [
      'changed files are taken from the cache',
      'add([source.entries[entry]!.id, identity]);',
      'add([source.entries[entry]!.id]);',
      OPEN,
    ],
    [
      'all rates share one pack',
      '[PACKER, PACK_VERSION, content, shape, rate]',
      '[PACKER, PACK_VERSION, content, shape]',
      OPEN,
    ],
    ['what fails leaves a part behind', 'await writer.abandon();', '', OPEN],
  ]),
  ...changesOf('data/synthetic/sprites.ts', [
    [
      'the flow forgets the camera',
      '[this.camera[from]!, this.camera[to]!]',
      '[this.camera[from]!, this.camera[from]!]',
      SPRITES,
    ],
    ['hidden points count as seen', 'owners[Math.floor(y) * size + Math.floor(x)] === part + 1', 'true', SPRITES],
    [
      'sprites on a torus are cut off at the edge',
      'return [nearest - size, nearest, nearest + size];',
      'return [nearest];',
      SPRITES,
    ],
    ['the flow on a torus jumps at the edge', 'px + size * Math.round((x - px) / size)', 'px', SPRITES],
    ['masks number parts', '1 + this.parts[owner - 1]!.sprite', 'owner', SPRITES],
  ]),
  ...changesOf('data/synthetic/sprite-motion.ts', [
    ['left is right', "(kind === 'left' ? -1 : 1) * length", "(kind === 'left' ? 1 : 1) * length", SPRITES],
    ['gravity loses nothing', 'const FRICTION = 0.75;', 'const FRICTION = 1;', SPRITES],
    [
      'paths on a torus begin in the middle',
      'const [x, y] = [size * random.uniform(), size * random.uniform()];',
      'const [x, y] = [size / 2, size / 2];',
      SPRITES,
    ],
    ['static sprites move', "if (motion === 'static') return [0, 0];", '', SPRITES],
  ]),
  ...changesOf('augment/over-frames.ts', [
    [
      'colors change frame by frame',
      "if (fold === 'apart') return clips.reshape([count * frames, channels, height, width]);",
      "if (fold !== 'channels') return clips.reshape([count * frames, channels, height, width]);",
    ],
    [
      'frames are shuffled',
      '.permute([0, 2, 1, 3, 4]).reshape([count, channels, frames * height, width])',
      '.reshape([count, channels, frames * height, width])',
    ],
  ]),
  ...changesOf('train/run.ts', [
    [
      'training sees the middle of each video',
      'this.dataset.collate(part, draw)',
      'this.dataset.collate(part)',
      TRAINING,
    ],
    ['all epochs see the same clips', 'epoch: this.state.position.epoch };', 'epoch: 0 };', TRAINING],
  ]),
  ...changesOf('train/open-settled.ts', [
    [
      'a method gets clips of any length',
      'asked: (isSmall) => askedFor(needsOf(definition, options, isSmall), usual),',
      'asked: () => usual,',
      TRAINING,
    ],
    ['what the data settle changes no clips', 'recipe,\n    asked', "recipe: 'small',\n    asked", TRAINING],
  ]),
  ...changesOf('data/sources/synthetic-sprites.ts', [
    [
      'gray sprites keep their colors',
      'channels === 1 ? grayBytes(video.frame(t)) : video.frame(t)',
      'video.frame(t)',
      ['src/data/open-clips.test.ts'],
    ],
  ]),
];
