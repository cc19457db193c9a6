import { compose, horizontalFlip, type Transform } from '../../augment/index.js';

/** Mirrors half of the images left to right, or, without `useFlip`, leaves all as they are and draws nothing. */
export const halfFlipped = (useFlip: boolean): Transform => compose(...(useFlip ? [horizontalFlip(0.5)] : []));
