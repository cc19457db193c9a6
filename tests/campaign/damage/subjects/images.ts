/** Image files of all formats, each beside an intact one that must come through unharmed. */
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import type { ImageDataset } from '../../../../src/data/image-dataset.js';
import { heicHead, png16, rawPng, tiff } from '../../../../src/data/image-files.test-util.js';
import { Prng } from '../../../../src/data/prng.js';
import { put } from '../../../data-files.js';
import { demand, openAlone, readingOf, type Subject } from '../subject.js';

const SIDE = 24;
const NEIGHBOR = 'neighbor.png';

/** Smooth colors with some noise, which every encoder has something to do with. */
function pixels(channels: number, side = SIDE): Uint8Array {
  const random = new Prng(channels, side);
  return Uint8Array.from({ length: side * side * channels }, (_, i) => {
    const [pixel, channel] = [Math.floor(i / channels), i % channels];
    return (4 * (pixel % side) + 3 * Math.floor(pixel / side) * (channel + 1) + random.below(16)) % 256;
  });
}

const raw = (channels: 1 | 3 | 4, side = SIDE): Sharp =>
  sharp(pixels(channels, side), { raw: { width: side, height: side, channels } });

/** Three pictures above each other, which animations take for frames. */
const frames = (): Sharp =>
  sharp(pixels(3, 3 * SIDE).subarray(0, 3 * SIDE * SIDE * 3), {
    raw: { width: SIDE, height: 3 * SIDE, channels: 3, pageHeight: SIDE },
  });

const words = Uint16Array.from(pixels(3), (value, i) => 256 * value + (i % 256));
const floats = Float32Array.from(pixels(1), (value) => value / 255);
const size = { width: SIDE, height: SIDE };

const SVG = `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><defs><linearGradient id="g"><stop offset="0"
 stop-color="#f00"/><stop offset="1" stop-color="#00f"/></linearGradient></defs><rect width="40" height="30" fill="url(#g)"/>
<circle cx="20" cy="20" r="9" fill="#0a0"/><path d="M1 1 L30 35 Q3 4 5 6 Z" stroke="#000" stroke-width="2"/></svg>`;

const FILES: Readonly<Record<string, () => Buffer | Promise<Buffer>>> = {
  'color.png': () => raw(3).png().toBuffer(),
  'alpha.png': () => raw(4).png({ adaptiveFiltering: true }).toBuffer(),
  'palette.png': () => raw(3).png({ palette: true, colors: 16 }).toBuffer(),
  'interlaced.png': () => raw(3).png({ progressive: true }).toBuffer(),
  'words.png': () => png16(words.subarray(0, SIDE * SIDE), { ...size, channels: 1 }),
  'bits.png': () => rawPng({ ...size, channels: 1, bits: 1 }),
  'baseline.jpg': () => raw(3).jpeg().toBuffer(),
  'progressive.jpg': () => raw(3).jpeg({ progressive: true }).toBuffer(),
  'gray.jpg': () => raw(1).toColourspace('b-w').jpeg().toBuffer(),
  'turned.jpeg': () => raw(3).withMetadata({ orientation: 6 }).jpeg().toBuffer(),
  'cmyk.jpg': () => raw(3).toColourspace('cmyk').jpeg().toBuffer(),
  'lossy.webp': () => raw(3).webp().toBuffer(),
  'lossless.webp': () => raw(4).webp({ lossless: true }).toBuffer(),
  'animated.webp': () => frames().webp().toBuffer(),
  'still.gif': () => raw(3).gif().toBuffer(),
  'animated.gif': () => frames().gif().toBuffer(),
  'plain.tif': () => tiff(pixels(3), { ...size, channels: 3, kind: 'unsigned' }),
  'words.tiff': () => tiff(words, { ...size, channels: 3, kind: 'unsigned' }),
  'floats.tif': () => tiff(floats, { ...size, channels: 1, kind: 'float' }),
  'lzw.tif': () => raw(3).tiff({ compression: 'lzw', predictor: 'horizontal' }).toBuffer(),
  'deflate.tif': () => raw(4).tiff({ compression: 'deflate', tile: true, tileWidth: 16, tileHeight: 16 }).toBuffer(),
  'jpeg.tif': () => raw(3).tiff({ compression: 'jpeg', quality: 80 }).toBuffer(),
  'pyramid.tif': () => raw(3, 96).tiff({ pyramid: true, tile: true, tileWidth: 16, tileHeight: 16 }).toBuffer(),
  'still.avif': () => raw(3).avif({ effort: 0 }).toBuffer(),
  'waying.svg': () => Buffer.from(SVG),
  'phone.heic': heicHead,
};

export const imageSubjects: readonly Subject[] = Object.entries(FILES).map(([file, make]) => ({
  name: `image ${file}`,
  weight: file.endsWith('.avif') || file.endsWith('.svg') ? 1 : 2,
  holds: 'plausible',
  damaged: new RegExp(`^${file}$`),
  async write(folder) {
    put(join(folder, NEIGHBOR), await raw(3).png().toBuffer());
    put(join(folder, file), await make());
  },
  async read(folder, way) {
    const isFixed = way % 2 === 0;
    const dataset = await openAlone(folder, folder, isFixed ? { size: SIDE, channels: 3 } : {});
    const reading = readingOf(dataset);
    const at = dataset.ids.indexOf(NEIGHBOR);
    demand(at >= 0, 'the intact image beside it is left out');
    const own = (dataset as ImageDataset).readImage(at);
    if (isFixed)
      demand(
        pixels(3).every((value, i) => value === own[i]),
        'the intact image beside it has other pixels',
      );
    return { ...reading, digest: `${isFixed} ${reading.digest}` };
  },
}));
