/**
 * Autoencoder: squeeze an image into a few numbers and restore it from them.
 *
 * Hinton, Salakhutdinov, "Reducing the Dimensionality of Data with Neural Networks", Science 2006,
 * https://www.science.org/doi/10.1126/science.1127647: the plain baseline of the papers on pretext tasks, with a squared error and
 * without their layer-wise pretraining. Nothing is hidden but what does not fit through the bottleneck. With linear layers
 * it can do no better than principal components (Baldi and Hornik 1989).
 */
import { z } from 'zod';
import { horizontalFlip, normalize, toFloat } from '../../../augment/index.js';
import type { Backbone } from '../../../backbones/backbone.js';
import { fullPrecision, type Generator, noGrad, ops, scope, type Tensor, tensor } from '../../../engine/index.js';
import { Lambda, type Layer, Linear, Sequential } from '../../../engine/nn/index.js';
import { psnr } from '../../losses/image-quality.js';
import {
  type Batch,
  type DataDescription,
  defineMethod,
  Method,
  type Outcome,
  type Preview,
  type Views,
} from '../../method.js';
import { codeDecoder } from '../../networks/code-decoder.js';
import { lastMap } from '../../networks/decoder.js';

const options = z.object({
  codeSize: z.number().int().min(1).default(128).describe('Numbers that an image is squeezed into'),
  decoder: z
    .enum(['convolutional', 'linear'])
    .default('convolutional')
    .describe('Up-convolutions, or one linear layer from the code to the pixels'),
  decoderWidth: z.number().int().min(1).default(64).describe('Channels of the last layer of the decoder'),
  useFlip: z.boolean().default(true).describe('Random horizontal flip'),
});

type Options = z.output<typeof options>;

export class Autoencoder extends Method {
  /** The last map with all its positions to the code, and back to the image. */
  readonly bottleneck: Linear;
  readonly decoder: Layer;

  constructor(
    readonly options: Options,
    override readonly backbone: Backbone,
    readonly data: DataDescription,
  ) {
    super();
    const { codeSize, decoderWidth: width } = options;
    const { imageSize, channels } = data;
    const { size, side } = lastMap(backbone, imageSize);
    this.bottleneck = new Linear(size * side * side, codeSize);
    this.decoder =
      options.decoder === 'linear'
        ? new Sequential(
            new Linear(codeSize, channels * imageSize * imageSize),
            new Lambda((x) => x.reshape([-1, channels, imageSize, imageSize])),
          )
        : codeDecoder({ codeSize, mapSize: size, mapSide: side, outputSize: channels, outputSide: imageSize, width });
  }

  override prepare(samples: Tensor): Tensor {
    return normalize(this.data.mean, this.data.std)(toFloat(samples));
  }

  override views({ samples }: Batch, random: Generator): Views {
    return { images: this.prepare(this.options.useFlip ? horizontalFlip(0.5)(samples, random) : samples) };
  }

  /** Codes (N, codeSize) of a last map. */
  private encode(maps: Tensor): Tensor {
    return this.bottleneck.forward(maps.flatten(1));
  }

  /** The mean squared error of the normalized pixels: 1 for the mean color, 0 for a perfect copy. */
  override loss(views: Views): Outcome {
    const images = views.images as Tensor;
    const maps = this.backbone.maps(images);
    const restored = this.decoder.forward(this.encode(maps)).to('float32');
    return fullPrecision(images.device, () => {
      const loss = ops.mseLoss(restored, images);
      return { loss, metrics: { explained: noGrad(() => loss.neg().add(1)) }, features: maps.mean([2, 3]) };
    });
  }

  /** Squeezes images and restores them: uint8 or float [0, 1] (N, C, S, S) to float [0, 1]. */
  override generate(input: Tensor): Tensor {
    return noGrad(() =>
      scope(() => {
        const restored = this.decoder.forward(this.encode(this.backbone.maps(this.prepare(input)))).to('float32');
        const shape = [1, this.data.channels, 1, 1];
        const [mean, std] = [this.data.mean, this.data.std].map((values) =>
          tensor(Float32Array.from(values), { shape, device: restored.device }),
        ) as [Tensor, Tensor];
        return restored.mul(std).add(mean).clamp(0, 1);
      }),
    );
  }

  override preview({ samples }: Batch): Preview[] {
    const shown = samples.narrow(0, 0, Math.min(8, samples.size(0)));
    const images = toFloat(shown);
    const restored = this.generate(shown);
    const { codeSize } = this.options;
    const lost = ops.onesLike(images).sub(restored.sub(images).abs().mul(2)).mean([1], true).clamp(0, 1); // (N, 1, S, S)
    const rows = psnr(restored, images)
      .toNumbers()
      .map((value, i) => [
        { image: images.select(0, i), caption: 'the image' },
        { image: restored.select(0, i), caption: `restored: ${value.toFixed(1)} dB` },
        { image: lost.select(0, i), caption: 'what was lost' },
      ]);
    return [
      {
        title: 'What fits through the bottleneck?',
        explanation: `The network squeezes the ${images.select(0, 0).numel} values of each image into ${codeSize} ${codeSize === 1 ? 'number' : 'numbers'} and paints it again from these; the higher the dB, the nearer. Dark is what was lost.`,
        rows,
      },
    ];
  }
}

export const autoencoder = defineMethod({
  name: 'autoencoder',
  title: 'Autoencoder',
  modality: 'image',
  family: 'generative',
  summary: 'Squeeze every image into a few numbers and restore it from them.',
  paper: {
    title: 'Reducing the Dimensionality of Data with Neural Networks',
    authors: 'Geoffrey E. Hinton, Ruslan R. Salakhutdinov',
    year: 2006,
    url: 'https://www.science.org/doi/10.1126/science.1127647',
  },
  score: { metric: 'explained', name: 'explained share of the variance', better: 'higher' },
  options,
  smallOptions: { codeSize: 64, decoderWidth: 32 },
  recipes: {
    // No published recipe fits a convolutional autoencoder of today: the context encoder's, whose baseline it is.
    paper: {
      backbone: 'caffenet',
      epochs: 100,
      batchSize: 64,
      optimizer: 'adam',
      learningRate: 2e-3,
      weightDecay: 0,
      schedule: 'constant',
    },
    small: {
      backbone: 'alexnet',
      width: 32,
      epochs: 50,
      batchSize: 64,
      optimizer: 'adam',
      learningRate: 1e-3,
      weightDecay: 0,
      schedule: 'cosine',
      warmupEpochs: 0.5,
    },
  },
  // Batch norm over the code's layer needs two samples.
  smallestBatch: 2,
  create: ({ options, backbone, data }) => new Autoencoder(options, backbone, data),
});
