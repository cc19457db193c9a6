/** Reasons that many choices of ours share. */

/** Of a recipe: its length, width and batch. */
export const FOR_CPUS = 'ours: a run of minutes to hours on a CPU; no recipe of this size is published';

/** Of options: widths of heads and lengths of queues. */
export const NARROW = 'ours: narrower, for the small networks of small samples';

/** Of views: blur and strong distortions. */
export const AS_SIMCLR_ON_CIFAR = 'ours: as SimCLR on CIFAR, whose images are too small to be blurred';

/** Of crops. */
export const FLIP_IN_CROP = 'the flip is part of the crop: it commutes with all that follows';

/** Of blurs in codes that call Pillow. */
export const PILLOW = `${FLIP_IN_CROP}; Pillow blurs by box filters of any length, ours is a Gaussian of a tenth of the side`;

/** Of schedules. */
export const ENDS_AT_ZERO = 'the cosine ends at 0 and the warm-up begins there; the code has small rates at both ends';

/** Of LARS. */
export const RATE_IN_MOMENTUM =
  'the rate is inside the momentum, as in the code of SimCLR; here the code multiplies by it afterwards';
