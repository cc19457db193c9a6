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
import { SOUND_STRIDE } from '../../backbones/sound.js';
import { firstSamples, type SoundSpec } from '../../data/index.js';
import { toWaves } from '../../data/sound-dataset.js';
import { type Generator, ops, type Tensor } from '../../engine/index.js';
import { Conv2d, init, Sequential } from '../../engine/nn/index.js';
import { AutodidactError } from '../../errors.js';
import { drawWaveform } from '../../modalities/draw-waveform.js';
import { gridNce, meanNce } from '../losses/grid-nce.js';
import type { Batch, EncoderContext, MethodContext, Outcome, Preview } from '../method.js';
import { defineMethod, Method } from '../method.js';
import * as option from '../options.js';
import { card } from './cpc-sound.card.js';

const options = z.object({
  steps: option.whole(12, 'How many of the next vectors are predicted, each by a matrix of its own'),
  smallestLevel: option.part(1, 'Least factor on the loudness of a sound, drawn anew; 1 leaves it, as the paper'),
});

type Options = z.output<typeof options>;
/** Waveforms in [-1, 1), (N, 1, L). */
type SoundViews = { waves: Tensor };

export class CPCSound extends Method<Options, SoundViews, unknown, SoundSpec> {
  /** W_k for each step. */
  readonly predictors: Sequential;

  constructor(context: MethodContext<Options, SoundSpec>) {
    super(context);
    const { backbone, spec } = this;
    const { steps } = this.options;
    if (Math.floor(spec.length / SOUND_STRIDE) <= steps)
      throw new AutodidactError(
        'USAGE',
        `Expected sounds of at least ${(steps + 1) * SOUND_STRIDE} samples for ${steps} steps of ${SOUND_STRIDE}, received ${spec.length}`,
        { remedy: 'Take fewer steps (--steps), or longer sounds (--length).' },
      );
    const [from, to] = [backbone.layerSize('context'), backbone.layerSize('conv5')];
    const predictors = Array.from({ length: steps }, () => new Conv2d(from, to, 1, { bias: false }));
    // Small, so that all answers are equally likely at first.
    for (const { weight } of predictors) init.normal_(weight, 0, 0.1 / to);
    this.predictors = new Sequential(...predictors);
  }

  override views({ samples }: Batch<SoundSpec>, random: Generator): SoundViews {
    const waves = this.prepare(samples);
    const { smallestLevel } = this.options;
    if (smallestLevel === 1) return { waves };
    const draws = ops.rand([samples.size(0), 1, 1], { generator: random, device: random.device }).to(waves.device);
    return { waves: waves.mul(draws.mul(1 - smallestLevel).add(smallestLevel)) };
  }

  override loss({ waves }: SoundViews): Outcome {
    const { z, context } = this.encode(waves);
    const parts = this.predictors.layers.map((layer, k) => gridNce(layer.forward(context), z, k + 1));
    const { loss, accuracy } = meanNce(parts);
    return { loss, metrics: { accuracy }, features: context.mean([2, 3]) };
  }

  /** Vectors and contexts as columns, time downwards: (N, D, T, 1). */
  private encode(waves: Tensor): { z: Tensor; context: Tensor } {
    const [z, context] = this.backbone.pyramid(waves, ['conv5', 'context']).map((map) => map.transpose(2, 3));
    return { z: z!, context: context! };
  }

  override preview({ samples }: Batch<SoundSpec>): Preview[] {
    const waves = this.prepare(firstSamples(samples, 6));
    const { z, context } = this.encode(waves);
    const times = z.size(2);
    const last = Math.min(this.options.steps, Math.max(1, Math.floor(times / 4)));
    const now = Math.floor((times - last) / 2);
    const asked = this.predictors.layers[last - 1]!.forward(context).select(3, 0).select(2, now); // (N, D)
    const all = z.select(3, 0).transpose(1, 2).flatten(0, 1); // (N T, D)
    const answers = asked.matmul(all.t()).argmax(1).toNumbers();
    const at = (t: number) => ({ from: t * SOUND_STRIDE, to: (t + 1) * SOUND_STRIDE, color: 'asked' as const });
    const heard = { from: 0, to: (now + 1) * SOUND_STRIDE, color: 'heard' as const };
    const picture = (sound: number, stretches: Parameters<typeof drawWaveform>[3]): Tensor =>
      drawWaveform(waves.select(0, sound).flatten(), 96, 288, stretches);
    const rows = answers.map((answer, i) => {
      const [sound, time] = [Math.floor(answer / times), answer % times];
      return [
        { image: picture(i, [at(now + last), heard]), caption: 'heard (blue), to be found (orange)' },
        {
          image: picture(sound, [at(time)]),
          caption: `says: ${sound === i ? 'the same sound' : `sound ${sound + 1}`}, piece ${time + 1} of ${times}`,
          isCorrect: sound === i && time === now + last,
        },
      ];
    });
    const explanation = `From what was heard so far the network must find the piece that comes ${last} steps of ${SOUND_STRIDE} samples later, among all pieces of the sounds shown.`;
    return [{ title: 'What comes next?', explanation, rows, chance: 1 / all.size(0) }];
  }
}

export const cpcSound = defineMethod({
  ...card,
  modalities: ['sound'],
  options,
  smallOptions: { steps: 4 },
  architectures: ['sound'],
  /** Waveforms in one channel, in [-1, 1). */
  encoder: ({ spec, makeBackbone }: EncoderContext<Options, SoundSpec>) => ({
    spec,
    backbone: makeBackbone(),
    preparation: { note: 'samples are whole numbers of 16 bits, which are divided by 32,768: (N, 1, L) in [-1, 1)' },
    prepare: (samples) => toWaves(samples).unsqueeze(1),
  }),
  create: (context) => new CPCSound(context),
});
