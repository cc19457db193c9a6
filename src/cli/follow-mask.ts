import { existsSync, readdirSync } from 'node:fs';
import { basename, extname } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import { AutodidactError, expected } from '../errors.js';
import { writeAtomically } from '../files.js';
import { counted, duration } from '../format.js';
import { PROPAGATION_RULES, type PropagationRuleName } from '../networks/propagation/rule.js';
import { parseValues } from '../options.js';
import { Interrupt } from './interrupt.js';
import { print, printJson, say } from './output.js';
import { Progress } from './progress.js';
import { addSchemaOptions, givenValues, written } from './schema-options.js';

/** Shorter side of what the network reads, where nothing is asked for, as in the published evaluations on DAVIS. */
const USUAL_SIDE = 480;
/** Sides of what the network reads are multiples of this, so that cells of strided maps fill the frame. */
const MULTIPLE = 16;
/** Relative difference of proportions that rounding explains. */
const SAME_PROPORTIONS = 0.02;

const names = Object.keys(PROPAGATION_RULES) as [PropagationRuleName, ...PropagationRuleName[]];

const options = z.object({
  rule: z.enum(names).default('crw').describe('How labels travel from frame to frame'),
  layer: z
    .string()
    .optional()
    .describe(
      'Layer of the backbone to read (default: the last with at least 16 cells along the shorter side of its map)',
    ),
  size: z
    .number()
    .int()
    .min(16)
    .max(4096)
    .optional()
    .describe(`Shorter side of what the network reads, in pixels (default: the video's, at most ${USUAL_SIDE})`),
  fps: z.number().positive().max(1000).optional().describe('Frames per second at most (default: all)'),
  device: z.string().default('auto').describe('cpu, cuda, cuda:1, mps, or auto'),
});

export interface FollowGiven {
  mask: string;
  from?: number;
  to?: number;
  out?: string;
  json?: boolean;
}

/** Adds the options of how a mask is followed. */
export function addMaskOptions(command: Command): void {
  addSchemaOptions(command, options, ({ default: value }) => (value === undefined ? '' : `default: ${written(value)}`));
}

/** The options of how a mask is followed that were given, and which of them were. */
export const givenMaskOptions = (command: Command): Record<string, unknown> => givenValues(command, options);

/** What --mask takes. */
export const MASK_FILE =
  'a PNG with a palette, or in gray, with the number of its object at each pixel and 0 for the ground; or with a color for each ' +
  'object, and black or nothing for the ground';

export function readSeconds(text: string): number {
  const seconds = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(seconds)) throw expected('a number of seconds', 'seconds', text);
  return seconds;
}

/**
 * Follows the objects of a mask through a video by the features of a run, and writes what it finds.
 *
 * @param how the options that were given, see `givenMaskOptions`
 */
export async function followMask(
  path: string,
  video: string,
  given: FollowGiven,
  how: Record<string, unknown>,
): Promise<void> {
  const settings = parseValues(options, how);
  if (!existsSync(video)) throw new AutodidactError('NOT_FOUND', `There is no video ${video}`);
  const out = given.out ?? `${basename(video, extname(video))}-masks`;
  if (existsSync(out) && readdirSync(out).length > 0)
    throw new AutodidactError('USAGE', `The folder ${out} is not empty`, { remedy: 'Give another with --out.' });
  const [
    { loadRun },
    { MaskFollower },
    { followVideo },
    { VOC_PALETTE },
    { readObjectMask },
    { ensureFfmpeg },
    decoder,
    { timeRange },
  ] = await Promise.all([
    import('../train/load.js'),
    import('../evaluate/propagation/mask-follower.js'),
    import('../export/propagated/follow-video.js'),
    import('../data/mask-file.js'),
    import('../data/object-mask.js'),
    import('../data/video/ffmpeg.js'),
    import('../data/video/decode-video.js'),
    import('../data/video/time-range.js'),
  ]);
  const mask = await readObjectMask(given.mask);
  const run = loadRun(path, { device: settings.device });
  say(...run.warnings);
  const ffmpeg = await ensureFfmpeg();
  const header = await decoder.readVideoHeader(video, ffmpeg);
  if (header === null)
    throw new AutodidactError('DATA', `${video} cannot be read as a video`, {
      remedy: 'Give a file with moving pictures, such as an .mp4.',
    });
  const frame = { height: header.height, width: header.width };
  const range = timeRange(given, header.seconds);
  checkProportions(mask, frame, given.mask);
  const input = inputSize(frame, settings.size, run.encoder.backbone.options.patchSize);
  const interrupt = new Interrupt('stopping; the masks that are written stay; again to quit at once');
  const progress = new Progress('following', 'percent');
  const rule = PROPAGATION_RULES[settings.rule];
  const follower = new MaskFollower({
    ...{ encoder: run.encoder, rule, mask, input, output: frame, signal: interrupt.signal },
    ...(settings.layer === undefined ? {} : { layer: settings.layer }),
  });
  say(`${counted(follower.objects.length, 'object')} in ${given.mask}: ${follower.objects.join(', ')}`);
  const started = performance.now();
  try {
    const explanation =
      `${counted(follower.objects.length, 'object')} of the first frame, followed with ${follower.layer} of ` +
      `${run.definition.title} by the rule of ${settings.rule}, at ${input.width} x ${input.height} pixels.`;
    const result = await followVideo({
      ...{ path: video, ffmpeg, follower, input, output: frame, palette: mask.palette ?? VOC_PALETTE, folder: out },
      ...{ explanation, step: run.step, signal: interrupt.signal },
      ...(settings.fps === undefined ? {} : { fps: settings.fps }),
      ...(range && { range }),
      onProgress: (share) => progress.update(Math.round(100 * share), 100),
    });
    progress.stop();
    const { frames, times, flaw, masks, sheet, animation } = result;
    if (flaw !== null) say(`${video}: ${flaw}`);
    const { layer, objects, grid, lost } = follower;
    if (lost.length > 0)
      say(
        `Too small for a grid of ${grid!.width} x ${grid!.height} cells, and lost: object ${lost.join(', ')}. Raise --size, or take an earlier --layer.`,
      );
    const about = {
      ...{ run: path, video, mask: given.mask, rule: settings.rule, layer, objects, lost },
      ...{ input, output: frame, grid, frames, times: [...times] },
    };
    writeAtomically(`${out}/propagation.json`, `${JSON.stringify(about, null, 2)}\n`);
    if (given.json) printJson({ ...about, masks, sheet, animation });
    else {
      print(`masks      ${masks} (${counted(frames, 'frame')}, ${duration((performance.now() - started) / 1000)})`);
      print(`sheet      ${sheet}`, `animation  ${animation}`);
    }
  } catch (error) {
    progress.stop();
    if (!interrupt.signal.aborted) throw error;
    process.exitCode = interrupt.exitCode;
  } finally {
    follower.dispose();
    interrupt.stop();
  }
}

interface Size {
  readonly height: number;
  readonly width: number;
}

/** @throws AutodidactError `DATA` for a mask of other proportions than the video */
function checkProportions(mask: Size, frame: Size, path: string): void {
  const difference = Math.abs(Math.log((mask.width * frame.height) / (mask.height * frame.width)));
  if (difference > SAME_PROPORTIONS)
    throw expected(
      `a mask with the proportions of the video, ${frame.width} x ${frame.height},`,
      'mask',
      `${path} of ${mask.width} x ${mask.height}`,
      { code: 'DATA', remedy: 'Make it of the first frame as it is shown, without crop.' },
    );
  if (mask.width !== frame.width || mask.height !== frame.height)
    say(
      `${path} has ${mask.width} x ${mask.height} pixels and the video ${frame.width} x ${frame.height}: each pixel of a frame takes the nearest of the mask`,
    );
}

/** What the network reads of a frame: the shorter side as asked, both multiples of the patches' or the maps' cells. */
function inputSize({ height, width }: Size, side: number | undefined, patch: number | undefined): Size {
  const multiple = patch ?? MULTIPLE;
  const scale = (side ?? Math.min(USUAL_SIDE, height, width)) / Math.min(height, width);
  const rounded = (pixels: number) => Math.max(multiple, multiple * Math.round((pixels * scale) / multiple));
  return { height: rounded(height), width: rounded(width) };
}
