import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Backbone } from '../backbones/backbone.js';
import { checkWeights } from '../backbones/check-weights.js';
import { readPreparation } from '../backbones/preparation.js';
import { type BackboneDescription, readBackboneDescription } from '../backbones/read-options.js';
import { createBackbone } from '../backbones/registry.js';
import type { ImageSpec } from '../data/index.js';
import { noGrad, ops, type Tensor, tensor } from '../engine/index.js';
import { Conv2d, init, Lambda, Layer, ReLU, Sequential } from '../engine/nn/index.js';
import { readSealed } from '../engine/sealed-safetensors.js';
import { AutodidactError, expected } from '../errors.js';
import { sealed } from '../json.js';

/** The file of a run that says how its content network is made. */
const FILE = 'content-network.json';

/** Channels of the random network's first block; its second block has twice as many. */
const RANDOM_WIDTH = 16;

/**
 * A frozen network on whose maps images are compared, as SRGAN compares them on those of VGG19. It takes no part in training: its
 * parameters have no gradient, its batch norms act as in evaluation, and its weights belong to the checkpoint. The gradient with
 * respect to the images passes through.
 */
export class ContentNetwork extends Layer {
  mean: Tensor;
  std: Tensor;

  private constructor(
    readonly network: Backbone | Sequential,
    { mean, std }: Pick<ImageSpec, 'mean' | 'std'>,
    /** The encoder's layer that is read; undefined for the last. */
    private readonly layer?: string,
  ) {
    super();
    const column = (values: readonly number[]): Tensor => tensor([...values], { shape: [1, values.length, 1, 1] });
    this.mean = this.buffer('mean', column(mean));
    this.std = this.buffer('std', column(std));
    network.setRequiresGrad(false);
  }

  /**
   * The first two blocks of a VGG, each of two 3x3 convolutions with ReLU, max pooling between them, at random weights.
   * Random filters respond to edges, but they are a weak stand-in for trained ones.
   */
  static random(data: ImageSpec): ContentNetwork {
    const sizes = [1, 2].map((factor) => factor * RANDOM_WIDTH);
    const layers = sizes.flatMap((size, i) => [
      ...(i === 0 ? [] : [new Lambda((map) => ops.maxPool2d(map, 2))]),
      new Conv2d(sizes[i - 1] ?? data.channels, size, 3, { padding: 1, bias: false }),
      new ReLU(),
      new Conv2d(size, size, 3, { padding: 1, bias: false }),
      new ReLU(),
    ]);
    for (const layer of layers) if (layer instanceof Conv2d) init.kaimingNormal_(layer.weight);
    return new ContentNetwork(new Sequential(...layers), data);
  }

  /**
   * The encoder of a run: its folder or the path of its `encoder.safetensors`. It sees pixels as it did in training, less its mean and
   * divided by its deviation.
   *
   * @throws AutodidactError `NOT_FOUND` or `CHECKPOINT` when there is no encoder or it has numbers that are none, `DATA` when it takes other channels, or images that are
   *   prepared otherwise
   */
  static fromFile(path: string, data: ImageSpec, layer?: string): ContentNetwork {
    const inFolder = join(path, 'encoder.safetensors');
    const file = existsSync(inFolder) ? inFolder : path;
    const { tensors, metadata } = readSealed(file);
    const { architecture, options, preparation } = metadata;
    if (architecture === undefined || options === undefined || preparation === undefined)
      throw expected('the folder of a finished run or its encoder.safetensors', 'encoder', path, {
        code: 'CHECKPOINT',
      });
    try {
      const text = `{"architecture":${JSON.stringify(architecture)},"options":${options}}`;
      const description = readBackboneDescription(text, file);
      refuseOtherChannels(description, data);
      const pixels = pixelsOf(preparation, data.channels, file);
      const content = ContentNetwork.fromDescription(description, { ...data, ...pixels }, layer);
      content.network.loadStateDict(tensors);
      checkWeights(content.network);
      return content;
    } finally {
      for (const value of tensors.values()) value.dispose();
    }
  }

  /** The same network with random weights, which those of a checkpoint will replace, as well as the mean and the deviation. */
  static fromDescription(description: BackboneDescription, data: ImageSpec, layer?: string): ContentNetwork {
    refuseOtherChannels(description, data);
    const { architecture, options } = description;
    const network = createBackbone(architecture, options);
    if (layer !== undefined) network.layerSize(layer); // refuses an unknown name
    return new ContentNetwork(network, data, layer);
  }

  /** The file of which `contentNetwork` makes the same encoder again, for `Method.assets`; none for the random network. */
  assets(): ReadonlyMap<string, Uint8Array> {
    if (!(this.network instanceof Backbone)) return new Map();
    const { architecture, options } = this.network;
    return new Map([[FILE, new TextEncoder().encode(JSON.stringify(sealed({ architecture, options })))]]);
  }

  /** The mean squared error between the maps of images, relative to the mean square of the true image's maps: a scalar. */
  distance(images: Tensor, truth: Tensor): Tensor {
    const wanted = noGrad(() => this.forward(truth).to('float32'));
    const given = this.forward(images).to('float32');
    return given.sub(wanted).square().mean().div(wanted.square().mean().clampMin(1e-12));
  }

  /** Images in [0, 1] (N, C, H, W) to maps. */
  override forward(images: Tensor): Tensor {
    this.eval();
    const x = images.sub(this.mean).div(this.std);
    return this.network instanceof Backbone ? this.network.maps(x, this.layer) : this.network.forward(x);
  }
}

function refuseOtherChannels({ options }: BackboneDescription, { channels }: ImageSpec): void {
  if (options.inputChannels === channels) return;
  throw new AutodidactError(
    'DATA',
    `The encoder takes images of ${options.inputChannels} channels, but the data have ${channels}`,
    { remedy: 'Give an encoder that was trained on such images, or none.' },
  );
}

/** The mean and the deviation of images in [0, 1], from the metadata of an encoder whose preparation is no more than that. */
function pixelsOf(text: string, channels: number, file: string): Pick<ImageSpec, 'mean' | 'std'> {
  const { mean, std, note } = readPreparation(text, file);
  if (mean?.length !== std?.length || (mean?.length ?? channels) !== channels)
    throw new AutodidactError('CHECKPOINT', `${file} prepares images of other than ${channels} channels`);
  if (mean !== undefined && std !== undefined && note === undefined) return { mean, std };
  throw new AutodidactError(
    'DATA',
    `Images can be compared by an encoder that sees them less a mean and divided by a deviation, but of this one: ${note ?? 'nothing is said'}`,
    { remedy: 'Give an encoder of another method (SimCLR, rotation), or none.' },
  );
}

/**
 * The network of a new run: the encoder that is asked for, or the random network. That of a run which is loaded again comes from the
 * run's own files and its checkpoint; the encoder may be gone by then.
 */
export function contentNetwork(
  { encoder, layer }: { encoder: string | null; layer: string | null },
  data: ImageSpec,
  assets?: ReadonlyMap<string, Uint8Array>,
): ContentNetwork {
  const saved = assets?.get(FILE);
  if (saved !== undefined) {
    const description = readBackboneDescription(new TextDecoder().decode(saved), `the run's ${FILE}`);
    return ContentNetwork.fromDescription(description, data, layer ?? undefined);
  }
  return encoder === null ? ContentNetwork.random(data) : ContentNetwork.fromFile(encoder, data, layer ?? undefined);
}
