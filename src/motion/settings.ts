import { z } from 'zod';

const pixels = (least = 1) => z.number().min(least);
const whole = (least: number, most = 1_000_000) => z.int().min(least).max(most);

/** Parameters of Farnebäck's dense flow, as in OpenCV's `calcOpticalFlowFarneback`. */
export const flowOptions = z.object({
  pyramidScale: z.number().min(0.1).max(0.99).default(0.5).describe('Scale from each level of the pyramid to the next'),
  levels: whole(1, 30).default(3).describe('Levels of the pyramid'),
  window: whole(1, 255)
    .default(15)
    .describe('Side of the averaging window in pixels: larger ones follow faster motion and blur its edges'),
  iterations: whole(1, 1000).default(3).describe('Iterations at each level'),
  polynomialSide: whole(3, 31)
    .default(5)
    .describe('Side in pixels of the neighborhood that each polynomial is fitted to'),
  polynomialSigma: z.number().min(0.1).max(100).default(1.2).describe('Deviation of its Gaussian weights in pixels'),
});

/** Parameters of Shi and Tomasi's corners, as in OpenCV's `goodFeaturesToTrack`. */
export const cornerOptions = z.object({
  most: whole(1).default(500).describe('At most so many corners, best first'),
  quality: z.number().gt(0).max(1).default(0.01).describe("Least quality as a share of the best corner's"),
  distance: pixels(0).default(3).describe('Least distance of two corners in pixels'),
});

/** Parameters of pyramidal Lucas-Kanade, as in OpenCV's `calcOpticalFlowPyrLK`. */
export const followOptions = z.object({
  window: whole(3, 255).default(15).describe('Side of the window in pixels'),
  levels: whole(0, 30).default(3).describe('Levels of the pyramid above the picture itself'),
  roundTrip: pixels(0)
    .default(0.5)
    .describe(
      'A point that, followed there and back, ends farther than this from where it began counts as lost; in pixels',
    ),
});

/** Parameters of RANSAC. */
export const fitOptions = z.object({
  model: z.enum(['homography', 'affine']).default('homography').describe('The family of matrices'),
  threshold: z
    .number()
    .gt(0)
    .default(1)
    .describe('A point that lies farther from its place under the matrix is an outlier; in pixels'),
});

/** Parameters of the correlation-filter tracker. */
export const trackerOptions = z.object({
  padding: z.number().min(1).max(10).default(2).describe('Sides of the window that is searched, in sides of the box'),
  templateSide: whole(16, 512).default(96).describe('Samples along each side of the window'),
  sigma: z.number().gt(0).default(0.5).describe('Width of the Gaussian kernel'),
  regularization: z.number().gt(0).default(1e-4).describe('Weight of ridge regression'),
  rate: z.number().min(0).max(1).default(0.075).describe("Share of each new frame in the filter's memory"),
  labelSpread: z.number().gt(0).max(1).default(0.1).describe('Deviation of the wanted response, in sides of the box'),
});

/** How moving patches are mined; the defaults are those of Wang and Gupta 2015, for frames of 600 x 448 pixels. */
export const minerOptions = z.object({
  side: whole(8, 65_536).default(227).describe('Side of a patch in pixels'),
  frames: whole(1, 10_000).default(30).describe('Frames that a patch is followed for'),
  every: whole(1, 10_000).default(30).describe('Frames from the start of one patch to that of the next'),
  least: pixels(0)
    .default(0.5)
    .describe('A point moves by itself from this distance on, from a frame to the next; in pixels'),
  fewest: z
    .number()
    .min(0)
    .max(1)
    .default(0.25)
    .describe('Frames with a smaller share of moving points are dropped: noise'),
  most: z.number().min(0).max(1).default(0.75).describe('Frames with a larger share are dropped: the camera moves'),
  pointWindow: whole(3, 255)
    .default(9)
    .describe(
      'Side in pixels of the window that points are followed with; larger ones confuse the edge of a thing with its ground',
    ),
  isCameraRemoved: z.boolean().default(true).describe('Whether the motion of the camera is taken away'),
});
/** How the pixels of a frame that move by themselves are found. */
export const maskOptions = z.object({
  reach: whole(1, 100)
    .default(5)
    .describe('Frames before and after that a frame is compared with; each comparison is a vote'),
  least: pixels(0)
    .default(0.5)
    .describe('A pixel moves by itself from this distance to its place under the motion of the camera on; in pixels'),
  deviations: z
    .number()
    .min(0)
    .default(3)
    .describe('And from so many median distances of all pixels on, which are the noise of the flow'),
  window: whole(1, 255)
    .default(9)
    .describe('Averaging window of the flow in pixels: larger ones blur the edges of things'),
  isCameraRemoved: z.boolean().default(true).describe('Whether the motion of the camera is taken away'),
});

/** How the motion of the camera between two frames becomes a label. */
export const egomotionOptions = z.object({
  threshold: fitOptions.shape.threshold,
  fewest: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe('The motion is not known where a smaller share of the pixels agrees with it'),
  least: pixels(0).default(1).describe('The camera counts as still where it moves pixels by less than this on average'),
  alike: z
    .number()
    .min(-1)
    .max(1)
    .default(0.5)
    .describe('A cut lies between frames that correlate less than this once the motion is undone'),
});

export type FlowOptions = z.output<typeof flowOptions>;
export type CornerOptions = z.output<typeof cornerOptions>;
export type FollowOptions = z.output<typeof followOptions>;
export type FitOptions = z.output<typeof fitOptions>;
export type TrackerOptions = z.output<typeof trackerOptions>;
export type MaskOptions = z.output<typeof maskOptions>;
export type EgomotionOptions = z.output<typeof egomotionOptions>;
export type MinerOptions = z.output<typeof minerOptions>;
