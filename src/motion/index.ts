export { type Box, isInside, overlap } from '../data/box.js';
export {
  type CameraMotion,
  type CameraOptions,
  cameraMotion,
  fitMotion,
  flowMotion,
  residuals,
} from './camera.js';
export { CorrelationTracker, type Tracked, trackBox } from './correlation-tracker.js';
export { egomotion, UNKNOWN_MOTIONS, type UnknownMotion } from './egomotion.js';
export { denseFlow, type Flow, flowTensor, meanMagnitude, moved, withoutCamera } from './flow.js';
export { motionWeights } from './motion-weights.js';
export { movingMask } from './moving-masks.js';
export {
  cutPatch,
  type DecodedVideo,
  type Dropped,
  fullestWindow,
  minePatches,
  type PatchPair,
  type PatchPlace,
} from './moving-patches.js';
export { cameraSpecs, type OpenCameraOptions, openCamera } from './open-camera.js';
export { movingSpecs, type OpenMovingMasksOptions, openMovingMasks } from './open-moving-masks.js';
export { type OpenPatchesOptions, openPatches, patchesSpecs } from './open-patches.js';
export { type GrayPicture, grayPictures, type Points } from './picture.js';
export { findCorners, followPoints } from './points.js';
export {
  type CornerOptions,
  cornerOptions,
  type EgomotionOptions,
  egomotionOptions,
  type FitOptions,
  type FlowOptions,
  type FollowOptions,
  fitOptions,
  flowOptions,
  followOptions,
  type MaskOptions,
  type MinerOptions,
  maskOptions,
  minerOptions,
  type TrackerOptions,
  trackerOptions,
} from './settings.js';
export { type TrackedFrame, type TrackVideoOptions, trackVideo, type VideoTrack } from './track-video.js';
export { VisionPool, visionPool } from './vision-pool.js';
export type { Fit, Followed, Matrix3 } from './vision-tasks.js';
