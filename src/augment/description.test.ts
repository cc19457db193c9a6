import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Generator } from '../engine/index.js';
import {
  centerCrop,
  colorJitter,
  compose,
  cutout,
  type Description,
  describeTransform,
  gaussianBlur,
  gaussianNoise,
  grayscale,
  horizontalFlip,
  normalize,
  overFrames,
  padAndCrop,
  pixelate,
  randomCrop,
  randomResizedCrop,
  randomRotate90,
  resize,
  shiftInFrame,
  simclrView,
  singleChannel,
  sobel,
  solarize,
  type Transform,
  toFloat,
} from './index.js';
import { randomImages } from './reference.test-util.js';

/** Every maker with all that it takes, and with as little as it takes. */
const cases: [Transform, Description][] = [
  [
    randomResizedCrop({ size: [9, 7], scale: [0.2, 0.9], ratio: [0.5, 2], interpolation: 'bilinear', flip: 0.25 }),
    {
      name: 'randomResizedCrop',
      size: [9, 7],
      scale: [0.2, 0.9],
      ratio: [0.5, 2],
      interpolation: 'bilinear',
      flip: 0.25,
    },
  ],
  [
    randomResizedCrop({ size: 9 }),
    { name: 'randomResizedCrop', size: 9, scale: [0.08, 1], ratio: [3 / 4, 4 / 3], interpolation: 'bicubic', flip: 0 },
  ],
  [resize({ size: [8, 10], interpolation: 'bilinear' }), { name: 'resize', size: [8, 10], interpolation: 'bilinear' }],
  [resize({ size: 8 }), { name: 'resize', size: 8, interpolation: 'bicubic' }],
  [centerCrop({ size: [5, 6] }), { name: 'centerCrop', size: [5, 6] }],
  [randomCrop({ size: 5 }), { name: 'randomCrop', size: 5 }],
  [horizontalFlip(0.3), { name: 'horizontalFlip', p: 0.3 }],
  [horizontalFlip(), { name: 'horizontalFlip', p: 0.5 }],
  [
    colorJitter({ brightness: 0.1, contrast: [0.5, 2], saturation: 0.3, hue: 0.4, p: 0.8 }),
    { name: 'colorJitter', brightness: 0.1, contrast: [0.5, 2], saturation: 0.3, hue: 0.4, p: 0.8 },
  ],
  [colorJitter({}), { name: 'colorJitter', brightness: 0, contrast: 0, saturation: 0, hue: 0, p: 1 }],
  [grayscale(0.2), { name: 'grayscale', p: 0.2 }],
  [grayscale(), { name: 'grayscale', p: 1 }],
  [solarize({ threshold: 0.4, p: 0.2 }), { name: 'solarize', threshold: 0.4, p: 0.2 }],
  [solarize(), { name: 'solarize', threshold: 0.5, p: 1 }],
  [
    gaussianBlur({ kernelSize: 3, sigma: [0.2, 1], p: 0.5 }),
    { name: 'gaussianBlur', kernelSize: 3, sigma: [0.2, 1], p: 0.5 },
  ],
  [gaussianBlur(), { name: 'gaussianBlur', kernelFraction: 0.1, sigma: [0.1, 2], p: 1 }],
  [gaussianNoise({ std: 0.1 }), { name: 'gaussianNoise', std: 0.1, p: 1 }],
  [cutout({ size: 4, fill: 0.5, p: 0.5 }), { name: 'cutout', size: 4, fill: 0.5, p: 0.5 }],
  [cutout({ fraction: 0.25 }), { name: 'cutout', fraction: 0.25, fill: 0, p: 1 }],
  [padAndCrop({ padding: 2, mode: 'reflect', p: 0.8 }), { name: 'padAndCrop', padding: 2, mode: 'reflect', p: 0.8 }],
  [padAndCrop({ padding: 2 }), { name: 'padAndCrop', padding: 2, mode: 'zero', p: 1 }],
  [randomRotate90(), { name: 'randomRotate90' }],
  [pixelate({ smallest: 0.1, p: 0.33 }), { name: 'pixelate', smallest: 0.1, p: 0.33 }],
  [pixelate({ smallest: 0.1 }), { name: 'pixelate', smallest: 0.1, p: 1 }],
  [normalize([0.5, 0.4, 0.3], [0.2, 0.3, 0.4]), { name: 'normalize', mean: [0.5, 0.4, 0.3], std: [0.2, 0.3, 0.4] }],
  [shiftInFrame(2), { name: 'shiftInFrame', border: 2 }],
  [singleChannel(0.3), { name: 'singleChannel', p: 0.3 }],
  [sobel(), { name: 'sobel' }],
  [toFloat, { name: 'toFloat' }],
  [
    overFrames(compose(horizontalFlip(0.3), sobel()), 'channels'),
    { name: 'overFrames', fold: 'channels', steps: [{ name: 'horizontalFlip', p: 0.3 }, { name: 'sobel' }] },
  ],
];

/** The names in descriptions that stand in the sources of this room. */
function namesInSources(): string[] {
  const room = fileURLToPath(new URL('.', import.meta.url));
  const files = readdirSync(room).filter((file) => file.endsWith('.ts') && !file.includes('.test'));
  return files.flatMap((file) =>
    [...readFileSync(join(room, file), 'utf8').matchAll(/(?:\{ name: |[tT]ransform\()'(\w+)'/g)].map(
      ([, name]) => name!,
    ),
  );
}

describe('descriptions', () => {
  it.each(cases)('%o', (made, description) => {
    expect(made.description).toEqual(description);
    expect(JSON.parse(JSON.stringify(made.description))).toEqual(description);
  });

  it('cover every transform of this room', () => {
    // Multi-crop gives several tensors; it is described below.
    const names = new Set(namesInSources().filter((name) => name !== 'multiCrop'));
    expect([...new Set(cases.map(([, { name }]) => name))].sort()).toEqual([...names].sort());
  });

  it('list the steps of composed transforms in order, however they are bracketed', () => {
    const steps = [{ name: 'horizontalFlip', p: 0.5 }, { name: 'grayscale', p: 0.2 }, { name: 'sobel' }];
    const flat = compose(horizontalFlip(), grayscale(0.2), sobel());
    expect(flat.description).toEqual({ name: 'compose', steps });
    expect(compose(compose(horizontalFlip(), compose(grayscale(0.2))), sobel()).description).toEqual(flat.description);
    expect(compose().description).toEqual({ name: 'compose', steps: [] });
  });

  it('name a function that was written elsewhere', () => {
    const twice: Transform = (images) => images.mul(2);
    const view = compose(twice, (images: Parameters<Transform>[0]) => images);
    expect(view.description).toEqual({ name: 'compose', steps: [{ name: 'twice' }, { name: 'function' }] });
    expect(view(randomImages([1, 1, 2, 2]), new Generator(0)).shape).toEqual([1, 1, 2, 2]);
  });
});

describe('describeTransform', () => {
  it('puts a transform into one line', () => {
    expect(describeTransform(simclrView({ size: 32, strength: 0.5, useBlur: false }))).toBe(
      'randomResizedCrop(size: 32, scale: [0.08, 1], ratio: [0.75, 1.333], interpolation: bicubic, flip: 0.5) > ' +
        'colorJitter(brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1, p: 0.8) > grayscale(p: 0.2)',
    );
    expect(describeTransform(sobel())).toBe('sobel');
    expect(describeTransform(compose())).toBe('nothing');
  });

  it('takes descriptions, and descriptions within them', () => {
    const crops = { name: 'multiCrop', groups: [{ count: 2, crop: compose(sobel(), grayscale()).description! }] };
    expect(describeTransform(crops)).toBe('multiCrop(groups: [{count: 2, crop: sobel > grayscale(p: 1)}])');
    expect(describeTransform({ name: 'hide', share: null, isExact: true })).toBe('hide(share: null, isExact: true)');
  });
});
