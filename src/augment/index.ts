export * from './color.js';
export * from './color-shortcuts.js';
export * from './crop.js';
export { type Description, describedFields, describeTransform, type Plain } from './description.js';
export * from './distortion.js';
export * from './filter.js';
export * from './geometry.js';
export * from './gray-channels.js';
export { CHANNEL_HUES, chromaShares, splitHue } from './hue.js';
export * from './lab.js';
export * from './multi-crop.js';
export { type ClipTransform, composeClips, type FrameFold, overFrames } from './over-frames.js';
export * from './patch-changes.js';
export {
  cutPatchGrid,
  fromPatches,
  fromTubes,
  halfOverlapping,
  type Patches,
  type PatchGrid,
  toPatches,
  toTubes,
} from './patch-grid.js';
export * from './patch-shift.js';
export * from './patches.js';
export * from './pixel-ranges.js';
export * from './presets.js';
export {
  applySeparable,
  type Box,
  cropAndResize,
  type Interpolation,
  resamplingWeights,
  type Span,
} from './resample.js';
export * from './single-channel.js';
export * from './standardize.js';
export {
  compose,
  type FixedTransform,
  fixedTransform,
  inGroups,
  type Size,
  sampleChosen,
  type Transform,
  toChosen,
  toFloat,
  transform,
  uniforms,
} from './transform.js';
