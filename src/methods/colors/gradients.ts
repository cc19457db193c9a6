/** The input of networks that see the gradients of the gray image (`sobel`) instead of colors, which would be an easy way to sort images. */
import { flag } from '../options.js';

export const useSobel = flag(true, 'Show the network two gradients of the gray image instead of colors');

/** Channels of such an input: horizontal and vertical. */
export const GRADIENTS = 2;

/** For the preparation of an encoder: the last thing that is done. */
export const SOBEL_NOTE =
  'the mean of the channels is convolved with [[1, 0, -1], [2, 0, -2], [1, 0, -1]] and with its transpose, zeros beyond the edges: two channels';
