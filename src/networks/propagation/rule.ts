import { expected } from '../../errors.js';

/** How labels travel from frames whose labels are known to the next one. */
export interface PropagationRule {
  /** What compares two cells: the cosine of their features, or the plain dot product. */
  readonly similarity: 'cosine' | 'dot';
  /** Similarities are divided by it before the softmax. */
  readonly temperature: number;
  /** Most similar cells that a cell takes its labels from; null for all. */
  readonly topK: number | null;
  /** Whether cells that are as similar as the k-th are taken too, however many. */
  readonly keepsTies: boolean;
  /** Farthest cells that a cell looks at, in cells; null for all. */
  readonly radius: number | null;
  /** `square`: at most `radius` cells away along each side. `disk`: less than `radius` away in Euclidean distance, and the cell itself. */
  readonly window: 'square' | 'disk';
  /** Whether the window holds for the first frame too. */
  readonly isFirstRestricted: boolean;
  /** Frames before the target that give labels, besides the first of the video. */
  readonly last: number;
  /** Whether frames before the first are copies of it: early targets then see it several times. */
  readonly isPadded: boolean;
  /** How a mask comes to the grid: its class at the nearest pixel, or bilinear shares of classes. */
  readonly grid: 'nearest' | 'bilinear';
  /**
   * How labels come back from the grid: `input` scales each class to [0, 1] at the size of the network's input, takes the largest, and
   * brings that to the frame by the nearest pixel; `frame` takes the largest at the size of the frame.
   */
  readonly answer: 'input' | 'frame';
}

/**
 * Contrastive random walk (Jabri, Owens, Efros 2020): `test.py` of github.com/ajabri/videowalk with the options of its README. The
 * masks there come to the grid by bilinear interpolation of one-hot classes (`data/vos.py` hands `INTER_LINEAR` to another argument,
 * bilinear is the default).
 */
const crw: PropagationRule = {
  ...{ similarity: 'cosine', temperature: 0.05, topK: 10, keepsTies: false },
  ...{ radius: 12, window: 'disk', isFirstRestricted: false, last: 20, isPadded: true },
  ...{ grid: 'bilinear', answer: 'frame' },
};

/** DINO (Caron et al. 2021): `eval_video_segmentation.py` of github.com/facebookresearch/dino. */
const dino: PropagationRule = {
  ...{ similarity: 'cosine', temperature: 0.1, topK: 5, keepsTies: true },
  ...{ radius: 12, window: 'square', isFirstRestricted: true, last: 7, isPadded: false },
  ...{ grid: 'nearest', answer: 'input' },
};

/**
 * Video colorization (Vondrick et al. 2018): a softmax over all cells of the references. The first frame and the last two stand for
 * its three references.
 */
const colorization: PropagationRule = {
  ...{ similarity: 'dot', temperature: 0.5, topK: null, keepsTies: false },
  ...{ radius: null, window: 'square', isFirstRestricted: false, last: 2, isPadded: false },
  ...{ grid: 'nearest', answer: 'frame' },
};

/** The published rules by name. */
export const PROPAGATION_RULES = { crw, dino, colorization } as const satisfies Record<string, PropagationRule>;

export type PropagationRuleName = keyof typeof PROPAGATION_RULES;

/** @throws AutodidactError `USAGE` for a value that is out of range */
export function checkRule(rule: PropagationRule): PropagationRule {
  const isCount = (value: number, least: number) => Number.isSafeInteger(value) && value >= least;
  const { temperature, topK, radius, last } = rule;
  if (!(temperature > 0 && Number.isFinite(temperature)))
    throw expected('a number above 0', 'temperature', temperature);
  if (topK !== null && !isCount(topK, 1)) throw expected('a whole number of at least 1', 'topK', topK);
  if (radius !== null && !isCount(radius, 0)) throw expected('a whole number of at least 0', 'radius', radius);
  if (!isCount(last, 0)) throw expected('a whole number of at least 0', 'last', last);
  return rule;
}
