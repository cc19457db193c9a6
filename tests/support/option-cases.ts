/** How the options of each method are varied on tiny data. */

export interface OptionCase {
  /** Options of every bench: small networks, and whatever makes others matter. */
  base?: Readonly<Record<string, unknown>>;
  /** Backbone of every bench, where it is not the usual one of tests. */
  backbone?: string;
  /** Side of the images in pixels: 16, 32 or 48; 16 where the method takes them, or else 32. */
  side?: number;
  /** Other values of an option, where the generic ones do not do. */
  values?: Readonly<Record<string, readonly unknown[]>>;
  /** Options without which an option has nothing to act on. */
  partners?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** The backbone without which an option has nothing to act on. */
  backbones?: Readonly<Record<string, string>>;
}

/** @param encoder the file of an encoder for images of three channels */
export const optionCases = (encoder: string): Readonly<Record<string, OptionCase>> => ({
  rotation: { values: { angles: [[0, 180]], padding: [0, 1] } },
  egomotion: {
    base: { topWidth: 4, hiddenSize: 8 },
    side: 48,
    values: { motions: [['x', 'zoom']], zoom: [1.5], shift: [0.2], angle: [10], jitter: [0] },
    partners: { zoom: { motions: ['x', 'zoom'] } },
  },
  'patch-position': {
    base: { towerSize: 8, headSize: 8 },
    values: { patchSize: [10], gap: [1], jitter: [0], smallestScale: [0.9] },
    side: 48,
  },
  jigsaw: {
    base: { permutationCount: 8, tileFeatures: 8, headSize: 8 },
    side: 48,
    values: { cellSize: [14], tileSize: [10], conv1Stride: [1] },
    partners: { permutationSeed: { permutationRule: 'greedy-mean' }, conv1Stride: { tileSize: 15 } },
    backbones: { conv1Stride: 'alexnet' },
  },
  counting: { base: { counts: 8, hiddenSize: 8 }, side: 32, values: { cropShare: [0.9] } },
  'context-encoder': {
    base: { bottleneckSize: 8, decoderWidth: 4, discriminatorWidth: 4 },
    partners: {
      blocks: { mask: 'blocks' },
      overlap: { mask: 'central' },
      adversarialWeight: { loss: 'joint' },
      bottleneckSize: { bottleneck: 'dense' },
      discriminatorWidth: { loss: 'joint' },
    },
  },
  colorization: { base: { decoderWidth: 4 }, values: { grayThreshold: [60] } },
  'color-proxy': { base: { locations: 4, headSize: 8 }, values: { margin: [0.2] } },
  'split-brain': { base: { decoderWidth: 4 } },
  'super-resolution': {
    base: { cropSize: 20, blocks: 1, tailWidth: 4, discriminatorWidth: 4 },
    backbone: 'srresnet',
    side: 32,
    values: { encoder: [encoder], contentLayer: ['layer1'], cropSize: [24] },
    partners: { contentLayer: { encoder } },
  },
  autoencoder: { base: { codeSize: 4, decoderWidth: 4 } },
  mae: { base: { decoderWidth: 8, decoderDepth: 1, decoderHeads: 2 } },
  bigan: { base: { codeSize: 4, generatorWidth: 4, discriminatorWidth: 4 } },
  'big-bigan': {
    base: { codeSize: 4, generatorWidth: 4, discriminatorWidth: 4, hiddenSize: 4, blocks: 1 },
  },
  exemplar: { base: { seedPatches: 16, hiddenSize: 8 }, values: { patchSize: [8] } },
  'deep-cluster': { base: { pcaSize: 8, iterations: 1 }, values: { clusters: [3], hiddenSize: [8] } },
  'deeper-cluster': {
    base: { clusters: 4, superClusters: 2, pcaSize: 8, iterations: 1 },
    values: { clusters: [6], hiddenSize: [8] },
  },
  'local-aggregation': {
    base: { projectionSize: 8, backgroundNeighbors: 4 },
    values: { clusters: [3], negatives: [8] },
  },
  'noise-as-targets': { base: { targetSize: 8, hiddenSize: 8 } },
  'synthetic-imagery': {
    base: { scenes: 4, poolSize: 4, trunkWidth: 8, headWidth: 4, discriminatorWidth: 4 },
    values: { scenes: [2] },
  },
  'multi-task': {
    base: { towerSize: 8, headSize: 8, decoderWidth: 4, embeddingSize: 4 },
    values: { tasks: [['position'], ['color', 'exemplar']], patchSize: [10], gap: [1], jitter: [0] },
    partners: { sparsity: { layers: 'lasso' } },
    side: 48,
  },
  cpc: { base: { contextSize: 8, contextBlocks: 1 }, values: { patchSize: [10], frame: [0.2] } },
  'cpc-v2': { base: { contextSize: 8, contextBlocks: 1, targetSize: 8 }, values: { patchSize: [10] } },
  simclr: { base: { projectionSize: 8 }, values: { hiddenSize: [8] } },
  moco: { base: { projectionSize: 8, queueSize: 8, normGroups: 2 } },
  byol: { base: { projectionSize: 8, hiddenSize: 8 } },
  swav: {
    base: {
      prototypes: 4,
      projectionSize: 8,
      hiddenSize: 8,
      smallCrops: 1,
      frozenSteps: 1,
      queueSize: 4,
      queueStartEpoch: 1,
    },
    values: { smallCropSize: [12], queueSize: [8, 0] },
  },
  'instance-discrimination': { base: { projectionSize: 8 }, values: { negatives: [8] } },
  simsiam: { base: { projectionSize: 8, predictorSize: 4 }, values: { hiddenSize: [8] } },
  'barlow-twins': { base: { projectionSize: 8, hiddenSize: 8 } },
  vicreg: { base: { projectionSize: 8, hiddenSize: 8 } },
  nnclr: { base: { projectionSize: 8, hiddenSize: 8, predictorSize: 8, queueSize: 8 } },
  dino: {
    base: { outputSize: 16, hiddenSize: 8, bottleneckSize: 4, smallCrops: 1 },
    values: { smallCropSize: [12] },
  },
  'video-colorization': { base: { embeddingSize: 8, headWidth: 8 }, partners: { headWidth: { headBlocks: 1 } } },
  crw: { base: { projectionSize: 8 }, values: { patchSize: [10] } },
  'video-mae': { base: { decoderWidth: 8, decoderDepth: 1, decoderHeads: 2 }, values: { patchSize: [4] } },
  cvrl: { base: { projectionSize: 8 }, values: { hiddenSize: [8] } },
  // Votes lie on both sides of these bounds.
  'motion-segmentation': { base: { headSize: 8 }, values: { still: [0.2], moving: [0.5] } },
  // Two negatives and margins that all reach, so that each choice is another one; the run is random at first.
  'tracking-patches': {
    base: { hiddenSize: 8, projectionSize: 8, margin: 1, negatives: 2, randomShare: 0 },
    values: { randomShare: [0.5] },
  },
  'i-jepa': { base: { predictorWidth: 8, predictorDepth: 1, predictorHeads: 2 } },
  'cpc-video': {
    base: { contextSize: 8 },
    values: { blocks: [6], blockFrames: [2], predictedBlocks: [2] },
    partners: { blockFrames: { blocks: 4 } },
  },
  // Of two masks of a text each is as likely; texts are read again and again.
  bert: { base: { masking: 'static' }, values: { mostHidden: [2], embeddingSize: [4], blocks: [2], shortShare: [1] } },
  electra: { values: { embeddingSize: [4], generatorShare: [1] } },
  'sentence-order': { values: { sentences: [2] } },
  pegasus: { values: { choice: ['random', 'lead'], smallestShare: [0.9], largestShare: [1] } },
  'skip-thoughts': { base: { embeddingSize: 4 }, values: { longest: [15] } },
  elmo: { values: { negatives: [8] }, partners: { characters: { input: 'characters' } } },
  gpt: { values: { blocks: [2] } },
  'cpc-text': { base: { embeddingSize: 4 } },
  'shuffle-and-learn': {
    base: { frameSize: 8, headSize: 8 },
    // No two frames of the tiny clips differ so much: of all draws the best is taken.
    values: { leastDifference: [1] },
  },
});
