/**
 * CPC of sound: hear a waveform so far and find, among those of all sounds, the vectors of what comes next.
 *
 * van den Oord, Li, Vinyals, "Representation Learning with Contrastive Predictive Coding", 2018, section 3.1,
 * https://arxiv.org/abs/1807.03748. The authors have published no code.
 *
 * z_t is the vector of 160 samples, c_t what a GRU has gathered up to t. For each step k = 1 to 12, W_k c_t must be more like z_(t+k) than
 * like the vectors of all other times and sounds of the batch (InfoNCE): the method of `cpc` in one direction, time. Features of a
 * sound are the mean of its contexts.
 */
import { z } from 'zod';
import type { Backbone } from '../../backbones/backbone.js';
import { SOUND_STRIDE } from '../../backbones/sound.js';
import { decodeMuLaw } from '../../data/mu-law.js';
import { type Generator, ops, type Tensor } from '../../engine/index.js';
import { Conv2d, init, Sequential } from '../../engine/nn/index.js';
import { AutodidactError } from '../../errors.js';
import { drawWaveform } from '../../modalities/draw-waveform.js';
import { gridNce, meanNce } from '../losses/grid-nce.js';
import {
  type Batch,
  type DataDescription,
  defineMethod,
  Method,
  type Outcome,
  type Preview,
  type Views,
} from '../method.js';

const options = z.object({
  steps: z
    .number()
    .int()
    .min(1)
    .default(12)
    .describe('How many of the next vectors are predicted, each by a matrix of its own'),
  smallestLevel: z
    .number()
    .gt(0)
    .max(1)
    .default(1)
    .describe('Smallest factor on the loudness of a sound, drawn anew each time; 1 leaves it, as the paper does'),
});

type Options = z.output<typeof options>;

export class CPCSound extends Method {
  /** W_k for each step. */
  readonly predictors: Sequential;
  /** Vectors of each sound. */
  readonly length: number;

  constructor(
    readonly options: Options,
    override readonly backbone: Backbone,
    data: DataDescription,
  ) {
    super();
    this.length = Math.floor(data.imageSize ** 2 / SOUND_STRIDE);
    if (this.length <= options.steps)
      throw new AutodidactError(
        'USAGE',
        `Expected sounds of more than ${options.steps * SOUND_STRIDE} samples for ${options.steps} steps of ${SOUND_STRIDE}, received ${data.imageSize ** 2}`,
        { remedy: 'Take fewer steps (--steps), or longer sounds (--size).' },
      );
    const sizeOf = (layer: string): number => backbone.layerSize(layer);
    this.predictors = new Sequential(
      ...Array.from(
        { length: options.steps },
        () => new Conv2d(sizeOf('context'), sizeOf('conv5'), 1, { bias: false }),
      ),
    );
    // Small, so that all answers are equally likely at first.
    for (const layer of this.predictors.layers) init.normal_((layer as Conv2d).weight, 0, 0.1 / sizeOf('conv5'));
  }

  /** Waveforms in [-1, 1], packed as they came: (N, 1, S, S). */
  override prepare(samples: Tensor): Tensor {
    return decodeMuLaw(samples);
  }

  override views({ samples }: Batch, random: Generator): Views {
    const waves = this.prepare(samples);
    const { smallestLevel } = this.options;
    if (smallestLevel === 1) return { waves };
    const draws = ops.rand([samples.size(0), 1, 1, 1], { generator: random, device: random.device }).to(waves.device);
    return { waves: waves.mul(draws.mul(1 - smallestLevel).add(smallestLevel)) };
  }

  override loss(views: Views): Outcome {
    const { z, context } = this.encode(views.waves as Tensor);
    const parts = this.predictors.layers.map((_, k) => gridNce(this.predict(context, k), z, k + 1));
    const { loss, accuracy } = meanNce(parts);
    return { loss, metrics: { accuracy }, features: context.mean([2, 3]) };
  }

  /** Vectors and contexts as columns, time downwards: (N, D, T, 1). */
  private encode(waves: Tensor): { z: Tensor; context: Tensor } {
    const [z, context] = this.backbone.pyramid(waves, ['conv5', 'context']).map((map) => map.transpose(2, 3));
    return { z: z!, context: context! };
  }

  private predict(context: Tensor, k: number): Tensor {
    return (this.predictors.layers[k] as Conv2d).forward(context);
  }

  override preview({ samples }: Batch): Preview[] {
    const shown = samples.narrow(0, 0, Math.min(6, samples.size(0)));
    const waves = this.prepare(shown);
    const { z, context } = this.encode(waves);
    const [count, size, times] = [z.size(0), z.size(1), z.size(2)];
    const last = Math.min(this.options.steps, Math.max(1, Math.floor(times / 4)));
    const now = Math.floor((times - last) / 2);
    const asked = this.predict(context, last - 1)
      .select(3, 0)
      .select(2, now); // (N, D)
    const all = z
      .select(3, 0)
      .transpose(1, 2)
      .reshape([count * times, size]);
    const answers = asked.matmul(all.t()).argmax(1).toNumbers();
    const rows = answers.map((answer, i) => {
      const [sound, time] = [Math.floor(answer / times), answer % times];
      const wave = (of: number): Tensor => waves.select(0, of).flatten();
      const at = (t: number) => ({ from: t * SOUND_STRIDE, to: (t + 1) * SOUND_STRIDE, color: 'asked' as const });
      const heard = { from: 0, to: (now + 1) * SOUND_STRIDE, color: 'heard' as const };
      return [
        {
          image: drawWaveform(wave(i), 96, 288, [at(now + last), heard]),
          caption: 'heard (blue), to be found (orange)',
        },
        {
          image: drawWaveform(wave(sound), 96, 288, [at(time)]),
          caption: `says: ${sound === i ? 'the same sound' : `sound ${sound + 1}`}, piece ${time + 1} of ${times}`,
          isCorrect: sound === i && time === now + last,
        },
      ];
    });
    return [
      {
        title: 'What comes next?',
        explanation: `From what was heard so far the network must find the piece that comes ${last} steps of ${SOUND_STRIDE} samples later, among all pieces of the sounds shown.`,
        rows,
      },
    ];
  }
}

export const cpcSound = defineMethod({
  name: 'cpc-sound',
  title: 'CPC of sound',
  modality: 'sound',
  family: 'contrastive',
  summary: 'Hear a waveform so far and find what comes next among the pieces of all sounds.',
  paper: {
    title: 'Representation Learning with Contrastive Predictive Coding',
    authors: 'Aaron van den Oord, Yazhe Li, Oriol Vinyals',
    year: 2018,
    url: 'https://arxiv.org/abs/1807.03748',
  },
  score: { metric: 'accuracy', name: 'pieces found among those of 100 sounds', better: 'higher' },
  options,
  smallOptions: { steps: 4 },
  architectures: ['sound'],
  channels: () => [1],
  recipes: {
    // LibriSpeech in windows of 20,480 samples, 8 GPUs with 8 each, Adam at 0.0002, for 300,000 steps.
    paper: {
      backbone: 'sound',
      epochs: 100,
      batchSize: 64,
      optimizer: 'adam',
      learningRate: 2e-4,
      weightDecay: 0,
      schedule: 'constant',
    },
    small: {
      backbone: 'sound',
      width: 64,
      epochs: 40,
      batchSize: 64,
      optimizer: 'adam',
      learningRate: 1e-3,
      weightDecay: 0,
      schedule: 'cosine',
      warmupEpochs: 1,
    },
  },
  create: ({ options, backbone, data }) => new CPCSound(options, backbone, data),
});
