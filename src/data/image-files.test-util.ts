import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';

/** How a TIFF's samples are stored: bits, and unsigned, signed or floating point. */
export interface TiffOptions {
  width: number;
  height: number;
  channels: number;
  kind: 'unsigned' | 'signed' | 'float';
}

/** An uncompressed TIFF of one strip (TIFF 6.0), little-endian. Two and four channels end with alpha. */
export function tiff(samples: ArrayBufferView & { BYTES_PER_ELEMENT: number }, options: TiffOptions): Buffer {
  const { width, height, channels, kind } = options;
  const data = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
  const perChannel = (value: number) => Array<number>(channels).fill(value);
  const [SHORT, LONG] = [3, 4];
  // [tag, type, values] in ascending order of tags.
  const fields: [number, number, number[]][] = [
    [256, LONG, [width]],
    [257, LONG, [height]],
    [258, SHORT, perChannel(8 * samples.BYTES_PER_ELEMENT)],
    [259, SHORT, [1]], // no compression
    [262, SHORT, [channels >= 3 ? 2 : 1]], // RGB, or gray with 0 as black
    [273, LONG, [0]], // where the strip begins, filled in below
    [277, SHORT, [channels]],
    [278, LONG, [height]],
    [279, LONG, [data.length]],
    ...(channels % 2 === 0 ? ([[338, SHORT, [2]]] as [number, number, number[]][]) : []), // unassociated alpha
    [339, SHORT, perChannel({ unsigned: 1, signed: 2, float: 3 }[kind])],
  ];
  const directory = Buffer.alloc(2 + 12 * fields.length + 4);
  directory.writeUInt16LE(fields.length);
  const values = Buffer.alloc(fields.length * 16);
  const valuesAt = 8 + directory.length;
  fields[5]![2][0] = valuesAt + values.length;
  fields.forEach(([tag, type, list], i) => {
    const entry = directory.subarray(2 + 12 * i, 14 + 12 * i);
    const bytes = type === SHORT ? 2 : 4;
    entry.writeUInt16LE(tag, 0);
    entry.writeUInt16LE(type, 2);
    entry.writeUInt32LE(list.length, 4);
    const isInline = list.length * bytes <= 4;
    if (!isInline) entry.writeUInt32LE(valuesAt + 16 * i, 8);
    const target = isInline ? entry.subarray(8) : values.subarray(16 * i);
    list.forEach((value, at) => {
      target.writeUIntLE(value, at * bytes, bytes);
    });
  });
  const header = Buffer.from('II*\0\x08\0\0\0', 'latin1');
  return Buffer.concat([header, directory, values, data]);
}

/** A PNG of 16 bits per channel, gray or color, with or without alpha; samples height x width x channels. */
export function png16(samples: Uint16Array, { width, height, channels }: Omit<TiffOptions, 'kind'>): Promise<Buffer> {
  const space = channels <= 2 ? 'grey16' : 'rgb16';
  return sharp(tiff(samples, { width, height, channels, kind: 'unsigned' }))
    .toColourspace(space)
    .png()
    .toBuffer();
}

const COLOR_TYPES: Record<number, number> = { 1: 0, 2: 4, 3: 2, 4: 6 };

export interface RawPngOptions {
  width: number;
  height: number;
  channels: 1 | 2 | 3 | 4;
  bits: 1 | 8 | 16;
  isInterlaced?: boolean;
  /** Share of the pixel data that is written; default all. */
  share?: number;
}

/** A black PNG, put together by hand so that its header may claim what its data does not hold. */
export function rawPng({ width, height, channels, bits, isInterlaced = false, share = 1 }: RawPngOptions): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([bits, COLOR_TYPES[channels]!, 0, 0, isInterlaced ? 1 : 0], 8);
  // Left edge, upper edge and steps of the seven passes of Adam7; each row begins with a filter byte.
  const adam7 = '0088 4088 0448 2044 0224 1022 0112'.split(' ').map((pass) => [...pass].map(Number));
  const passes = isInterlaced ? adam7 : [[0, 0, 1, 1]];
  const bytes = passes.reduce((sum, [x, y, across, down]) => {
    const [columns, rows] = [Math.ceil((width - x!) / across!), Math.ceil((height - y!) / down!)];
    return sum + rows * (1 + Math.ceil((columns * channels * bits) / 8));
  }, 0);
  const pixels = deflateSync(Buffer.alloc(Math.floor(bytes * share)), { level: 1 });
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))]);
}

/** The beginning of a HEIC file as iPhones write it, with nothing behind. */
export const heicHead = (): Buffer =>
  Buffer.concat([
    Buffer.from('\0\0\0\x24ftypheic\0\0\0\0mif1MiHEmiafMiHBheic', 'latin1'),
    Buffer.from('\0\0\0\x10meta\0\0\0\0\0\0\0\0', 'latin1'),
    Buffer.alloc(400),
  ]);
