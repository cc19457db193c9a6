/**
 * CPC of frames: watch a video block by block and find, among those of all videos, the vectors of the blocks that come next.
 *
 * Han, Xie, Zisserman, "Video Representation Learning by Dense Predictive Coding" (DPC), 2019, https://arxiv.org/abs/1909.04656; code:
 * github.com/TengdaHan/DPC. It is CPC (van den Oord, Li, Vinyals 2018, https://arxiv.org/abs/1807.03748) over the blocks of a video, at each
 * place of their maps: a GRU gathers the context c_t, a small network predicts z_(t+1) from it, the GRU takes the prediction for what was
 * seen, and so on. Each prediction must be more like its own vector than like all other predicted blocks and places of the batch.
 *
 * With the episodes of an agent, the action that leads to a block goes into the GRU and into the prediction of that block (as in Guo et al.,
 * "Neural Predictive Belief Representations", 2018, https://arxiv.org/abs/1811.06407): contexts then say where the agent is, as far as it can
 * be known.
 *
 * Batch norm in training takes its statistics from all blocks, those to be found among them, as in DPC; with `norm: 'layer'` or `'none'` a
 * context depends on earlier blocks alone in training too.
 */
import { z } from 'zod';
import {
  type ClipTransform,
  colorJitter,
  compose,
  composeClips,
  normalize,
  overFrames,
  randomResizedCrop,
  singleChannel,
  toFloat,
} from '../../augment/index.js';
import { NORMS } from '../../backbones/norms.js';
import { CONTEXT_LAYOUTS, type RecurrentBackbone } from '../../backbones/recurrent.js';
import { clipArchitecture, hasOption } from '../../backbones/registry.js';
import { type ClipSpec, type EpisodeSpec, firstSamples, type SamplesOf } from '../../data/index.js';
import { type Generator, noGrad, ops, scope, Tensor } from '../../engine/index.js';
import { Conv2d, init, ReLU, Sequential } from '../../engine/nn/index.js';
import { AutodidactError } from '../../errors.js';
import { filmStrip } from '../../modalities/clip.js';
import { gridNce, meanNce, rowAccuracy } from '../losses/grid-nce.js';
import {
  type Batch,
  defineMethod,
  type EncoderContext,
  Method,
  type MethodContext,
  type Outcome,
  type Preview,
} from '../method.js';
import * as option from '../options.js';
import { card } from './cpc-video.card.js';

const options = z.object({
  blocks: option.whole(8, 'Blocks of a clip', { min: 2 }),
  blockFrames: option.whole(5, 'Frames of a block'),
  predictedBlocks: option.whole(3, 'Blocks that are predicted, one after the other'),
  predictFrom: option.choice(
    ['last', 'all'],
    'Which contexts predict: the last one that leaves room, as DPC, or every one',
  ),
  layout: z
    .enum(CONTEXT_LAYOUTS)
    .default('map')
    .describe('Contexts at each place of the map, as DPC, or one for all of it'),
  contextSize: option.whole(256, 'Dimensions of the vectors of blocks and of contexts'),
  norm: z.enum(NORMS).default('batch').describe('Norm of a ResNet; batch norm sees all blocks of a batch in training'),
  minimumScale: option.minimumScale(
    0.5,
    'Smallest share of the frame that a crop covers, the same for all frames of a clip',
  ),
  useFlip: option.flag(true, 'Random horizontal flip of each clip; episodes are not mirrored'),
  channelProbability: option.share(0.5, 'Share of frames of which one channel is kept'),
  colorStrength: option.colorStrength(1, 'brightness, contrast, saturation 0.5 s, hue 0.25 s, of each frame'),
});

type Options = z.output<typeof options>;
type Spec = ClipSpec | EpisodeSpec;
/** Standardized frames, with the planes of their actions, (N, T, C + A, H, W). */
type ClipViews = { clips: Tensor };

/** Predictions from one context, and the vectors that they must find: (N, D, P, places) each. */
interface Predicted {
  predictions: Tensor;
  targets: Tensor;
}

export class CPCVideo extends Method<Options, ClipViews, unknown, Spec> {
  declare readonly backbone: RecurrentBackbone;
  /** From a context and the next action to the vector of the next block. */
  readonly predictor: Sequential;
  private readonly augment: ClipTransform;

  constructor(context: MethodContext<Options, Spec>) {
    super(context);
    const { blocks, blockFrames, predictedBlocks, contextSize } = this.options;
    const { frames, height, width } = this.spec;
    if (predictedBlocks >= blocks)
      throw new AutodidactError(
        'USAGE',
        `Expected fewer predicted blocks than the ${blocks} of a clip, received ${predictedBlocks}`,
        {
          remedy: 'Lower --predicted-blocks, or raise --blocks.',
        },
      );
    if (frames < blocks * blockFrames)
      throw new AutodidactError(
        'USAGE',
        `Expected clips of at least ${blocks * blockFrames} frames for ${blocks} blocks of ${blockFrames}, received ${frames}`,
        { remedy: 'Take fewer --blocks, shorter ones (--block-frames), or longer clips (--frames).' },
      );
    const last = new Conv2d(contextSize, contextSize, 1);
    // All answers are equally likely at first.
    init.constant_(last.weight, 0);
    init.constant_(last.bias!, 0);
    this.predictor = new Sequential(new Conv2d(contextSize + actionsOf(this.spec), contextSize, 1), new ReLU(), last);
    const { minimumScale, useFlip, channelProbability, colorStrength: s } = this.options;
    const flip = useFlip && actionsOf(this.spec) === 0 ? 0.5 : 0;
    const crop = randomResizedCrop({
      size: [height, width],
      scale: [minimumScale, 1],
      interpolation: 'bilinear',
      flip,
    });
    const jitter = colorJitter({ brightness: 0.5 * s, contrast: 0.5 * s, saturation: 0.5 * s, hue: 0.25 * s, p: 1 });
    this.augment = composeClips(
      overFrames(crop, 'channels'),
      overFrames(compose(singleChannel(channelProbability), jitter), 'apart'),
    );
  }

  override views({ samples }: Batch<Spec>, random: Generator): ClipViews {
    const { blocks, blockFrames } = this.options;
    const { frames, actions } = parts(samples);
    const length = blocks * blockFrames;
    const changed = this.augment(frames.narrow(1, 0, length), random);
    return { clips: this.encoder.prepare(joined(changed, actions?.narrow(1, 0, length))) };
  }

  override loss({ clips }: ClipViews): Outcome {
    const { vectors, contexts } = this.encode(clips);
    const made = this.predict(vectors, contexts, this.backbone.actionsOf(clips));
    const { loss, accuracy } = meanNce(made.map(({ predictions, targets }) => gridNce(predictions, targets, 0)));
    const inTime = made.map(({ predictions, targets }) => rowAccuracy(predictions, targets));
    const metrics = { accuracy, temporalAccuracy: ops.stack(inTime, 0).mean() };
    return { loss, metrics, features: contexts.select(2, contexts.size(2) - 1).mean([2, 3]) };
  }

  /** Vectors of the blocks and contexts up to each of them, (N, D, B, h, w). */
  private encode(clips: Tensor): { vectors: Tensor; contexts: Tensor } {
    const [vectors, contexts] = this.backbone.pyramid(clips, ['blocks', 'context']) as [Tensor, Tensor];
    return { vectors, contexts };
  }

  /** The predictions from each context that predicts, the earliest first. `actions` (N, B, A) led to the blocks. */
  private predict(vectors: Tensor, contexts: Tensor, actions: Tensor): Predicted[] {
    const { predictedBlocks, predictFrom } = this.options;
    const [count, size, blocks, height, width] = vectors.shape as [number, number, number, number, number];
    const latest = blocks - predictedBlocks - 1;
    const starts = Array.from({ length: latest + 1 }, (_, t) => t).slice(predictFrom === 'last' ? latest : 0);
    const first = starts[0]!;
    const places = height * width;
    // Rows in the order sample, start, place.
    let state = contexts.narrow(2, first, starts.length).permute([0, 2, 3, 4, 1]).reshape([-1, size]);
    const steps = Array.from({ length: predictedBlocks }, (_, k) => {
      const done = actions.narrow(1, first + k + 1, starts.length); // (N, starts, A)
      const rows = done
        .unsqueeze(2)
        .expand([-1, -1, places, -1])
        .reshape([state.size(0), actions.size(2)])
        .to(state.dtype);
      const input = ops.cat([state, rows], 1).unsqueeze(2).unsqueeze(3);
      const made = this.predictor.forward(input).flatten(1); // (N starts places, D)
      if (k + 1 < predictedBlocks) state = this.backbone.step(made, rows, state);
      return made.view([count, starts.length, places, size]);
    });
    const all = ops.stack(steps, 3); // (N, starts, places, P, D)
    return starts.map((t, i) => ({
      predictions: all.select(1, i).permute([0, 3, 2, 1]),
      targets: vectors.narrow(2, t + 1, predictedBlocks).flatten(3),
    }));
  }

  override preview({ samples }: Batch<Spec>): Preview[] {
    const { blocks, blockFrames, predictedBlocks: predicted } = this.options;
    const { frames, actions } = parts(firstSamples(samples as Tensor, 6) as SamplesOf<Spec>);
    const length = blocks * blockFrames;
    const clips = this.encoder.prepare(joined(frames.narrow(1, 0, length), actions?.narrow(1, 0, length)));
    const { vectors, contexts } = this.encode(clips);
    const { predictions, targets } = this.predict(vectors, contexts, this.backbone.actionsOf(clips)).at(-1)!;
    const count = frames.size(0);
    // The last prediction of each clip against the predicted blocks of all clips, summed over the places.
    const asked = predictions.select(2, predicted - 1).flatten(1); // (N, D places)
    const all = targets.transpose(1, 2).flatten(0, 1).flatten(1); // (N P, D places)
    const answers = asked.matmul(all.t()).argmax(1).toNumbers();
    const seen = blocks - predicted;
    const middle = (block: number): number => block * blockFrames + (blockFrames >> 1);
    const strip = (clip: number, from: number, to: number): Tensor =>
      filmStrip(
        ops.stack(
          Array.from({ length: to - from }, (_, i) => frames.select(0, clip).select(0, middle(from + i))),
          0,
        ),
      );
    const rows = answers.map((answer, i) => {
      const [clip, block] = [Math.floor(answer / predicted), answer % predicted];
      const image = toFloat(frames.narrow(0, clip, 1).select(1, middle(seen + block))).select(0, 0);
      return [
        { image: strip(i, Math.max(0, seen - 4), seen), caption: 'seen' },
        { image: strip(i, seen, blocks), caption: `what comes next; to be found: the ${ordinal(predicted)}` },
        {
          image,
          caption: `says: the ${ordinal(block + 1)} of ${clip === i ? 'this one' : `number ${clip + 1}`}`,
          isCorrect: clip === i && block === predicted - 1,
        },
      ];
    });
    const done = actions === undefined ? '' : ', given what the agent does next';
    const explanation = `From what was seen so far${done}, the network must find the last of the next ${predicted} blocks among those of all ${count} rows.`;
    return [{ title: 'What comes next?', explanation, rows, chance: 1 / all.size(0) }];
  }
}

const ordinal = (place: number): string => ['first', 'second', 'third'][place - 1] ?? `${place}th`;

const actionsOf = (spec: Spec): number => (spec.modality === 'episode' ? spec.actions : 0);

/** Frames per second of DPC's clips of Kinetics-400: every fifth of 30. */
const RATE = 6;

/** Frames (N, T, C, H, W), and the actions (N, T) of an agent. */
function parts(samples: SamplesOf<Spec>): { frames: Tensor; actions?: Tensor } {
  return samples instanceof Tensor ? { frames: samples } : samples;
}

function joined(frames: Tensor, actions: Tensor | undefined): SamplesOf<Spec> {
  return actions === undefined ? frames : { frames, actions };
}

/** Standardized frames; behind their channels a plane for each action, 1 in that of the one that led to the frame, 0 in the others. */
function prepare(samples: SamplesOf<Spec>, spec: Spec): Tensor {
  return noGrad(() =>
    scope(() => {
      const { frames, actions } = parts(samples);
      const clips = normalize(spec.mean, spec.std)(toFloat(frames.flatten(0, 1))).unflatten(0, [frames.size(0), -1]);
      if (actions === undefined) return clips;
      const kinds = ops.arange(0, actionsOf(spec), 1, { dtype: 'int64', device: frames.device });
      const [height, width] = clips.shape.slice(3) as [number, number];
      const planes = actions
        .unsqueeze(2)
        .eq(kinds)
        .to('float32')
        .unsqueeze(3)
        .unsqueeze(4)
        .expand([-1, -1, -1, height, width]);
      return ops.cat([clips, planes], 2);
    }),
  );
}

export const cpcVideo = defineMethod({
  ...card,
  modalities: ['clip', 'episode'],
  options,
  smallOptions: { blockFrames: 1, predictFrom: 'all', contextSize: 128 },
  needs: ({ blocks, blockFrames }) => ({ frames: blocks * blockFrames, fps: RATE, leastFrames: blocks * blockFrames }),
  encoder({ options, spec, architecture, makeBackbone }: EncoderContext<Options, Spec>) {
    const { blockFrames, contextSize, layout } = options;
    const norm = hasOption(architecture, 'norm') ? { norm: options.norm } : {};
    const recurrent = { blockFrames, contextSize, layout, actions: actionsOf(spec) };
    const { mean, std } = spec;
    return {
      spec,
      backbone: makeBackbone({ ...norm, recurrent }, `recurrent-${clipArchitecture(architecture)}`),
      preparation: { mean, std },
      prepare: (samples) => prepare(samples, spec),
    };
  },
  create: (context: MethodContext<Options, Spec>) => new CPCVideo(context),
});
