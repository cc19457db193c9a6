export { Adagrad, type AdagradOptions } from './adagrad.js';
export { Adam, type AdamOptions, AdamW } from './adam.js';
export { clipGradNorm } from './clip.js';
export { parameterGroups } from './groups.js';
export { Lars, type LarsOptions } from './lars.js';
export { type Group, Optimizer, type OptimizerOptions, type ParameterGroup } from './optimizer.js';
export type { Schedule } from './schedule.js';
export * as schedule from './schedule.js';
export { Sgd, type SgdOptions } from './sgd.js';
