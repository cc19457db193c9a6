/**
 * Autoencoder: squeeze an image into a few numbers and restore it from them.
 *
 * Hinton, Salakhutdinov, "Reducing the Dimensionality of Data with Neural Networks", Science 2006,
 * https://www.science.org/doi/10.1126/science.1127647: the plain baseline of the papers on pretext tasks, with a squared error and
 * without their layer-wise pretraining. Only the bottleneck hides information. With linear layers it can do no better than
 * principal components (Baldi and Hornik 1989).
 */
import { z } from 'zod';
import { fromStandardized, halfFlipped, toFloat } from '../../../augment/index.js';
import { firstSamples } from '../../../data/index.js';
import { fullPrecision, type Generator, noGrad, ops, type Tensor, withoutGraph } from '../../../engine/index.js';
import { Lambda, type Layer, Linear, Sequential } from '../../../engine/nn/index.js';
import { codeDecoder } from '../../../networks/code-decoder.js';
import { lastMap } from '../../../networks/decoder.js';
import { standardizedImages } from '../../encoders.js';
import { psnr } from '../../losses/image-quality.js';
import { type Batch, defineMethod, Method, type MethodContext, type Outcome, type Preview } from '../../method.js';
import * as option from '../../options.js';
import { tileRows } from '../../previews/tile-rows.js';
import { card } from './autoencoder.card.js';

const options = z.object({
  codeSize: option.whole(128, 'Numbers that an image is squeezed into'),
  decoder: option.choice(['convolutional', 'linear'], 'Up-convolutions, or one linear layer from code to pixels'),
  decoderWidth: option.whole(64, 'Channels of the last layer of the decoder'),
  useFlip: option.useFlip('each image'),
});

type Options = z.output<typeof options>;
/** Standardized images (N, C, S, S). */
type AutoencoderViews = { images: Tensor };

export class Autoencoder extends Method<Options, AutoencoderViews> {
  /** The last map with all its positions to the code, and back to the image. */
  readonly bottleneck: Linear;
  readonly decoder: Layer;
  private readonly augment = halfFlipped(this.options.useFlip);

  constructor(context: MethodContext<Options>) {
    super(context);
    const { codeSize, decoderWidth: width, decoder } = this.options;
    const { height: outputSide, channels: outputSize } = this.spec;
    const { size: mapSize, side: mapSide } = lastMap(this.backbone, outputSide);
    this.bottleneck = new Linear(mapSize * mapSide * mapSide, codeSize);
    const toImages = new Lambda((x) => x.reshape([-1, outputSize, outputSide, outputSide]));
    this.decoder =
      decoder === 'linear'
        ? new Sequential(new Linear(codeSize, outputSize * outputSide * outputSide), toImages)
        : codeDecoder({ codeSize, mapSize, mapSide, outputSize, outputSide, width });
  }

  override views({ samples }: Batch, random: Generator): AutoencoderViews {
    return { images: this.prepare(this.augment(samples, random)) };
  }

  /** Last maps (N, C, h, w) through the bottleneck to standardized images (N, C, S, S). */
  private restore(maps: Tensor): Tensor {
    return this.decoder.forward(this.bottleneck.forward(maps.flatten(1))).to('float32');
  }

  /** The mean squared error of the standardized pixels: 1 for the mean color, 0 for a perfect copy. */
  override loss({ images }: AutoencoderViews): Outcome {
    const maps = this.backbone.maps(images);
    const restored = this.restore(maps);
    return fullPrecision(images.device, () => {
      const loss = ops.mseLoss(restored, images);
      return { loss, metrics: { explained: noGrad(() => loss.neg().add(1)) }, features: maps.mean([2, 3]) };
    });
  }

  /** Squeezes images and restores them: uint8 or float [0, 1] (N, C, S, S) to float [0, 1]. */
  override generate(input: Tensor): Tensor {
    return withoutGraph(() => fromStandardized(this.restore(this.backbone.maps(this.prepare(input))), this.spec));
  }

  override preview({ samples }: Batch): Preview[] {
    const shown = firstSamples(samples, 8);
    const images = toFloat(shown);
    const restored = this.generate(shown);
    const { codeSize } = this.options;
    const lost = ops.onesLike(images).sub(restored.sub(images).abs().mul(2)).mean([1], true).clamp(0, 1); // (N, 1, S, S)
    const quality = psnr(restored, images).toNumbers();
    const explanation = `The network squeezes the ${images.select(0, 0).numel} values of each image into ${codeSize} ${codeSize === 1 ? 'number' : 'numbers'} and paints it again from these; the higher the dB, the nearer. Dark is what was lost.`;
    const rows = tileRows([
      { images, caption: 'the image' },
      { images: restored, caption: (i) => `restored: ${quality[i]!.toFixed(1)} dB` },
      { images: lost, caption: 'what was lost' },
    ]);
    return [{ title: 'What fits through the bottleneck?', explanation, rows }];
  }
}

export const autoencoder = defineMethod({
  ...card,
  options,
  smallOptions: { codeSize: 64, decoderWidth: 32 },
  // Batch norm over the code's layer needs two samples.
  smallestBatch: 2,
  encoder: standardizedImages(),
  create: (context) => new Autoencoder(context),
});
