import { basename, extname } from 'node:path';
import { Command } from 'commander';
import type { Box } from '../data/box.js';
import { AutodidactError, expected } from '../errors.js';
import { Thinned } from '../export/pictures/thinned.js';
import type { TrackPicture } from '../export/pictures/track.js';
import { ensureParent, writeAtomically } from '../files.js';
import { counted, figure } from '../format.js';
import type { VideoTrack } from '../motion/track-video.js';
import { addMaskOptions, followMask, givenMaskOptions, MASK_FILE, readSeconds } from './follow-mask.js';
import { print, printJson, say, shownPath } from './output.js';
import { Progress } from './progress.js';

interface Given {
  box?: Box;
  mask?: string;
  from: number;
  to?: number;
  out?: string;
  picture?: boolean;
  json?: boolean;
}

/** `track <video>` and `track <run> <video>`. */
export function trackCommand(): Command {
  const command = new Command('track')
    .description(
      'Follows a box through a video by a correlation filter, which needs no training; or, with --mask, the objects of a mask by ' +
        'the features that a run has learnt, as propagate does.',
    )
    .usage('[options] [run] <video>')
    .argument('<video>', 'a video file; with --mask a run folder before it')
    .argument('[rest]')
    .option('--box <x,y,w,h>', "the box in the first frame: left, top, width, height in the video's pixels", readBox)
    .option('--mask <file.png>', `the objects in the first frame: ${MASK_FILE}`)
    .option('--from <seconds>', 'time of the first frame', readSeconds, 0)
    .option('--to <seconds>', "time of the last frame (default: the video's end)", readSeconds)
    .option(
      '--out <path>',
      'with --box a .json file to which the box in every frame is written, with --mask a folder (default: <video>-masks)',
    )
    .option(
      '--picture',
      'draws the box over the frames: a contact sheet (.png) and an animation (.webp), named after --out; with --mask always',
    )
    .optionsGroup('With --mask:');
  addMaskOptions(command);
  return command
    .optionsGroup('Options:')
    .option('--json', 'Print the box in every frame, or what was written, as JSON')
    .addHelpText('after', EXAMPLES)
    .action((first: string, second: string | undefined, given: Given) => {
      const how = givenMaskOptions(command);
      const { mask } = given;
      if (mask !== undefined) return followMask(...runAndVideo(first, second, given), { ...given, mask }, how);
      return track(...onlyVideo(first, second, given, how));
    });
}

const EXAMPLES = `
Examples:
  autodidact track street.mp4 --box 120,80,60,140 --from 3 --out car.json --picture
  autodidact track runs/video-colorization-1 clip.mp4 --mask first.png`;

/** @throws AutodidactError `USAGE` for a box beside the mask, or no run */
function runAndVideo(run: string, video: string | undefined, { box }: Given): [run: string, video: string] {
  if (box !== undefined) throw new AutodidactError('USAGE', 'Either --box or --mask says what to follow, not both');
  if (video !== undefined) return [run, video];
  throw new AutodidactError('USAGE', '--mask takes a run and a video', {
    remedy: 'For example: autodidact track runs/video-colorization-1 clip.mp4 --mask first.png',
  });
}

/** @throws AutodidactError `USAGE` for no box, a run, or options that only masks have */
function onlyVideo(
  video: string,
  rest: string | undefined,
  given: Given,
  how: Record<string, unknown>,
): [video: string, given: Given & { box: Box }] {
  const { box } = given;
  if (box === undefined)
    throw new AutodidactError('USAGE', 'Nothing says what to follow', {
      remedy: 'Give a box in the first frame with --box, or a run before the video and a mask with --mask.',
    });
  if (rest !== undefined)
    throw new AutodidactError('USAGE', `A box is followed without a run: ${video} and ${rest} are one too many`, {
      remedy: 'Give the video alone, or --mask in place of --box.',
    });
  const [stray] = Object.keys(how);
  if (stray !== undefined) throw new AutodidactError('USAGE', `--${stray} goes with --mask, not with --box`);
  return [video, { ...given, box }];
}

async function track(video: string, given: Given & { box: Box }): Promise<void> {
  if (given.out !== undefined && extname(given.out).toLowerCase() !== '.json')
    throw expected('a file that ends in .json', 'out', given.out);
  const [{ trackVideo }, pictures] = await Promise.all([
    import('../motion/track-video.js'),
    given.picture ? import('../export/pictures/track.js') : null,
  ]);
  const drawn = new Thinned<{ picture: Omit<TrackPicture, 'time'>; frame: number }>(MOST_DRAWN);
  let count = 0;
  const progress = new Progress('tracking', 'frames');
  let found: VideoTrack;
  try {
    found = await trackVideo(video, given.box, {
      ...given,
      onProgress: (done, total) => progress.update(done, total),
      async onFrame(data, { box }, { width, height, rate }) {
        const frame = count++;
        const every = Math.max(1, Math.round(rate / DRAWN_PER_SECOND));
        if (pictures === null || frame % every !== 0 || !drawn.wants(frame / every)) return;
        drawn.add(frame / every, { frame, picture: await pictures.trackPicture({ data, width, height }, box) });
      },
    });
  } finally {
    progress.stop();
  }
  const files: string[] = [];
  const write = (path: string, content: string | Uint8Array): void => {
    ensureParent(path);
    writeAtomically(path, content);
    files.push(path);
  };
  const result = { video, ...found };
  if (given.out !== undefined) write(given.out, `${JSON.stringify(result)}\n`);
  if (pictures !== null) {
    const base = given.out?.slice(0, -extname(given.out).length) ?? 'track';
    const shown = drawn
      .all()
      .map(({ picture: { picture, frame } }) => ({ ...picture, time: found.frames[frame]!.time }));
    write(`${base}.png`, await pictures.drawTrackSheet(shown, `A box followed through ${basename(video)}`));
    write(`${base}.webp`, await pictures.drawTrackAnimation(shown));
  }
  if (found.flaw !== null) say(`${video}: ${found.flaw}`);
  if (given.json) printJson({ ...result, files });
  else print(...summary(found), ...files.map(shownPath));
}

/** Frames per second in the pictures at most, and the most of them, spread evenly over the video. */
const DRAWN_PER_SECOND = 10;
const MOST_DRAWN = 600;

function summary({ frames }: VideoTrack): string[] {
  const [first, last] = [frames[0]!, frames.at(-1)!];
  const weakest = frames.reduce((least, frame) => (frame.peak < least.peak ? frame : least));
  const place = ({ left, top, width, height }: Box): string =>
    `${[left, top, width, height].map((value) => value.toFixed(1)).join(', ')}`;
  return [
    `${counted(frames.length, 'frame')} from ${figure(first.time)} to ${figure(last.time)} s`,
    `box at the end: ${place(last.box)}`,
    `lowest response: ${figure(weakest.peak)} at ${figure(weakest.time)} s (near 1: it looks as before; near 0: it is lost)`,
  ];
}

function readBox(text: string): Box {
  const numbers = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  const [left, top, width, height] = numbers as [number, number, number, number];
  if (numbers.length !== 4 || !numbers.every(Number.isFinite))
    throw expected('four numbers x,y,w,h, such as 120,80,60,140', '--box', text);
  return { left, top, width, height };
}
