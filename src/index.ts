/// <reference types="node" preserve="true" />
/**
 * The package's public door: what a program needs to pretrain, evaluate and export, and the rooms beneath it. libtorch is
 * loaded at the first tensor, not by the import.
 */
export * as augment from './augment/index.js';
export { Backbone, type BackboneOptions } from './backbones/backbone.js';
export type { BackboneDefinition } from './backbones/definition.js';
export { backbones, createBackbone } from './backbones/registry.js';
export { reestimateBatchNorm } from './backbones/statistics.js';
export { fromPublished, toPublished } from './backbones/text-layouts.js';
export { type TextInput, TextTransformer } from './backbones/text-transformer.js';
export { type CompareOptions, compare, resumeComparison } from './compare/compare.js';
export type { CompareEvent } from './compare/events.js';
export type { ComparedRow, CompareResult } from './compare/result.js';
export { renderComparison } from './compare/table.js';
export * from './data/index.js';
export * from './engine/index.js';
export * as nn from './engine/nn/index.js';
export * as optim from './engine/optim/index.js';
export { readSafetensors, type SafetensorsContent, writeSafetensors } from './engine/safetensors.js';
export { AutodidactError, type ErrorCode } from './errors.js';
export { denseStructure } from './evaluate/dense-structure.js';
export { type EvaluationEvent, evaluate } from './evaluate/evaluate.js';
export { type ExtractOptions, extractFeatures, extractMaps, type LabeledFeatures } from './evaluate/features.js';
export { type FinetuneOptions, type FinetuneRequest, type FinetuneResult, finetune } from './evaluate/finetune.js';
export { isAboveChance, threeSigma } from './evaluate/gates.js';
export { type KnnOptions, type KnnResult, knn } from './evaluate/knn.js';
export { type LabelAmount, parseLabelAmount } from './evaluate/label-amounts.js';
export { LABEL_FREE_TITLES, refusalOf, scoreWithoutLabels } from './evaluate/label-free.js';
export { evaluateFewShot, type FewShotOptions, type FewShotResult } from './evaluate/language/few-shot.js';
export { type Perplexity, perplexity } from './evaluate/language/perplexity.js';
export { type LinearOptions, type LinearResult, linearProbe, probe } from './evaluate/linear.js';
export type { EvaluationProgress } from './evaluate/measuring.js';
export { type CocoFigures, cocoAp } from './evaluate/metrics/coco.js';
export { type PixelFigures, pixelFigures } from './evaluate/metrics/confusion.js';
export { type MultiLabelFigures, multiLabelFigures } from './evaluate/metrics/multi-label.js';
export type { Detection, TrueObject } from './evaluate/metrics/objects.js';
export { type Rouge, rouge } from './evaluate/metrics/rouge.js';
export { type VocFigures, vocAp } from './evaluate/metrics/voc.js';
export { type MonitorScores, monitor } from './evaluate/monitor.js';
export { copiesInWords } from './evaluate/overlap.js';
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
export { evaluateRetrieval } from './evaluate/retrieval/evaluate-retrieval.js';
export {
  alignment,
  type LabelFreeScores,
  labelFreeScores,
  rankMe,
  uniformity,
  viewRetrieval,
} from './evaluate/scores.js';
export type { Baseline, EvaluateOptions } from './evaluate/setting.js';
export { alphaReq, intrinsicDimension, spectralDecay } from './evaluate/spectrum-scores.js';
export type { EvaluatedRun } from './evaluate/subject.js';
export { renderMarkdown, renderTable } from './evaluate/table.js';
export type { Frozen, Labeled, Loss, Task } from './evaluate/task.js';
export { classification } from './evaluate/tasks/classification.js';
export { detection } from './evaluate/tasks/detection.js';
export { multiLabel } from './evaluate/tasks/multi-label.js';
export { findTask, tasks } from './evaluate/tasks/registry.js';
export { segmentation } from './evaluate/tasks/segmentation.js';
export { ldaTrace, lidar } from './evaluate/view-scores.js';
export { writeComparison } from './export/comparison/write-comparison.js';
export { type EmbeddingTable, writeEmbeddings } from './export/embeddings.js';
export { type Exported, exportEncoder } from './export/export-encoder.js';
export { EXPORTS, type ExportKind } from './export/export-kinds.js';
export { checkOnnx, OnnxModel } from './export/onnx/check.js';
export { type TracedFunction, toOnnx } from './export/onnx/to-onnx.js';
export { drawPreviews } from './export/pictures/draw-previews.js';
export { drawSheet } from './export/pictures/sheet.js';
export { type FollowedVideo, type FollowVideoOptions, followVideo } from './export/propagated/follow-video.js';
export { readEmbeddings } from './export/read-embeddings.js';
export { readEmbedding, refreshEmbedding, saveEmbedding } from './export/report/embedding-file.js';
export { type Embedding, type GatherOptions, gatherEmbedding } from './export/report/gather.js';
export { writeReport } from './export/report/report.js';
export { type ExportedScenes, type ExportScenesOptions, exportScenes } from './export/scenes.js';
export { exportTransformers, type TransformersSource } from './export/transformers/export-transformers.js';
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
export { type DuplicateGroup, duplicateGroups, learnThreshold } from './search/duplicates.js';
export { FeatureSearch, type Hit } from './search/neighbors.js';
export { STRATEGIES, type Strategy } from './search/strategies.js';
export { type Suggestion, type SuggestOptions, suggest } from './search/suggest.js';
export { buildEncoder, buildMethod } from './train/build.js';
export { fromRecipe, SMALL_IMAGE, type TrainingOptions, trainingOptions } from './train/config.js';
export { type DataDependentOptions, initializeFromData, initializeGaussian } from './train/data-dependent.js';
export { INITIALIZATIONS, type Initialization, initialize } from './train/initialization.js';
export { type LoadedRun, loadRun } from './train/load.js';
export { type LoadEncoderOptions, type LoadedEncoder, loadEncoder } from './train/load-encoder.js';
export { resume, type TrainRequest, type TrainResult, train, type Watcher } from './train/loop.js';
export { type PreviewData, previewData, type StepPreviews, type TileData } from './train/preview-data.js';
export { type PictureFile, readPreviews, type SavedPreviews } from './train/preview-files.js';
export { previewOf } from './train/previews.js';
export type { RunConfig } from './train/run-config.js';
export { openRunData } from './train/run-data.js';
export type { RunEvent } from './train/run-events.js';
export { RunFolder } from './train/run-folder.js';
export { packageVersion, versions } from './version.js';
