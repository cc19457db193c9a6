export { autocast, enableGrad, fullPrecision, gradientsOf, noGrad, withoutGraph } from './autograd.js';
export { GRID_OUTSIDE, GRID_READING, REDUCTION } from './choices.js';
export {
  devices,
  hasFastBfloat16,
  type MemoryFigures,
  memory,
  resetPeakMemory,
  selectDevice,
  synchronize,
  threads,
  withThreads,
} from './device.js';
export { type DType, dtypeBytes, dtypes, isFloating, type MemoryFormat, type TypedArray } from './dtype.js';
export * as ops from './ops.generated.js';
export { float, type Scalar } from './ops.generated.js';
export { Generator, manualSeed, randomState, setRandomState } from './random.js';
export { keep, scope } from './scope.js';
export { type Device, fromFile, type NestedNumbers, parameter, Tensor, tensor } from './tensor.js';
export { trainWords, type WordPaths, type WordTables, type WordTotals, type WordTraining } from './word-training.js';
