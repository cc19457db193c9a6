/**
 * Changes to transforms, and to the views that methods make of them. See scripts/mutate.mjs. One list, since `npm run mutate augment` takes all
 * changes to a room by its name.
 */
import { changesOf } from './lib/changes.mjs';

const EGOMOTION = ['src/methods/image/geometric/egomotion.test.ts'];

export const mutations = [
  ...changesOf('data/luma.ts', [
    [
      'red and blue weigh the other way round',
      '[0.299, 0.587, 0.114]',
      '[0.114, 0.587, 0.299]',
      ['src/augment', 'src/data/open-clips.test.ts'],
    ],
  ]),
  ...changesOf('augment/color.ts', [
    [
      'images are jittered with probability 1 - p',
      'if (row[0]! >= p) return [];',
      'if (row[0]! < 1 - p === false) return [];',
    ],
    ['the first operation never moves', 'Math.floor(row[size + k]! * (k + 1))', 'Math.floor(row[size + k]! * k) + 1'],
    ['contrast is against the mean of the batch', 'gray.mean([1, 2, 3], true)', 'gray.mean([0, 1, 2, 3], true)'],
    ['contrast is against black', '.mul_(rest(contrast));\n    blended', '.mul_(0);\n    blended'],
    [
      'saturation is against the mean',
      'gray.mul(rest(saturation)).add_(mean)',
      'gray.mean([2, 3], true).mul(rest(saturation)).add_(mean)',
    ],
    ['the factor may not fall below 0.5', 'Math.max(least, neutral - strength)', 'Math.max(0.5, neutral - strength)'],
    ['the hue turns the other way', '=> turn - own)', '=> -turn - own)'],
    ['the hue turns half as far', 'chromaShares(hue.add(shifts))', 'chromaShares(hue.add(shifts.div(2)))'],
    ['nothing is clamped after a step', 'return blended.clamp_(0, 1);', 'return blended;'],
    ['pixels at the threshold stay', 'part.ge(threshold)', 'part.gt(threshold)'],
    [
      'dark pixels are inverted',
      'ops.where(part.ge(threshold), part.rsub(1), part)',
      'ops.where(part.ge(threshold), part, part.rsub(1))',
    ],
    ['normalization multiplies', '.div_(perChannel(std, images))', '.mul_(perChannel(std, images))'],
    [
      'gray images keep one channel of their color',
      'red.mul(LUMA[0]).add_(green, { alpha: LUMA[1] })',
      'red.mul(LUMA[0]).add_(red, { alpha: LUMA[1] })',
    ],
  ]),
  ...changesOf('augment/crop.ts', [
    ['halves are rounded up', 'rest === 0.5 && floor % 2 === 1', 'rest === 0.5'],
    [
      'the ratio is uniform, not its logarithm',
      'between(Math.log(options.ratio[0]), Math.log(options.ratio[1]), row[2 * attempt + 1]!)',
      'Math.log(between(options.ratio[0], options.ratio[1], row[2 * attempt + 1]!))',
    ],
    [
      'the side is uniform, not the area',
      'between(options.scale[0], options.scale[1], row[2 * attempt]!)',
      'between(options.scale[0] ** 0.5, options.scale[1] ** 0.5, row[2 * attempt]!) ** 2',
    ],
    [
      'crops are tall where they should be wide',
      'roundHalfEven(Math.sqrt(area * Math.exp(logRatio)))',
      'roundHalfEven(Math.sqrt(area / Math.exp(logRatio) ** 2))',
    ],
    [
      'crops never reach the last row',
      'Math.floor(row[2 * TRIES]! * (height - boxHeight + 1))',
      'Math.floor(row[2 * TRIES]! * (height - boxHeight))',
    ],
    ['a crop is tried once', 'const TRIES = 10;', 'const TRIES = 1;'],
    ['crops flip with probability 1 - p', 'row[2 * TRIES + 2]! < options.flip', 'row[2 * TRIES + 2]! >= options.flip'],
    ['the central box begins at the corner', 'Math.floor((height - boxHeight) / 2)', '0'],
    [
      'the longer side is scaled to the size',
      'height <= width ? [size, longer] : [longer, size]',
      'height > width ? [size, longer] : [longer, size]',
    ],
    [
      'the random crop stays in the upper half',
      'Math.floor(draws(i)[0]! * (height - size + 1))',
      'Math.floor((draws(i)[0]! * (height - size + 1)) / 2)',
    ],
    [
      'bicubic results overshoot',
      'ops.upsampleBicubic2dAa(images, target, false).clamp_(0, 1)',
      'ops.upsampleBicubic2dAa(images, target, false)',
    ],
  ]),
  ...changesOf('augment/filter.ts', [
    ['the Gaussian is wider', '-0.5 / Math.max(sigma, 1e-3) ** 2', '-0.25 / Math.max(sigma, 1e-3) ** 2'],
    [
      'the kernel has two taps less',
      'return 2 * Math.max(1, Math.floor(Math.floor(fraction * side + 1e-9) / 2)) + 1;',
      'return 2 * Math.max(1, Math.floor(Math.floor(fraction * side + 1e-9) / 2) - 1) + 1;',
    ],
    ['0.29 x 100 falls below 29', 'fraction * side + 1e-9', 'fraction * side'],
    ['images are blurred with probability 1 - p', 'chance < options.p ? between', 'chance >= options.p ? between'],
    ['sigma is the largest of its range', 'between(options.sigma[0], options.sigma[1], place)', 'options.sigma[1]'],
    [
      'the gradients are swapped',
      '[1, 0, -1, 2, 0, -2, 1, 0, -1, 1, 2, 1, 0, 0, 0, -1, -2, -1]',
      '[1, 2, 1, 0, 0, 0, -1, -2, -1, 1, 0, -1, 2, 0, -2, 1, 0, -1]',
    ],
    [
      'noise is drawn with the variance for its deviation',
      'draws(i)[0]! < p ? std : 0',
      'draws(i)[0]! < p ? std ** 2 : 0',
    ],
  ]),
  ...changesOf('augment/geometry.ts', [
    ['images are turned clockwise', 'images.rot90(turns, [2, 3])', 'images.rot90(turns, [3, 2])'],
    ['images are mirrored top to bottom', 'part.flip([3])', 'part.flip([2])'],
    ['moves are half as far', 'Math.floor(top * (2 * padding + 1))', 'Math.floor(top * (padding + 1))'],
    [
      'an image that is not moved comes from the corner',
      'return { top: padding, left: padding };',
      'return { top: 0, left: 0 };',
    ],
    ['the edge is repeated in the reflection', '2 * (length - 1) - inside', '2 * length - 1 - inside'],
    ['holes lie within the image', 'Math.floor(y * height) - Math.floor(side / 2)', 'Math.floor(y * (height - side))'],
    ['holes are a pixel too high', 'y.lt(bound(', 'y.le(bound('],
  ]),
  ...changesOf('augment/patches.ts', [
    ['patches are cut from the next image', 'Math.floor(i / perImage) * height + top', '(i % count) * height + top'],
    [
      'the side is uniform, not the number of pixels',
      'Math.floor(Math.sqrt(between(least ** 2, Math.max(least, side - 1) ** 2, draw)))',
      'Math.floor(between(least, Math.max(least, side - 1), draw))',
    ],
    ['pixels are not brought back up', 'return up.bmm(down);', 'return up.bmm(up.transpose(1, 2));'],
  ]),
  ...changesOf('augment/resample.ts', [
    [
      'nothing is smoothed before it is made small',
      'scale.clampMin(1)',
      'scale.clampMax(1)',
      ['src/augment/crop.test.ts'],
    ],
    [
      "the bicubic kernel is OpenCV's",
      'far.square().mul_(far.sub(1)).mul_(0.5)',
      'far.square().mul_(far.sub(1)).mul_(0.75)',
      ['src/augment/crop.test.ts'],
    ],
    [
      'mirrored crops are shifted by a pixel',
      'isReversed ? output - 0.5 : 0.5',
      'isReversed ? output + 0.5 : 0.5',
      ['src/augment/crop.test.ts'],
    ],
    ['pixels beside the box count', '.mul_(length.sub(pixels).clamp_(0, 1))', '', ['src/augment/crop.test.ts']],
    [
      'pixel centers lie at whole numbers',
      'table[2 * count + i] = isReversed ? output - 0.5 : 0.5',
      'table[2 * count + i] = isReversed ? output - 0.5 : 0',
      ['src/augment/crop.test.ts'],
    ],
  ]),
  ...changesOf('augment/transform.ts', [
    [
      'parts come back in the order of their groups',
      'back[i] = BigInt(position++)',
      'back[position] = BigInt(position++)',
    ],
    ['bytes are divided by 256', ".to('float32').div_(255)", ".to('float32').div_(256)"],
    [
      'draws lie between high and low',
      'low + (high - low) * draw',
      'low + (low - high) * draw',
      ['src/augment/color.test.ts'],
    ],
  ]),
  ...changesOf('augment/presets.ts', [
    [
      "BYOL's second view is never solarized",
      '(view === 2 ? [solarize({ p: 0.2 })] : [])',
      '(view === 1 ? [solarize({ p: 0.2 })] : [])',
    ],
    ["BYOL's blurs are swapped", 'p: view === 1 ? 1 : 0.1', 'p: view === 2 ? 1 : 0.1'],
    [
      'the jitter of MoCo v2 is always applied',
      'brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1, p: 0.8',
      'brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1',
    ],
    ['MoCo v1 turns the hue by a tenth', 'hue: 0.4 }', 'hue: 0.1 }'],
    ["SimCLR's hue is as strong as its other colors", 'hue: 0.2 * strength', 'hue: most'],
  ]),
  ...changesOf('augment/distortion.ts', [
    ['the jitter is always applied', 'hue, p: 0.8 }', 'hue }'],
    [
      'gray comes before the jitter',
      '    ...(colorStrength > 0 ? [colorJitter({ brightness, contrast, saturation, hue, p: 0.8 })] : []),\n    ...(grayProbability > 0 ? [grayscale(grayProbability)] : []),\n',
      '    ...(grayProbability > 0 ? [grayscale(grayProbability)] : []),\n    ...(colorStrength > 0 ? [colorJitter({ brightness, contrast, saturation, hue, p: 0.8 })] : []),\n',
    ],
    ['the mild jitter has the strong hue', '[0.4, 0.4, 0.2, 0.1]', '[0.4, 0.4, 0.2, 0.2]'],
  ]),
  ...changesOf('methods/views/two-views.ts', [
    [
      'both views are the same',
      'augment(ops.cat([samples, samples], 0), random)',
      'ops.cat([augment(samples, random)].flatMap((view) => [view, view]), 0)',
    ],
    [
      'the pair of BYOL is the first view twice',
      'byolView({ ...options, view: 2 })',
      'byolView({ ...options, view: 1 })',
    ],
  ]),
  ...changesOf('methods/views/small-and-large.ts', [
    ['the comparison is made from the large image', 'resize({ size: side })(small)', 'large'],
  ]),
  ...changesOf('augment/multi-crop.ts', [
    [
      'crops come image by image',
      'ops.cat(Array<Tensor>(count).fill(samples), 0)',
      'samples.repeatInterleave(count, 0)',
    ],
    ['small crops are not mirrored', 'interpolation, flip: 0.5', 'interpolation, flip: 0'],
  ]),
  ...changesOf('methods/views/small-crops.ts', [
    ['small crops are as large as large ones', 'scale: [minimumScale, boundaryScale]', 'scale: [minimumScale, 1]'],
  ]),
  ...changesOf('augment/patch-shift.ts', [
    ['the frame is half as wide', 'const inner = side - 2 * border;', 'const inner = side - border;'],
  ]),
  ...changesOf('methods/image/patches/permutations.ts', [
    ['the root of -1 is one of 1', '(a * c + 2 * b * d) % 3', '(a * c + b * d) % 3'],
    [
      'the least distance is sought',
      'score > bestScore && isTaken[i] === 0',
      '(bestScore < 0 || score < bestScore) && isTaken[i] === 0',
    ],
    ['the inverse is the permutation itself', 'inverse[cell] = i', 'inverse[i] = cell'],
  ]),
  ...changesOf('methods/image/patches/blocks.ts', [
    [
      'opposite answers are the same',
      'layout.labels.push(label, PAIRS - 1 - label)',
      'layout.labels.push(label, label)',
    ],
    ['patches are not jittered sideways', 'move(draw[3 + 2 * k]!)', 'jitter'],
    ['the first pair of a line is always asked about', '! < 0.5 ? 0 : 1]', '! < 2 ? 0 : 1]'],
  ]),
  ...changesOf('methods/image/patches/jigsaw.ts', [
    [
      'the colors of gray images are shifted',
      'const cut = toFloat(cutTiles(samples, this.cuts, random));',
      'const cut = toFloat(cutTiles(grayChosen(toFloat(samples), isGray), this.cuts, random));\n    isGray.fill(false);',
    ],
  ]),
  ...changesOf('methods/image/patches/tiles.ts', [
    [
      'the tile lies in the corner of its cell',
      'Math.min(upTo(spare, place) + upTo(channelJitter, shift), spare)',
      'Math.min(upTo(channelJitter, shift), spare)',
      ['src/methods/image/patches/jigsaw.test.ts'],
    ],
    [
      'all colors shift together',
      'inCell(draw[0]!, draw[2 + 2 * c]!)',
      'inCell(draw[0]!, draw[2]!)',
      ['src/methods/image/patches/jigsaw.test.ts'],
    ],
    [
      'cells go down the columns',
      'top: top + Math.floor(k / 3) * cell',
      'top: top + (k % 3) * cell',
      ['src/methods/image/patches/jigsaw.test.ts'],
    ],
  ]),
  ...changesOf('augment/color-shortcuts.ts', [
    [
      'the noise is as strong as the signal',
      'const NOISE = 1 / 100;',
      'const NOISE = 1;',
      ['src/methods/image/patches/patch-position.test.ts'],
    ],
    [
      'gray is projected away',
      '(i === j ? 1 : 0) - (row * column) / square',
      '(row * column) / square',
      ['src/augment/color-shortcuts.test.ts'],
    ],
    [
      'each color has unit power',
      '.mean([1, 2, 3], true)',
      '.mean([2, 3], true)',
      ['src/methods/image/patches/patch-position.test.ts'],
    ],
  ]),
  ...changesOf('methods/masks/masks.ts', [
    ['the central block has its share of the side', 'side * Math.sqrt(share)', 'side * share'],
    ['blocks are half as large', '(0.5 + 0.5 * draw)', '(0.5 * draw)'],
    ['regions hide exactly their share', '(0.8 + 0.4 * draws(i)[0]!)', '1'],
  ]),
  ...changesOf('methods/masks/token-blocks.ts', [
    ['the context sees the targets', '.filter((patch) => !taken.has(patch))', ''],
    [
      'blocks are wide where they should be tall',
      'clipped(Math.sqrt(area * ratio)), width: clipped(Math.sqrt(area / ratio))',
      'clipped(Math.sqrt(area / ratio)), width: clipped(Math.sqrt(area * ratio))',
    ],
    ['the end of the context is cut off', 'spread(seen, shortest)', 'seen.slice(0, shortest)'],
  ]),
  ...changesOf('augment/lab.ts', [
    ['a and b are swapped', 'fx.sub(fy).mul(500), fy.sub(fz).mul(200)', 'fy.sub(fz).mul(200), fx.sub(fy).mul(500)'],
    ['the gamma is 2.2', '.clampMin(0).pow(2.4)', '.clampMin(0).pow(2.2)'],
    [
      'rows are skipped, columns are not',
      '.slice(2, 0, null, stride).slice(3, 0, null, stride)',
      '.slice(2, 0, null, stride)',
    ],
  ]),
  ...changesOf('augment/single-channel.ts', [
    ['the first channel is always kept', 'Math.floor(draws(image)[0]! * 3)', '0'],
  ]),
  ...changesOf('augment/standardize.ts', [
    ['flat channels are blown up', 'const LEAST_STD = 1 / 255;', 'const LEAST_STD = 1e-12;'],
  ]),
  ...changesOf('augment/patch-changes.ts', [
    [
      'patches are scaled uniformly',
      'Math.exp(strength * (Math.log(low) + (Math.log(high) - Math.log(low)) * draw))',
      '1 + strength * (low + (high - low) * draw - 1)',
      ['src/augment/patch-changes.test.ts'],
    ],
    [
      'patches move down instead of right',
      '(1 + 2 * right) * side',
      '(1 + 2 * down) * side',
      ['src/augment/patch-changes.test.ts'],
    ],
    [
      'patches are turned about the corner of the image',
      '[cos / width, -sin / width,',
      '[cos / width, sin / width,',
      ['src/augment/patch-changes.test.ts'],
    ],
    [
      'flat places are likelier',
      'sobel()(images).square().sum([1], true)',
      'sobel()(images).square().sum([1], true).add(1e-3).reciprocal()',
      ['src/augment/patch-changes.test.ts'],
    ],
    [
      'contrast acts on colors, not on their components',
      'const components = columns.to(patches.device);',
      'const components = ops.eye(columns.size(0), { device: patches.device });',
      ['src/augment/patch-changes.test.ts'],
    ],
  ]),
  ...changesOf('methods/image/geometric/rotation.ts', [
    ['images are turned by twice the angle', 'rotate90(images, angle / 90)', 'rotate90(images, angle / 45)'],
    [
      'each rotation is cropped by itself',
      'return this.rotated(this.prepare(this.augment(samples, random)));',
      'const turned = this.rotated(this.prepare(samples));\n    return { ...turned, images: this.augment(turned.images, random) };',
    ],
  ]),
  ...changesOf('methods/image/geometric/camera-motion.ts', [
    [
      'frames are turned the other way',
      '[cos, -sin, (2 * x) / imageSize, sin, cos, (2 * y) / imageSize]',
      '[cos, sin, (2 * x) / imageSize, -sin, cos, (2 * y) / imageSize]',
      EGOMOTION,
    ],
    [
      'the motion is along the axes of the image',
      'turned(motion.x, motion.y, angle)',
      '[motion.x, motion.y]',
      EGOMOTION,
    ],
    ['things shrink where they should grow', 'scale / motion.zoom', 'scale * motion.zoom', EGOMOTION],
    ['frames reach beyond the image', 'Math.floor(((imageSize - 1)', 'Math.ceil(2 + ((imageSize - 1)', EGOMOTION],
    ['the first frame is upright', '2 * Math.PI * around', '0 * around', EGOMOTION],
    ['the pair lies about the first frame', 'turned(motion.x / 2, motion.y / 2, angle)', '[0, 0]', EGOMOTION],
    ['frames lie in the middle of the image', 'options.jitter * side', '0', EGOMOTION],
    ['beyond the image is its edge', 'GRID_OUTSIDE.zeros', 'GRID_OUTSIDE.border', EGOMOTION],
    [
      'classes are rounded to the nearest',
      'Math.floor(place * bins)',
      'Math.min(bins - 1, Math.round(place * bins))',
      EGOMOTION,
    ],
  ]),
  ...changesOf('methods/image/automatic-labels/deeper-cluster.ts', [
    [
      'all images are turned alike',
      'inGroups(upright, drawn.toNumbers(), turns)',
      'inGroups(upright, drawn.toNumbers().map((_, __, all) => all[0]), turns)',
    ],
  ]),
  ...changesOf('methods/image/automatic-labels/deep-cluster.ts', [
    [
      'features are clustered of a network in training',
      'this.relabel(context, (points) =>',
      'this.relabel({ ...context, samples: (indices) => this.crop(context.samples(indices), random) }, (points) =>',
    ],
    [
      'clusters are drawn by their size',
      'return { order: this.clusters.uniformOrder(random, batchSize), resetGroups',
      'return { resetGroups',
    ],
  ]),
  ...changesOf('methods/image/contrastive/amdim.ts', [
    [
      'AMDIM compares a view with itself',
      '{ source: one, target: two, draws: draws.select(0, 0) }',
      '{ source: one, target: one, draws: draws.select(0, 0) }',
    ],
    [
      'the place is drawn from the fine map',
      'positionsAt(source.coarse, draws), target: target.coarse',
      'positionsAt(source.fine, draws), target: target.coarse',
    ],
  ]),
];
