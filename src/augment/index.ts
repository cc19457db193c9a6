export * from './color.js';
export * from './crop.js';
export { type Description, describeTransform, type Plain } from './description.js';
export * from './filter.js';
export * from './geometry.js';
export * from './patches.js';
export * from './presets.js';
export {
  applySeparable,
  type Box,
  cropAndResize,
  type Interpolation,
  resamplingWeights,
  type Span,
} from './resample.js';
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
