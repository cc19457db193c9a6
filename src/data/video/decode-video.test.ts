import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { Child } from '../../../tests/support/child.js';
import { readVideoHeader } from './decode-video.js';
import { ensureFfmpeg, type Ffmpeg } from './ffmpeg.js';
import { decoded, makeVideo, runFfmpeg } from './videos.test-util.js';

const folder = mkdtempSync(join(tmpdir(), 'autodidact-video-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);
const ffmpeg = await ensureFfmpeg();

/** Which of twenty frames, by their gray: ten times the number, give or take what decoders differ by. */
const numbers = (means: readonly number[]): number[] => means.map((mean) => Math.round(mean / 10));
const counting = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

const plain = await makeVideo(at('plain.mkv'));

describe('a video', () => {
  it('is decoded from the first to the last frame, with the time of each', async () => {
    const { means, times, flaw } = await decoded(plain);
    expect(numbers(means)).toEqual(counting(20));
    for (const [i, time] of times.entries()) expect(time).toBeCloseTo(i / 10, 3);
    expect(flaw).toBeNull();
    expect(await readVideoHeader(plain, ffmpeg)).toEqual({ width: 48, height: 32, framesPerSecond: 10, seconds: 2 });
  });

  it('is thinned to a rate: the first frame of each interval', async () => {
    const { means, times } = await decoded(plain, { rate: 4 });
    // At 0, 0.25, 0.5, ... the frames from 0, 3, 5, 8 on are due.
    expect(numbers(means)).toEqual([0, 3, 5, 8, 10, 13, 15, 18]);
    expect(times.map((time) => Math.round(10 * time))).toEqual(numbers(means));
  });

  it('is read in a range of seconds', async () => {
    const { means, times } = await decoded(plain, { range: { from: 0.5, to: 1 } });
    expect(numbers(means)).toEqual([5, 6, 7, 8, 9]);
    expect(times[0]).toBeCloseTo(0.5, 3);
    expect((await decoded(plain, { range: { from: 5, to: 6 } })).reason).toBe('it has no frame between 5 and 6 s');
  });

  it('keeps the square in its middle, or the whole picture', async () => {
    // Black on both sides of a white square.
    const path = await makeVideo(at('square.mkv'), { frames: 2, paint: (_, x) => (x >= 8 && x < 40 ? 255 : 0) });
    expect((await decoded(path)).means.map(Math.round)).toEqual([255, 255]);
    const shape = { height: 16, width: 24, channels: 1 };
    expect((await decoded(path, { fit: 'whole', shape })).means[0]).toBeCloseTo((255 * 32) / 48, -1);
  });

  it('has odd sides, in color', async () => {
    const path = await makeVideo(at('odd.mkv'), {
      width: 47,
      height: 33,
      output: ['-c:v', 'ffv1', '-pix_fmt', 'yuv420p'],
    });
    const { frames, means } = await decoded(path, { shape: { height: 9, width: 9, channels: 3 } });
    expect(frames[3]).toHaveLength(9 * 9 * 3);
    expect(numbers(means)).toEqual(counting(20));
  });

  it('is turned as it says', async () => {
    await makeVideo(at('upright.mp4'), { paint: (_, x) => (x < 24 ? 0 : 255), output: ['-c:v', 'mpeg4', '-q:v', '1'] });
    await runFfmpeg(['-display_rotation', '90', '-i', at('upright.mp4'), '-c', 'copy', at('turned.mp4')]);
    expect(await readVideoHeader(at('turned.mp4'), ffmpeg)).toMatchObject({ width: 32, height: 48 });
    const halves = async (name: string) => {
      const [frame] = (await decoded(at(name))).frames;
      const mean = (of: (i: number) => boolean): number => {
        const values = [...frame!].filter((_, i) => of(i));
        return values.reduce((a, b) => a + b) / values.length;
      };
      return {
        right: mean((i) => i % 16 > 8) - mean((i) => i % 16 < 7),
        low: mean((i) => i > 144) - mean((i) => i < 112),
      };
    };
    expect((await halves('upright.mp4')).right).toBeGreaterThan(200);
    // A quarter turn counter-clockwise brings the right side up.
    expect((await halves('turned.mp4')).low).toBeLessThan(-200);
  });

  it('has pixels that are not square', async () => {
    const path = await makeVideo(at('wide.mp4'), { output: ['-vf', 'setsar=2', '-c:v', 'mpeg4'] });
    expect(await readVideoHeader(path, ffmpeg)).toMatchObject({ width: 96, height: 32 });
  });

  it('runs at a variable rate', async () => {
    // The second half at a third of the speed.
    const slower = "setpts='if(lt(N,10),N,3*N-20)/10/TB'";
    const path = await makeVideo(at('variable.mkv'), {
      output: ['-vf', `settb=1/1000,${slower}`, '-fps_mode', 'passthrough', '-c:v', 'ffv1'],
    });
    const { times, means, flaw } = await decoded(path);
    expect(numbers(means)).toEqual(counting(20));
    for (const [i, time] of times.entries()) expect(time).toBeCloseTo((i < 10 ? i : 3 * i - 20) / 10, 2);
    expect(flaw).toBeNull();
  });

  it('has times that run backwards', async () => {
    const back = 'setts=pts=PTS-4*eq(mod(N\\,5)\\,4)*DURATION:dts=DTS-1000';
    await runFfmpeg(['-i', plain, '-c', 'copy', '-bsf:v', back, at('backwards.mkv')]);
    const { times, means } = await decoded(at('backwards.mkv'));
    // Every fifth frame comes too late for its time and is not shown.
    expect(numbers(means)).toEqual(counting(20).filter((i) => i % 5 !== 4));
    expect(times.every((time, i) => i === 0 || time > times[i - 1]!)).toBe(true);
  });

  it('has one frame, or frames that are all the same', async () => {
    const one = await decoded(await makeVideo(at('one.mkv'), { frames: 1 }));
    expect([one.times, one.flaw]).toEqual([[0], null]);
    const still = await decoded(await makeVideo(at('still.mp4'), { paint: () => 100, output: ['-c:v', 'mpeg4'] }));
    expect(still.means.map((mean) => Math.round(mean / 10))).toEqual(counting(20).map(() => 10));
  });
});

describe('a damaged or foreign file', () => {
  const cut = (from: string, to: string, share: number): string => {
    const bytes = readFileSync(from);
    writeFileSync(at(to), bytes.subarray(0, Math.floor(bytes.length * share)));
    return at(to);
  };

  it('that ends in the middle of a frame is kept as far as it goes', async () => {
    const noise = {
      paint: (t: number, x: number, y: number) => 10 * t + ((x * 7 + y * 13 + t) % 10),
      width: 96,
      height: 96,
    };
    await makeVideo(at('whole.avi'), { ...noise, output: ['-c:v', 'ffv1'] });
    await makeVideo(at('whole.mkv'), noise);
    for (const name of ['whole.avi', 'whole.mkv']) {
      expect((await decoded(at(name))).flaw).toBeNull();
      const { means, flaw } = await decoded(cut(at(name), `cut-${name}`, 0.6));
      expect(means.length).toBeGreaterThan(8);
      expect(means.length).toBeLessThan(14);
      expect(flaw).toMatch(/^of 20 frames that it announces 1\d could be decoded/);
    }
  });

  it('that starts late is whole, and cut off when it is', async () => {
    const ffmpeg = await ensureFfmpeg();
    for (const ending of ['mkv', 'mp4', 'asf', 'flv', 'ts']) {
      await makeVideo(at(`early.${ending}`), { frames: 40, output: ['-c:v', ending === 'flv' ? 'flv1' : 'mpeg4'] });
      await runFfmpeg(['-i', at(`early.${ending}`), '-c', 'copy', '-output_ts_offset', '2', at(`late.${ending}`)]);
      const header = await readVideoHeader(at(`late.${ending}`), ffmpeg);
      const { means, flaw, times } = await decoded(at(`late.${ending}`));
      expect([ending, Math.round(header!.seconds!), means.length, flaw]).toEqual([ending, 4, 40, null]);
      expect(times[0]).toBeLessThan(1);
    }
    const { flaw } = await decoded(cut(at('late.mkv'), 'cut-late.mkv', 0.6));
    expect(flaw).toMatch(/^of 40 frames that it announces [123]\d could be decoded/);
  });

  it('with a damaged index is read from the start all the same', async () => {
    const bytes = readFileSync(at('whole.avi'));
    bytes.fill(0xab, bytes.lastIndexOf('idx1') + 8);
    writeFileSync(at('index.avi'), bytes);
    const { means } = await decoded(at('index.avi'));
    expect(means.map((mean) => Math.floor(mean / 10))).toEqual(counting(20));
  });

  it.each([
    [
      'text called .mp4',
      () => writeFileSync(at('bad.mp4'), 'Once upon a time there was no video in here.\n'.repeat(50)),
      /^FFmpeg cannot read it: ./,
    ],
    ['an empty file', () => writeFileSync(at('bad.mp4'), ''), /^it is empty$/],
    [
      'a picture',
      () => runFfmpeg(['-f', 'lavfi', '-i', 'color=size=16x16', '-frames:v', '1', '-f', 'image2', at('bad.mp4')]),
      /^it is no video$/,
    ],
    [
      'sound alone',
      () => runFfmpeg(['-f', 'lavfi', '-i', 'sine=duration=0.2', at('bad.mp4')]),
      /^it has no stream of moving pictures$/,
    ],
    ['no index', () => cut(at('upright.mp4'), 'bad.mp4', 0.2), /^FFmpeg cannot read it: moov atom not found$/],
    [
      'no frame',
      () =>
        runFfmpeg([
          '-f',
          'lavfi',
          '-i',
          'color=size=16x16',
          '-frames:v',
          '0',
          '-c:v',
          'ffv1',
          '-f',
          'matroska',
          at('bad.mp4'),
        ]),
      /^FFmpeg cannot read it: ./,
    ],
    ['a play list', () => writeFileSync(at('bad.mp4'), `ffconcat version 1.0\nfile ${plain}\n`), /^it is no video$/],
    [
      'another play list',
      () => writeFileSync(at('bad.mp4'), `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n${plain}\n`),
      /^(it is no video|FFmpeg cannot read it)/,
    ],
    ['no file', () => rmSync(at('bad.mp4'), { force: true }), /^there is no such file$/],
  ])('is refused in one phrase: %s', async (_name, make, reason) => {
    await make();
    const { reason: received, means } = await decoded(at('bad.mp4'));
    expect(received).toMatch(reason);
    expect(means).toEqual([]);
  });

  it('that would fill the disk is cut off', async () => {
    const { means, flaw } = await decoded(plain, { limits: { bytes: 5 * 16 * 16 } });
    expect(numbers(means)).toEqual([0, 1, 2, 3, 4]);
    expect(flaw).toBe('it is longer than the limit: the first 5 frames are kept');
    const tooLarge = await decoded(plain, { limits: { pixels: 1000 } });
    expect(tooLarge.reason).not.toBeNull();
  });
});

describe('the program', () => {
  /** A program that stands in for FFmpeg. */
  const fake = (name: string, script: string): Ffmpeg => {
    writeFileSync(at(name), `#!/bin/sh\n${script}\n`);
    chmodSync(at(name), 0o755);
    return { ...ffmpeg, path: at(name) };
  };

  it('that is gone, or is killed, is an error and not the fault of the video', async () => {
    await expect(decoded(plain, { ffmpeg: { ...ffmpeg, path: at('nowhere') } })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringMatching(/^The ffmpeg program .*nowhere is gone/),
    });
    await expect(decoded(plain, { ffmpeg: fake('killed', 'kill -9 $$') })).rejects.toMatchObject({
      code: 'IO',
      message: expect.stringMatching(
        /^FFmpeg was ended by SIGKILL while it decoded .*plain\.mkv; nothing of it was kept/,
      ),
    });
    const full = fake('full', "echo '[out#0 @ 0x1] [error] Error writing: No space left on device' >&2; exit 1");
    await expect(decoded(plain, { ffmpeg: full })).rejects.toMatchObject({ code: 'IO' });
  });

  it('that says nothing any more is ended', async () => {
    const { reason } = await decoded(plain, { ffmpeg: fake('hung', 'exec sleep 600'), limits: { silence: 200 } });
    expect(reason).toMatch(/no frame came for 0 s/);
  });

  it('that speaks after its last frame leaves no timer behind, which would keep the process alive', async () => {
    const [started, cleared] = [vi.spyOn(globalThis, 'setTimeout'), vi.spyOn(globalThis, 'clearTimeout')];
    // Its output ends at once, and its words go on for a while.
    const talking = fake('talking', 'exec 1>&-; for i in 1 2 3 4 5; do echo word >&2; sleep 0.05; done');
    await decoded(plain, { ffmpeg: talking, limits: { silence: 77_777 } });
    const ended = new Set(cleared.mock.calls.map(([timer]) => timer));
    const timers = started.mock.results.filter((_, i) => started.mock.calls[i]![1] === 77_777);
    vi.restoreAllMocks();
    expect(timers.length).toBeGreaterThan(0);
    expect(timers.filter(({ value }) => !ended.has(value))).toEqual([]);
  });

  it('ends when it is interrupted', async () => {
    const controller = new AbortController();
    const work = decoded(plain, { ffmpeg: fake('slow', 'exec sleep 600'), signal: controller.signal });
    controller.abort();
    await expect(work).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });

  it.runIf(existsSync('/proc/self/task'))('ends with the process that started it', async () => {
    const long = await makeVideo(at('long.mkv'), { frames: 200, width: 256, height: 256 });
    const module = new URL('./decode-video.ts', import.meta.url).pathname;
    // The first frame is waited for for ever, so that FFmpeg cannot get rid of its frames.
    const child = new Child(`
      import { decodeVideo } from ${JSON.stringify(module)};
      const shape = { height: 256, width: 256, channels: 3 };
      decodeVideo(${JSON.stringify(long)}, { ffmpeg: ${JSON.stringify(ffmpeg)}, shape, rate: 10 }, () => {
        console.log('frame');
        return new Promise(() => {});
      });
      setInterval(() => {}, 1000);
    `);
    await child.line();
    const pid = child.process.pid!;
    const started = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean),
    );
    const isAlive = (one: string): boolean =>
      existsSync(`/proc/${one}/cmdline`) && readFileSync(`/proc/${one}/cmdline`, 'utf8').includes('long.mkv');
    expect(started.filter(isAlive)).toHaveLength(1);
    await child.kill();
    for (let i = 0; i < 100 && started.some(isAlive); i++) await sleep(100);
    expect(started.filter(isAlive)).toEqual([]);
  });

  it('leaves nothing behind over many files', async () => {
    const used = (): number => process.memoryUsage().rss / 2 ** 20;
    const round = async (): Promise<void> => {
      for (let i = 0; i < 12; i++) await decoded(plain, { rate: 2 });
    };
    await round();
    const before = { memory: used(), files: readdirSync('/dev/fd').length };
    await round();
    await round();
    expect(used() - before.memory).toBeLessThan(20);
    expect(readdirSync('/dev/fd').length).toBeLessThanOrEqual(before.files);
  });
});
