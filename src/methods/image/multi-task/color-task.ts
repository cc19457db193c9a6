/** Colorization as one of several tasks; see `colorization`. All bins count alike. */
import { colorize, type Description, labOf, splitLab, subsample, toFloat } from '../../../augment/index.js';
import { fullPrecision, noGrad, ops, type Tensor } from '../../../engine/index.js';
import { Decoder, lastMap } from '../../../networks/decoder.js';
import type { Preview } from '../../method.js';
import { tileRows } from '../../previews/tile-rows.js';
import { AB_BINS, annealedMean, softBinCrossEntropy } from '../../targets/color-bins.js';
import { type Read, Task, type TaskContext, type TaskOutcome } from './task.js';

/** What the trunk reads of the lightness, (N, C, S, S), and colors at the targets' pixels, (N, 2, h, w). */
export type ColorViews = { lightness: Tensor; ab: Tensor };

/** Of the annealed mean, which decodes the answers for the eye; as in colorization. */
const TEMPERATURE = 0.38;

export class ColorTask extends Task<ColorViews> {
  override readonly name = 'color';
  readonly decoder: Decoder;

  constructor(private readonly context: TaskContext) {
    super();
    const { options, spec, backbone } = context;
    const { size: inputSize, side: inputSide } = lastMap(backbone, spec.height);
    const outputSide = Math.ceil(spec.height / options.targetStride);
    const outputSize = AB_BINS.length;
    this.decoder = new Decoder({ inputSize, inputSide, outputSize, outputSide, width: options.decoderWidth });
  }

  override get pipeline(): Description {
    return { name: 'lab', stride: this.context.options.targetStride };
  }

  override views(samples: Tensor): ColorViews {
    const { lightness, ab } = splitLab(labOf(samples));
    const { inputs, options } = this.context;
    return { lightness: inputs.ofLightness(lightness), ab: subsample(ab, options.targetStride).contiguous() };
  }

  override seen({ lightness }: ColorViews): Tensor {
    return lightness;
  }

  override loss(maps: Tensor, { ab }: ColorViews): TaskOutcome {
    const output = this.decoder.forward(maps).to('float32'); // (N, 313, h, w)
    return fullPrecision(output.device, () => {
      const { perPixel, nearest } = softBinCrossEntropy(output, ab, this.context.options);
      const score = noGrad(() => output.argmax(1).eq(nearest).mean(null, false, { dtype: 'float32' }));
      return { loss: perPixel.mean(), score };
    });
  }

  override preview(samples: Tensor, read: Read): Preview {
    const { lightness, ab } = splitLab(labOf(samples));
    const logits = this.decoder.forward(read(this.context.inputs.ofLightness(lightness)));
    const rows = tileRows([
      { images: colorize(lightness, ops.zerosLike(ab)), caption: 'what it sees' },
      { images: colorize(lightness, annealedMean(logits, TEMPERATURE)), caption: 'colors it predicts' },
      { images: toFloat(samples), caption: 'true colors' },
    ]);
    const explanation = 'One task: the network predicts the colors that were taken away from an image.';
    return { title: 'What color was it?', explanation, rows };
  }
}
