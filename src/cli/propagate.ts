import { Command } from 'commander';
import {
  addMaskOptions,
  type FollowGiven,
  followMask,
  givenMaskOptions,
  MASK_FILE,
  readSeconds,
} from './follow-mask.js';

/** `propagate <run> <video>`. */
export function propagateCommand(): Command {
  const command = new Command('propagate')
    .description(
      'Follows objects through a video: a mask of the first frame is carried from frame to frame by the similarity of the features ' +
        'that a run has learnt. Writes a mask for every frame, a sheet of pictures and an animation.',
    )
    .argument('<run>', 'a run folder, such as runs/simclr-1')
    .argument('<video>', 'a video file')
    .requiredOption('--mask <file.png>', `The objects in the first frame: ${MASK_FILE}`)
    .option('--from <seconds>', 'Time of the first frame', readSeconds, 0)
    .option('--to <seconds>', "Time of the last frame (default: the video's end)", readSeconds)
    .option('--out <folder>', 'A folder that is not there yet, or is empty (default: <video>-masks)');
  addMaskOptions(command);
  return command
    .option('--json', 'Print what was written as JSON')
    .addHelpText('after', '\nExample:\n  autodidact propagate runs/simclr-1 clip.mp4 --mask first.png --out followed')
    .action((run: string, video: string, given: FollowGiven) =>
      followMask(run, video, given, givenMaskOptions(command)),
    );
}
