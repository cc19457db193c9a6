import { execFileSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { put, temporaryFolder } from '../../tests/data-files.js';
import { openWave, readWave, UnreadableWave } from './wave-file.js';
import { chunk, counting, putWave, type WaveOptions, wave } from './waves.test-util.js';

const at = temporaryFolder();

/** Writes the file, reads it as a whole and gives the samples. */
async function samplesOf(samples: ArrayBufferView, options: WaveOptions = {}): Promise<number[]> {
  const opened = await openWave(put(at('one.wav'), wave(samples, options)));
  return [...(await readWave(opened, 0, opened.length))];
}

const reasonFor = (path: string) =>
  openWave(path).then(
    () => 'none',
    (error: unknown) => (error instanceof UnreadableWave ? error.message : error),
  );

describe('samples', () => {
  it('of 8 bits have no sign, and an odd number of them no padding', async () => {
    const samples = await samplesOf(Uint8Array.of(0, 127, 128, 129, 255), { bits: 8 });
    expect(samples).toEqual([-32_768, -256, 0, 256, 32_512]);
  });

  it('of 16 bits come as they are', async () => {
    const samples = [-32_768, -1, 0, 1, 32_767];
    expect(await samplesOf(Int16Array.from(samples))).toEqual(samples);
    expect(await samplesOf(Int16Array.from(samples), { isExtensible: true })).toEqual(samples);
  });

  it.each([false, true])('of 24 and 32 bits are rounded (extensible: %s)', async (isExtensible) => {
    const bytes = Uint8Array.of(0, 0, 128, 255, 255, 255, 128, 0, 0, 127, 1, 0, 255, 255, 127);
    expect(await samplesOf(bytes, { bits: 24, isExtensible })).toEqual([-32_768, 0, 1, 1, 32_767]);
    const large = Int32Array.of(-(2 ** 31), 65_536, 98_304, 2 ** 31 - 1);
    expect(await samplesOf(large, { bits: 32, isExtensible })).toEqual([-32_768, 1, 2, 32_767]);
  });

  it.each([false, true])('in floating point are scaled and clipped (extensible: %s)', async (isExtensible) => {
    const values = [-1, -0.5, 0, 1e-12, 0.25, 1, 7, Number.NEGATIVE_INFINITY];
    const expected = [-32_768, -16_384, 0, 0, 8192, 32_767, 32_767, -32_768];
    expect(await samplesOf(Float32Array.from(values), { bits: 32, format: 3, isExtensible })).toEqual(expected);
    expect(await samplesOf(Float64Array.from(values), { bits: 64, format: 3, isExtensible })).toEqual(expected);
  });

  it('of several channels are averaged before they are rounded', async () => {
    expect(await samplesOf(Int16Array.of(1, 2, 10, -20, -32_768, -32_768), { channels: 2 })).toEqual([2, -5, -32_768]);
    expect(await samplesOf(Int16Array.of(3, 4, 6), { channels: 3 })).toEqual([4]);
  });

  it('are read from any place', async () => {
    const opened = await openWave(putWave(at('stereo.wav'), counting(40), { channels: 2, rate: 16_000 }));
    expect(opened).toMatchObject({ rate: 16_000, channels: 2, length: 20 });
    expect([...(await readWave(opened, 3, 2))]).toEqual([7, 9]); // means of 6 and 7, of 8 and 9, rounded up
    expect(await readWave(opened, 19, 1)).toEqual(Int16Array.of(39));
    await expect(readWave(opened, 19, 2)).rejects.toMatchObject({ code: 'IO' });
  });

  it('that are no numbers are an error which names the first', async () => {
    const values = Float32Array.of(0, 0.1, Number.NaN, 0.2);
    const opened = await openWave(put(at('nan.wav'), wave(values, { bits: 32, format: 3 })));
    await expect(readWave(opened, 1, 3)).rejects.toMatchObject({
      code: 'DATA',
      message: `Sample 2 of ${at('nan.wav')} is not a number. Repair the file, or take it out of the folder.`,
    });
  });
});

describe('headers', () => {
  it('may have other chunks, of even and odd length, before and after the samples', async () => {
    const between = Buffer.concat([chunk('LIST', Buffer.from('odd')), chunk('fact', Buffer.alloc(4))]);
    const file = Buffer.concat([wave(counting(3, 5), { between }), chunk('LIST', Buffer.from('after'))]);
    const opened = await openWave(put(at('chunks.wav'), file));
    expect([...(await readWave(opened, 0, opened.length))]).toEqual([5, 6, 7]);
  });

  it('may leave the size open, as one that was written to a pipe, or be that of RF64', async () => {
    expect(await samplesOf(counting(4), { statedSize: 0xffff_ffff })).toEqual([0, 1, 2, 3]);
    const file = wave(counting(4), { statedSize: 0xffff_ffff });
    file.write('RF64', 0, 'latin1');
    expect(await openWave(put(at('large.wav'), file))).toMatchObject({ length: 4 });
  });

  it('say why a file is not read', async () => {
    const whole = wave(counting(50));
    const reasons = {
      'empty.wav': [Buffer.alloc(0), 'empty'],
      'text.wav': [Buffer.from('This is a text, not a sound.'), 'no WAV file'],
      'short.wav': [whole.subarray(0, 9), 'no WAV file'],
      'header.wav': [whole.subarray(0, 40), 'damaged: no samples follow its header'],
      'cut.wav': [whole.subarray(0, 101), 'cut off: 57 of 100 bytes of samples are there'],
      'none.wav': [wave(counting(0)), 'it holds no samples'],
      'less.wav': [wave(Uint8Array.of(1, 2, 3), { channels: 2 }), 'it holds no samples'],
      'mp3.wav': [wave(counting(4), { format: 85 }), 'of a kind that is not read: format 85, 16 bits'],
      'mu-law.wav': [wave(counting(4), { format: 7, bits: 8 }), 'of a kind that is not read: format 7, 8 bits'],
      'rate.wav': [wave(counting(4), { rate: 0 }), 'damaged: its header names no rate or no channels'],
      'silent.wav': [wave(counting(4), { channels: 0 }), 'damaged: its header names no rate or no channels'],
      'order.wav': [
        chunk('RIFF', Buffer.concat([Buffer.from('WAVE'), chunk('data', Buffer.alloc(4))])),
        'damaged: its header does not say how the samples are stored',
      ],
      'chunks.wav': [
        wave(counting(4), { between: Buffer.alloc(8 * 1200) }), // 1,200 empty ones
        'damaged: no samples follow its header',
      ],
    } as const;
    const found = Object.entries(reasons).map(async ([name, [file]]) => [name, await reasonFor(put(at(name), file))]);
    expect(Object.fromEntries(await Promise.all(found))).toEqual(
      Object.fromEntries(Object.entries(reasons).map(([name, [, reason]]) => [name, reason])),
    );
  });

  it('are not looked for in what is no file', async () => {
    symlinkSync(at('nowhere'), at('link.wav'));
    expect(await reasonFor(at('link.wav'))).toBe('there is no such file');
    execFileSync('mkfifo', [at('pipe.wav')]);
    expect(await reasonFor(at('pipe.wav'))).toBe('not a regular file');
    expect(await reasonFor(at('.'))).toBe('not a regular file');
  });
});
