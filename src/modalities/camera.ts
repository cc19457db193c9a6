import { z } from 'zod';
import { type CameraSpec, DEGREES } from '../data/index.js';
import { cameraSpecs, openCamera } from '../motion/index.js';
import type { Modality } from './modality.js';
import { besideEachOther, ofPictures, picturesSchema } from './two-pictures.js';

const quantiles = z.array(z.number()).min(2).max(10_000);

/** Pairs of frames of videos, with the motion of the camera between them. An encoder sees them as images. */
export const camera: Modality<CameraSpec> = {
  ...ofPictures<CameraSpec>(),
  name: 'camera',
  schema: picturesSchema('camera', { quantiles: z.record(z.enum(DEGREES), quantiles) }),
  plural: 'pairs of frames',
  claims: async (spec) => cameraSpecs.names(spec),
  open: (spec, { length: _, frames: __, fps: ___, ...options }) => openCamera(spec, options),
  hasSplit: cameraSpecs.hasSplit,
  resolve: cameraSpecs.resolve,

  // A frame that is cut or turned by itself would change the motion.
  preserve: () => null,
  views: () => null,

  show: ({ frames }, index, spec) => ({ kind: 'picture', image: besideEachOther(frames.select(0, index), spec) }),
};
