export type { Box } from './box.js';
export { CameraDataset } from './camera-dataset.js';
export { type CatalogRow, listDatasets } from './catalog.js';
export { channelsInWords, shownChannels } from './channels.js';
export { ClipDataset } from './clip-dataset.js';
export { type Amounts, Dataset, type DatasetInfo, type DatasetSummary, type Draw } from './dataset.js';
export { drawPart } from './draw.js';
export { DEGREES, type Degree, type Motion, quantileAt, reversed, turned } from './egomotion.js';
export { EpisodeDataset } from './episode-dataset.js';
export { type FetchOptions, fetchDataset } from './fetch.js';
export {
  FRAME_TARGETS,
  type FrameTargetKind,
  FrameTargets,
  STEP_TARGETS,
  type StepTargetKind,
  type Videos,
} from './frame-targets.js';
export { type DepthCamera, encodeHha, gravityOfPitch } from './hha.js';
export { ImageDataset } from './image-dataset.js';
export { encodeMask, type MaskFile, type Palette, readMaskFile, VOC_PALETTE } from './mask-file.js';
export { readObjectMask } from './object-mask.js';
export type { ImageObject, SampleObjects, Window } from './objects.js';
export { type OpenOptions, openImages } from './open.js';
export { openClips } from './open-clips.js';
export { openEpisodes } from './open-episodes.js';
export { openScenes, type SceneSet } from './open-scenes.js';
export { type OpenTextsOptions, openTexts } from './open-texts.js';
export type { PackOptions } from './pack.js';
export { PatchesDataset } from './patches-dataset.js';
export { Prng } from './prng.js';
export {
  GroupSampler,
  RandomSampler,
  type Sampler,
  type SamplerOptions,
  type SamplerState,
  SequentialSampler,
  WeightedSampler,
} from './sampler.js';
export {
  countSamples,
  disposeSamples,
  firstSamples,
  mapSamples,
  narrowSamples,
  type Samples,
  samplesTo,
  tensorsOf,
} from './samples.js';
export type { Skipped, Split } from './sources/source.js';
export { bibleVerses, type Verse } from './sources/text/bible.js';
export { brownSentences, type TaggedWord } from './sources/text/brown.js';
export type {
  CameraSpec,
  ClipSpec,
  EpisodeSpec,
  ImageSpec,
  PairSpec,
  PatchesSpec,
  SampleSpec,
  SamplesOf,
  SoundSpec,
  SpecialTokens,
  Tokens,
  TokensForm,
  TokensSpec,
} from './spec.js';
export { type LabelBudget, labelSubset, randomSplit, stratifiedSplit } from './split.js';
export { MAZE_ACTIONS, Maze, MazeEpisode } from './synthetic/maze.js';
export { NARRATIVE_RELATIONS, NARRATIVE_TOPICS, narrative } from './synthetic/narratives.js';
export {
  type PixelBox,
  renderScenes,
  SCENE_CLASSES,
  type SceneBatch,
  type SceneCamera,
  type SceneId,
  type SceneLook,
  type SceneOptions,
  type VisibleObject,
} from './synthetic/scenes.js';
export { SpriteVideo } from './synthetic/sprites.js';
export { type TaggedWords, TagTargets } from './tag-targets.js';
export {
  BoxTargets,
  ClassTargets,
  MaskTargets,
  MultiLabelTargets,
  PairTargets,
  PointTargets,
  type TargetCounts,
  type Targets,
} from './targets.js';
export { COUNTS_FILE, tokenCounts } from './text/assets.js';
export { readTokenizer, tokenizerOf } from './text/json-tokenizer.js';
export { TOKENIZER_FILE, TOKENIZER_KINDS, type Tokenizer, type TokenizerKind } from './text/tokenizer.js';
export { TokensDataset } from './text/tokens-dataset.js';
export { type ReadVideoFileOptions, readVideoFile } from './video/read-video.js';
