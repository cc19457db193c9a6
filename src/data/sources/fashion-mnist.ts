import { fileURLToPath } from 'node:url';
import { expected } from '../../errors.js';
import { fetchedFolder } from '../fetch.js';
import { openIdx } from './idx.js';
import type { NamedSource } from './named-source.js';
import type { PixelSource } from './source.js';

const CLASSES = [
  'T-shirt/top',
  'Trouser',
  'Pullover',
  'Dress',
  'Coat',
  'Sandal',
  'Shirt',
  'Sneaker',
  'Bag',
  'Ankle boot',
];

/** The part of Fashion-MNIST in the package; the relative path is the same from src/ and from dist/. */
const SHIPPED = fileURLToPath(new URL('../../../data/fashion-mnist-mini', import.meta.url));

/**
 * Fashion-MNIST (Xiao, Rasul, Vollgraf 2017): clothes, 28 x 28, gray, 10 classes. `fashion-mnist` is the whole set once it
 * has been fetched, before that the shipped part with a note; `fashion-mnist:mini` is always the shipped part.
 */
export const fashionMnist: NamedSource = {
  about: 'clothes, 28 x 28, gray, 10 classes; 60,000 + 10,000 when fetched, 9,000 + 2,000 shipped (`:mini`)',
  async open(variant, { cacheFolder }): Promise<PixelSource> {
    if (variant !== '' && variant !== 'mini')
      throw expected('fashion-mnist or fashion-mnist:mini', 'data', `:${variant}`);
    const whole = variant === '' ? await fetchedFolder('fashion-mnist', cacheFolder) : null;
    if (whole !== null) return { ...(await openIdx(whole, CLASSES)), name: 'fashion-mnist' };
    const source: PixelSource = { ...(await openIdx(SHIPPED, CLASSES)), name: 'fashion-mnist:mini' };
    if (variant === '') {
      source.note =
        'This is the shipped part of Fashion-MNIST, 9,000 + 2,000 images. ' +
        '`autodidact data fetch fashion-mnist` brings all 60,000 + 10,000.';
    }
    return source;
  },
};
