import type { z } from 'zod';
import { expected } from '../errors.js';
import type { Needs } from '../modalities/modality.js';
import { nearest, parseOptions } from '../options.js';
import { deepCluster } from './image/automatic-labels/deep-cluster.js';
import { deeperCluster } from './image/automatic-labels/deeper-cluster.js';
import { exemplar } from './image/automatic-labels/exemplar.js';
import { localAggregation } from './image/automatic-labels/local-aggregation.js';
import { noiseAsTargets } from './image/automatic-labels/noise-as-targets.js';
import { syntheticImagery } from './image/automatic-labels/synthetic-imagery.js';
import { amdim } from './image/contrastive/amdim.js';
import { barlowTwins } from './image/contrastive/barlow-twins.js';
import { byol } from './image/contrastive/byol.js';
import { cpc } from './image/contrastive/cpc.js';
import { cpcV2 } from './image/contrastive/cpc-v2.js';
import { dino } from './image/contrastive/dino.js';
import { iJepa } from './image/contrastive/i-jepa.js';
import { instanceDiscrimination } from './image/contrastive/instance-discrimination.js';
import { moco } from './image/contrastive/moco.js';
import { nnclr } from './image/contrastive/nnclr.js';
import { simclr } from './image/contrastive/simclr.js';
import { simsiam } from './image/contrastive/simsiam.js';
import { swav } from './image/contrastive/swav.js';
import { vicreg } from './image/contrastive/vicreg.js';
import { yadim } from './image/contrastive/yadim.js';
import { autoencoder } from './image/generative/autoencoder.js';
import { bigBiGan } from './image/generative/big-bigan.js';
import { biGan } from './image/generative/bigan.js';
import { colorProxy } from './image/generative/color-proxy.js';
import { colorization } from './image/generative/colorization.js';
import { contextEncoder } from './image/generative/context-encoder.js';
import { mae } from './image/generative/mae.js';
import { splitBrain } from './image/generative/split-brain.js';
import { superResolution } from './image/generative/super-resolution.js';
import { egomotion } from './image/geometric/egomotion.js';
import { rotation } from './image/geometric/rotation.js';
import { multiTask } from './image/multi-task/multi-task.js';
import { counting } from './image/patches/counting.js';
import { jigsaw } from './image/patches/jigsaw.js';
import { patchPosition } from './image/patches/patch-position.js';
import type { MethodDefinition } from './method.js';
import { cpcSound } from './sound/cpc-sound.js';
import { bart } from './text/bart.js';
import { bert } from './text/bert.js';
import { cbow } from './text/cbow.js';
import { cpcText } from './text/cpc-text.js';
import { electra } from './text/electra.js';
import { elmo } from './text/elmo.js';
import { gpt } from './text/gpt.js';
import { pegasus } from './text/pegasus.js';
import { sentenceOrder } from './text/sentence-order.js';
import { simcse } from './text/simcse.js';
import { skipGram } from './text/skip-gram.js';
import { skipThoughts } from './text/skip-thoughts.js';
import { t5 } from './text/t5.js';
import { cpcVideo } from './video/cpc-video.js';
import { crw } from './video/crw.js';
import { cvrl } from './video/cvrl.js';
import { motionSegmentation } from './video/motion-segmentation.js';
import { shuffleAndLearn } from './video/shuffle-and-learn.js';
import { trackingPatches } from './video/tracking-patches.js';
import { videoColorization } from './video/video-colorization.js';
import { videoMae } from './video/video-mae.js';

/** Every method, in the order in which lists show them. */
const registered: MethodDefinition[] = [
  rotation,
  egomotion,
  patchPosition,
  jigsaw,
  counting,
  contextEncoder,
  colorization,
  colorProxy,
  splitBrain,
  superResolution,
  autoencoder,
  mae,
  biGan,
  bigBiGan,
  exemplar,
  deepCluster,
  deeperCluster,
  localAggregation,
  noiseAsTargets,
  syntheticImagery,
  multiTask,
  cpc,
  cpcV2,
  cpcSound,
  simclr,
  amdim,
  yadim,
  moco,
  byol,
  swav,
  instanceDiscrimination,
  simsiam,
  barlowTwins,
  vicreg,
  nnclr,
  dino,
  iJepa,
  videoColorization,
  crw,
  videoMae,
  cvrl,
  trackingPatches,
  motionSegmentation,
  shuffleAndLearn,
  cpcVideo,
  skipThoughts,
  elmo,
  gpt,
  bert,
  electra,
  simcse,
  sentenceOrder,
  bart,
  pegasus,
  t5,
  cpcText,
  skipGram,
  cbow,
] as readonly unknown[] as MethodDefinition[];

export const methods: readonly MethodDefinition[] = registered;

/** Adds a method of a program's own, so that runs of it can be loaded and continued. Returns a function that takes it out again. */
export function registerMethod(definition: Pick<MethodDefinition, 'name'>): () => void {
  if (registered.some(({ name }) => name === definition.name))
    throw expected('a name that no method has', 'method', definition.name);
  registered.push(definition as MethodDefinition);
  return () => void registered.splice(registered.indexOf(definition as MethodDefinition), 1);
}

/** The method of this name, or an error that names the nearest one. */
export function findMethod(name: string): MethodDefinition {
  const found = methods.find((method) => method.name === name);
  if (found !== undefined) return found;
  const names = methods.map((method) => method.name);
  throw expected('a method', 'method', name, {
    remedy: `Did you mean \`${nearest(String(name), names)}\`? \`autodidact methods\` lists all ${names.length}.`,
  });
}

/**
 * A method's options as written by a person, checked and completed.
 *
 * @param isSmall take the method's values for small samples where nothing was given
 */
export function parseMethodOptions<Schema extends z.ZodObject>(
  method: MethodDefinition<Schema>,
  given: Readonly<Record<string, unknown>>,
  isSmall: boolean,
): z.output<Schema> {
  const defaults = isSmall ? (method.smallOptions ?? {}) : {};
  return parseOptions(method.options, given, { owner: `Method ${method.name}`, defaults });
}

/** What a method with these options asks of samples. @throws AutodidactError `USAGE` as `parseMethodOptions` */
export function needsOf(method: MethodDefinition, given: Readonly<Record<string, unknown>>, isSmall: boolean): Needs {
  return method.needs?.(parseMethodOptions(method, given, isSmall)) ?? {};
}
