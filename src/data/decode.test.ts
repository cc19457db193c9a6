import { spawnSync } from 'node:child_process';
import { chmodSync, symlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { put, temporaryFolder } from '../../tests/data-files.js';
import { decode, readHeader, UnreadableImage } from './decode.js';
import { heicHead, png16, rawPng, tiff } from './image-files.test-util.js';

const at = temporaryFolder();

/** The pixels of an image of 1 x N as they come through in so many channels. */
const pixels = async (path: string, width: number, channels: 1 | 3) => [
  ...(await decode(path, { height: 1, width, channels }, 'stretch')),
];
const tripled = (values: number[]) => values.flatMap((value) => [value, value, value]);
const reason = (path: string) =>
  decode(path, { height: 1, width: 1, channels: 3 }, 'crop').then(
    () => 'decoded',
    (error) => (error instanceof UnreadableImage ? error.message : `no UnreadableImage: ${error}`),
  );

it('leaves out an image whose data end early, whatever could be read of it', async () => {
  const noise = Uint8Array.from({ length: 3 * 64 * 64 }, (_, i) => (i * 2_654_435_761) % 251);
  const image = sharp(noise, { raw: { width: 64, height: 64, channels: 3 } });
  for (const kind of ['png', 'jpeg', 'webp'] as const) {
    const whole = await image.clone().toFormat(kind, { quality: 90 }).toBuffer();
    expect(await reason(put(at(`whole.${kind}`), whole))).toBe('decoded');
    expect(await reason(put(at(`cut.${kind}`), whole.subarray(0, whole.length / 2))), kind).not.toBe('decoded');
  }
});

describe('16 bits per channel', () => {
  // Values whose nearest byte (value / 257) is not their upper byte.
  const deep = Uint16Array.of(0, 255, 511, 1000, 0x1fff, 0x80ff, 0xfeff, 0xffff);
  const upper = [...deep].map((value) => value >> 8);
  const n = deep.length;
  const shape = { width: n, height: 1 };
  const withAlpha = (values: number[], alpha: number) => Uint16Array.from(values.flatMap((value) => [value, alpha]));
  const rgb = Uint16Array.from(tripled([...deep]));
  const rgba = Uint16Array.from([...deep].flatMap((value) => [value, value, value, 0xffff]));

  it.each([
    ['gray', deep, 1],
    ['gray with alpha', withAlpha([...deep], 0xffff), 2],
    ['color', rgb, 3],
    ['color with alpha', rgba, 4],
  ])('become their upper 8 bits: %s, PNG and TIFF, stored as gray and as color', async (name, samples, channels) => {
    const files = [
      put(at(`${name}.png`), await png16(samples, { ...shape, channels })),
      put(at(`${name}.tif`), tiff(samples, { ...shape, channels, kind: 'unsigned' })),
    ];
    for (const file of files) {
      expect(await pixels(file, n, 1)).toEqual(upper);
      expect(await pixels(file, n, 3)).toEqual(tripled(upper));
    }
  });

  it('keep their colors apart', async () => {
    const colors = Uint16Array.of(0xff00, 0x1234, 0x00ff, 0x8000, 0x7fff, 0xabcd);
    const path = put(at('colors.png'), await png16(colors, { width: 2, height: 1, channels: 3 }));
    expect(await pixels(path, 2, 3)).toEqual([0xff, 0x12, 0x00, 0x80, 0x7f, 0xab]);
  });

  it('keep the colors of their profile', async () => {
    const colors = Uint16Array.of(0xffff, 0, 0, 0, 40_000, 20_000);
    const plain = tiff(colors, { width: 2, height: 1, channels: 3, kind: 'unsigned' });
    const profiled = await sharp(plain).toColourspace('rgb16').withIccProfile('p3').png().toBuffer();
    expect(await sharp(profiled).metadata()).toMatchObject({ depth: 'ushort', hasProfile: true });
    const decoded = await pixels(put(at('p3.png'), profiled), 2, 3);
    [255, 0, 0, 0, 40_000 >> 8, 20_000 >> 8].forEach((value, i) => {
      expect(Math.abs(decoded[i]! - value)).toBeLessThanOrEqual(1);
    });
  });

  it('are put on white where they are transparent', async () => {
    const samples = Uint16Array.of(0, 0, 0, 0xffff, 0, 0x8000);
    const path = put(at('clear.png'), await png16(samples, { width: 3, height: 1, channels: 2 }));
    const [clear, opaque, half] = await pixels(path, 3, 1);
    expect([clear, opaque]).toEqual([255, 0]);
    expect(Math.abs(half! - 127)).toBeLessThanOrEqual(1);
  });
});

describe('floating point', () => {
  const gray = { width: 4, height: 1, channels: 1, kind: 'float' } as const;

  it('in 0..1 is scaled to 0..255, gray and color, without a change of gamma', async () => {
    const path = put(at('unit.tif'), tiff(Float32Array.of(0, 0.25, 0.5, 1), gray));
    expect(await pixels(path, 4, 1)).toEqual([0, 64, 128, 255]);
    expect(await pixels(path, 4, 3)).toEqual(tripled([0, 64, 128, 255]));
    const color = Float32Array.of(0, 0.2, 0.4, 0.6, 0.8, 1);
    const colored = put(at('unit-color.tif'), tiff(color, { ...gray, width: 2, channels: 3 }));
    expect(await pixels(colored, 2, 3)).toEqual([0, 51, 102, 153, 204, 255]);
  });

  it('in 0..255 is rounded', async () => {
    const path = put(at('bytes.tif'), tiff(Float32Array.of(0, 1.4, 200.6, 255), gray));
    expect(await pixels(path, 4, 1)).toEqual([0, 1, 201, 255]);
  });

  it('of any other range is skipped with the first value outside', async () => {
    const rangeOf = (values: number[]) => reason(put(at('range.tif'), tiff(Float32Array.from(values), gray)));
    expect(await rangeOf([0, -0.5, 0, 1])).toMatch(/not in 0\.\.1 or 0\.\.255: it holds -0\.5/);
    expect(await rangeOf([0, 1, 300, 1])).toMatch(/it holds 300/);
    expect(await rangeOf([0, Number.NaN, 0, 1])).toMatch(/it holds NaN/);
  });
});

describe('samples of no known range', () => {
  const row = (channels: number, kind: 'unsigned' | 'signed' | 'float') => ({ width: 2, height: 1, channels, kind });
  it.each([
    ['int16', tiff(Int16Array.of(-5, 32767), row(1, 'signed')), /signed 16-bit integers/],
    ['int8', tiff(Int8Array.of(-5, 127), row(1, 'signed')), /signed 8-bit integers/],
    ['int32', tiff(Int32Array.of(-5, 2 ** 31 - 1), row(1, 'signed')), /signed 32-bit integers/],
    ['uint32', tiff(Uint32Array.of(256, 2 ** 32 - 1), row(1, 'unsigned')), /unsigned 32-bit integers/],
    ['uint32 color', tiff(new Uint32Array(6), row(3, 'unsigned')), /unsigned 32-bit integers/],
    ['float16', tiff(Uint16Array.of(0, 0x3c00), row(1, 'float')), /floating point of this kind/],
    ['float32 with alpha', tiff(new Float32Array(4), row(2, 'float')), /floating point with transparency/],
    ['float64', tiff(Float64Array.of(0, 1), row(1, 'float')), /kind of TIFF that is not supported/],
    ['five channels', tiff(new Uint8Array(10), row(5, 'unsigned')), /5 channels, neither gray nor color/],
  ])('is skipped and said: %s', async (name, file, message) => {
    const path = put(at(`${name}.tif`), file);
    expect(await reason(path)).toMatch(message);
    await expect(readHeader(path)).rejects.toBeInstanceOf(UnreadableImage);
  });
});

/** Where a TIFF's directory names the next one. */
const directoryEnd = (file: Buffer, at: number): number => at + 2 + 12 * file.readUInt16LE(at);

describe('reasons', () => {
  it('name a format that is not supported, whatever the ending', async () => {
    const unsupported = 'is not supported by this build; convert to JPEG';
    for (const name of ['phone.heic', 'phone.jpg'])
      expect(await reason(put(at(name), heicHead()))).toBe(`HEIC ${unsupported}`);
    expect(await reason(put(at('a.jxl'), Buffer.from('ff0a00112233', 'hex')))).toBe(`JPEG XL ${unsupported}`);
  });

  it('are the last line of the decoder that says something', async () => {
    const avif = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#336699' } })
      .avif()
      .toBuffer();
    expect(await reason(put(at('cut.avif'), avif.subarray(0, avif.length - 60)))).toMatch(/^damaged: heif: .*meta/);
    const file = await sharp(avif).tiff({ compression: 'lzw' }).toBuffer();
    expect(await reason(put(at('cut.tif'), file.subarray(0, file.length >> 1)))).toBe(
      'damaged: its TIFF header cannot be read',
    );
  });

  it('are not a want of memory where libtiff calls an empty directory one', async () => {
    const pixels = sharp({ create: { width: 96, height: 96, channels: 3, background: '#336699' } });
    const file = await pixels
      .tiff({ pyramid: true, tile: true, tileWidth: 16, tileHeight: 16, compression: 'jpeg' })
      .toBuffer();
    // The directory of the second page is all zeros, and a tile of the first is no JPEG any more.
    const second = file.readUInt32LE(directoryEnd(file, file.readUInt32LE(4)));
    file.fill(0, second, second + 100);
    file[20]! ^= 0xff;
    expect(await reason(put(at('pages.tif'), file))).toMatch(/^damaged: tiff2vips: /);
  });

  it('tell files that are not regular, without opening them', async () => {
    spawnSync('mkfifo', [at('pipe.png')]);
    expect(await reason(at('pipe.png'))).toBe('a FIFO, not a regular file');
    await expect(readHeader(at('pipe.png'))).rejects.toThrow('a FIFO');
    symlinkSync('/dev/zero', at('zero.png'));
    expect(await reason(at('zero.png'))).toBe('a device, not a regular file');
    symlinkSync(at('circle.png'), at('circle.png'));
    expect(await reason(at('circle.png'))).toBe('there is no such file');
  });
});

describe('headers', () => {
  it('that announce more than the file can hold are damage', async () => {
    const claim = { width: 20_000, height: 20_000, channels: 3, bits: 8, share: 0.000_01 } as const;
    expect(await reason(put(at('claim.png'), rawPng(claim)))).toMatch(
      /^damaged: 20000 x 20000 pixels cannot come from \d+ bytes/,
    );
    expect(await reason(put(at('claim-interlaced.png'), rawPng({ ...claim, isInterlaced: true })))).toMatch(
      /cannot come/,
    );
    const jpeg = await sharp({ create: { width: 16, height: 16, channels: 3, background: '#888' } })
      .jpeg({ progressive: true })
      .toBuffer();
    const size = jpeg.indexOf(Buffer.from('ffc2', 'hex')) + 5;
    jpeg.writeUInt16BE(12_000, size);
    jpeg.writeUInt16BE(12_000, size + 2);
    expect(await reason(put(at('claim.jpg'), jpeg))).toMatch(/^damaged: 12000 x 12000 pixels cannot come/);
    const small = sharp({ create: { width: 16, height: 16, channels: 3, background: '#888' } });
    const gif = await small.clone().gif().toBuffer();
    const frame = gif.indexOf(0x2c, 13);
    for (const place of [6, 8, frame + 5, frame + 7]) gif.writeUInt16LE(12_000, place);
    expect(await reason(put(at('claim.gif'), gif))).toMatch(/^damaged: 12000 x 12000 pixels cannot come/);
    // One strip of the whole image, which libtiff would make room for twice.
    const tif = await small.clone().tiff({ compression: 'jpeg' }).toBuffer();
    const directory = tif.readUInt32LE(4);
    for (let entry = directory + 2; entry < directoryEnd(tif, directory); entry += 12)
      if ([256, 257, 278].includes(tif.readUInt16LE(entry))) tif.writeUInt32LE(12_000, entry + 8);
    expect(await reason(put(at('claim.tif'), tif))).toMatch(/^damaged: 12000 x 12000 pixels cannot come/);
  });

  it('that announce much and hold it are read', async () => {
    const flat = sharp({ create: { width: 6000, height: 6000, channels: 3, background: '#888' } });
    const files = {
      'flat.gif': await flat.clone().gif({ effort: 1 }).toBuffer(),
      'flat.tif': await flat.clone().resize(8000, 8000).tiff({ compression: 'deflate' }).toBuffer(),
      'flat.png': await flat.clone().png({ compressionLevel: 9 }).toBuffer(),
      'flat.jpg': await flat.clone().jpeg({ quality: 1 }).toBuffer(),
    };
    for (const [name, file] of Object.entries(files)) expect(await reason(put(at(name), file)), name).toBe('decoded');
  });

  it('of images that need too much memory are refused', async () => {
    const options = { width: 22_000, height: 22_000, channels: 4, bits: 16, isInterlaced: true, share: 0.01 } as const;
    expect(await reason(put(at('much.png'), rawPng(options)))).toBe(
      '22000 x 22000 needs 3.9 GB of memory, above the limit of 2.1 GB',
    );
  });
});

// Limits and failures are made by Linux's own means.
describe.skipIf(process.platform !== 'linux')('failures of the system', () => {
  /**
   * Decodes the second file in a process of its own that, after the first, may take only this many bytes more, or open no
   * further file, or is another user; prints "decoded", or "skipped" or the error's code, and the message.
   */
  const program = put(
    at('decode.mts'),
    `import { execFileSync } from 'node:child_process';
     import { readdirSync, readFileSync } from 'node:fs';
     import { decode, UnreadableImage } from ${JSON.stringify(fileURLToPath(new URL('./decode.js', import.meta.url)))};
     const [first, second, limit, bytes] = process.argv.slice(2);
     const shape = { height: 8, width: 8, channels: 3 };
     await decode(first, shape, 'crop');
     const now = Number(/VmSize:\\s*(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024;
     const value = limit === '--as' ? now + Number(bytes) : 4;
     if (limit === '--user') process.seteuid(65534);
     else execFileSync('prlimit', ['--pid', String(process.pid), limit + '=' + value + ':' + value]);
     await decode(second, shape, 'crop').then(
       () => console.log('decoded'),
       (error) => console.log(error instanceof UnreadableImage ? 'skipped' : error.code, error.message),
     );`,
  );
  const run = (second: string, ...limit: string[]): string => {
    const first = put(at('small.png'), rawPng({ width: 8, height: 8, channels: 3, bits: 8 }));
    const { stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', program, first, second, ...limit], {
      encoding: 'utf8',
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
    });
    return stdout || stderr;
  };

  it('are no damage: input and output', async () => {
    // Reading the first byte of a process's memory fails with EIO.
    symlinkSync('/proc/self/mem', at('mem.png'));
    await expect(decode(at('mem.png'), { height: 1, width: 1, channels: 3 }, 'crop')).rejects.toMatchObject({
      code: 'IO',
      message: expect.stringMatching(/Could not read .*mem\.png/),
    });
    await expect(readHeader(at('mem.png'))).rejects.toMatchObject({ code: 'IO' });
  });

  it('are no damage: memory', () => {
    // 288 MB of pixels.
    const path = put(at('big.png'), rawPng({ width: 6000, height: 6000, channels: 4, bits: 16, isInterlaced: true }));
    expect(run(path, '--as', '2e9')).toBe('decoded\n');
    expect(run(path, '--as', '1e8')).toMatch(/^IO There is not enough memory to decode .*big\.png/);
  });

  it('are no damage: permission', () => {
    // Root may read everything, and other users cannot become another one.
    if (process.getuid?.() !== 0) return;
    const path = put(at('secret.png'), rawPng({ width: 8, height: 8, channels: 3, bits: 8 }));
    chmodSync(at('.'), 0o755);
    chmodSync(path, 0o644);
    expect(run(path, '--user')).toBe('decoded\n');
    chmodSync(path, 0o600);
    expect(run(path, '--user')).toMatch(/^IO Could not read .*secret\.png: permission denied/);
  });

  it('are no damage: too many open files', () => {
    const path = put(at('fine.png'), rawPng({ width: 8, height: 8, channels: 3, bits: 8 }));
    expect(run(path, '--nofile')).toMatch(/^IO Could not read .*fine\.png: too many files are open/);
  });
});
