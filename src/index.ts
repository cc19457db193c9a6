/// <reference types="node" preserve="true" />
/**
 * The package's public door: what a program needs to pretrain, evaluate and export, and the rooms beneath it. libtorch is
 * loaded at the first tensor, not by the import.
 */
export * as augment from './augment/index.js';
export { Backbone, type BackboneOptions } from './backbones/backbone.js';
export { type BackboneDefinition, backbones, createBackbone } from './backbones/registry.js';
export { reestimateBatchNorm } from './backbones/statistics.js';
export { fromPublished, toPublished } from './backbones/text-layouts.js';
export { type TextInput, TextTransformer } from './backbones/text-transformer.js';
export * from './data/index.js';
export * from './engine/index.js';
export * as nn from './engine/nn/index.js';
export * as optim from './engine/optim/index.js';
export { readSafetensors, type SafetensorsContent, writeSafetensors } from './engine/safetensors.js';
export { AutodidactError, type ErrorCode } from './errors.js';
export { type EvaluationEvent, evaluate } from './evaluate/evaluate.js';
export { type ExtractOptions, extractFeatures, extractMaps, type LabeledFeatures } from './evaluate/features.js';
export { type FinetuneOptions, type FinetuneRequest, type FinetuneResult, finetune } from './evaluate/finetune.js';
export { isAboveChance, threeSigma } from './evaluate/gates.js';
export { type KnnOptions, type KnnResult, knn } from './evaluate/knn.js';
export { type LabelAmount, parseLabelAmount } from './evaluate/label-amounts.js';
export { evaluateFewShot, type FewShotOptions, type FewShotResult } from './evaluate/language/few-shot.js';
export { type Perplexity, perplexity } from './evaluate/language/perplexity.js';
export { type LinearOptions, type LinearResult, linearProbe, probe } from './evaluate/linear.js';
export type { EvaluationProgress } from './evaluate/measuring.js';
export { type MonitorScores, monitor } from './evaluate/monitor.js';
export { pretextScore } from './evaluate/pretext.js';
export { evaluatePropagation } from './evaluate/propagation/evaluate-propagation.js';
export { FrameReader } from './evaluate/propagation/frame-maps.js';
export { MaskFollower, type MaskFollowerOptions } from './evaluate/propagation/mask-follower.js';
export { type Bitmap, boundaryF, type Course, courseOf, jaccard } from './evaluate/propagation/mask-scores.js';
export type { NamedRule, PropagationOptions } from './evaluate/propagation/options.js';
export { PCK_SHARES, type PointHits, pck, pointHits } from './evaluate/propagation/point-scores.js';
export { PROTOCOLS, type Protocol } from './evaluate/protocols.js';
export { addEvaluation, readEvaluations, type SavedEvaluation } from './evaluate/records.js';
export {
  type Comparison,
  ENCODERS,
  type EncoderKind,
  type EvaluationResult,
  type EvaluationRow,
  type EvaluationSummary,
  summarize,
  type Verdict,
} from './evaluate/result.js';
export {
  alignment,
  type LabelFreeScores,
  labelFreeScores,
  ldaTrace,
  rankMe,
  uniformity,
  viewRetrieval,
} from './evaluate/scores.js';
export type { Baseline, EvaluatedRun, EvaluateOptions } from './evaluate/setting.js';
export { renderMarkdown, renderTable } from './evaluate/table.js';
export type { Frozen, Labeled, Loss, Task } from './evaluate/task.js';
export { classification } from './evaluate/tasks/classification.js';
export { findTask, tasks } from './evaluate/tasks/registry.js';
export { segmentation } from './evaluate/tasks/segmentation.js';
export { type EmbeddingTable, writeEmbeddings } from './export/embeddings.js';
export { drawPreviews } from './export/pictures/draw-previews.js';
export { drawSheet } from './export/pictures/sheet.js';
export { type FollowedVideo, type FollowVideoOptions, followVideo } from './export/propagated/follow-video.js';
export { readEmbedding, refreshEmbedding, saveEmbedding } from './export/report/embedding-file.js';
export { type Embedding, type GatherOptions, gatherEmbedding } from './export/report/gather.js';
export { writeReport } from './export/report/report.js';
export { type ExportedScenes, type ExportScenesOptions, exportScenes } from './export/scenes.js';
export type { Job } from './job.js';
export { type KMeans, type KMeansOptions, kMeans } from './methods/clusters/k-means.js';
export { normalizedMutualInformation } from './methods/clusters/nmi.js';
export * from './methods/method.js';
export { findMethod, methods, parseMethodOptions, registerMethod } from './methods/registry.js';
export {
  type ContinuationOptions,
  continuations,
  continueTexts,
  type LanguageModel,
  noText,
} from './methods/text/continuation.js';
export { Gpt } from './methods/text/gpt.js';
export { encodePrompt, TextStream } from './methods/text/prompts.js';
export { type SamplingOptions, sampleTokens } from './methods/text/sampling.js';
export { flowColors } from './modalities/flow-colors.js';
export type { Augment, Modality, Needs, OpenOptions, Shown, TokenNeeds } from './modalities/modality.js';
export { modalityOf, openData, registerModality } from './modalities/registry.js';
export * as motion from './motion/index.js';
export { gridToMask, gridToPoints, maskToGrid, type Point, pointsToGrid } from './networks/propagation/grid.js';
export { LabelPropagation, propagate } from './networks/propagation/propagate.js';
export { PROPAGATION_RULES, type PropagationRule } from './networks/propagation/rule.js';
export { parseOptions, parseValues } from './options.js';
export { type PretrainOptions, pretrain, type ResumeOptions, resumeRun } from './pretrain.js';
export { buildEncoder, buildMethod } from './train/build.js';
export { fromRecipe, SMALL_IMAGE, type TrainingOptions, trainingOptions } from './train/config.js';
export { type DataDependentOptions, initializeFromData, initializeGaussian } from './train/data-dependent.js';
export { INITIALIZATIONS, type Initialization, initialize } from './train/initialization.js';
export { type LoadedRun, loadRun } from './train/load.js';
export { resume, type TrainRequest, type TrainResult, train, type Watcher } from './train/loop.js';
export { type PreviewData, previewData, type StepPreviews, type TileData } from './train/preview-data.js';
export { type PictureFile, readPreviews, type SavedPreviews } from './train/preview-files.js';
export { previewOf } from './train/previews.js';
export type { RunConfig } from './train/run-config.js';
export { openRunData } from './train/run-data.js';
export type { RunEvent } from './train/run-events.js';
export { RunFolder } from './train/run-folder.js';
export { packageVersion, versions } from './version.js';
