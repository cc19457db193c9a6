/**
 * A network of clips that is applied block by block, and a GRU over the blocks: the encoder of CPC of frames.
 *
 * Han, Xie, Zisserman, "Video Representation Learning by Dense Predictive Coding", 2019, https://arxiv.org/abs/1909.04656; code:
 * github.com/TengdaHan/DPC (`dpc/model_3d.py`, `backbone/convrnn.py`). Their convolutional GRU has a kernel of one place: it is a GRU at
 * each place with the same weights, which PyTorch's is here (its reset gate follows the product) and without dropout. A 1 x 1 convolution
 * stands where they read the last block before its ReLU.
 */
import { noGrad, ops, scope, type Tensor } from '../engine/index.js';
import { Conv2d, GRU, init } from '../engine/nn/index.js';
import { expected } from '../errors.js';
import { Backbone, type BackboneOptions, oneOf, wholeNumber } from './backbone.js';
import { checkClips } from './clip-input.js';

/** `recurrent-frames-resnet18` applies a ResNet-18 to frames, and a GRU to what it says of them. */
export const RECURRENT_PREFIX = 'recurrent-';

/** What a recurrent network has beside its inner one. */
export type RecurrentOptions = NonNullable<BackboneOptions['recurrent']>;

export const CONTEXT_LAYOUTS = ['map', 'vector'] as const;

/**
 * Reads clips (N, T, C + A, H, W), the last A channels of which are the same at all places of a frame: its action. Maps are
 * (N, D, T / blockFrames, h, w). Readable layers: those of the inner network (averaged over the frames of a block), `blocks` (their vectors)
 * and `context` (what the GRU has gathered up to each block). Features are the last context, averaged over the places.
 */
export class RecurrentBackbone extends Backbone {
  override readonly architecture: string;
  override readonly options: BackboneOptions & { recurrent: RecurrentOptions };
  readonly embed: Conv2d;
  readonly gru: GRU;

  /** @param inner a network of clips (N, T, C, H, W) */
  constructor(
    readonly inner: Backbone,
    { blockFrames, contextSize, layout, actions }: RecurrentOptions,
  ) {
    super();
    this.architecture = `${RECURRENT_PREFIX}${inner.architecture}`;
    const recurrent = {
      blockFrames: wholeNumber(blockFrames, 'recurrent.blockFrames'),
      contextSize: wholeNumber(contextSize, 'recurrent.contextSize'),
      layout: oneOf(layout, 'recurrent.layout', CONTEXT_LAYOUTS),
      actions: wholeNumber(actions, 'recurrent.actions', 0),
    };
    this.options = { ...inner.options, recurrent };
    this.embed = new Conv2d(inner.featureSize, contextSize, layout === 'map' ? 1 : this.sidesOf());
    this.gru = new GRU(contextSize + actions, contextSize, { batchFirst: true });
    for (const [name, value] of this.gru.namedParameters()) {
      if (name.startsWith('bias')) init.constant_(value, 0);
      else for (const gate of value.chunk(3, 0)) init.orthogonal_(gate);
    }
  }

  get layers(): readonly string[] {
    return [...this.inner.layers, 'blocks', 'context'];
  }

  get featureSize(): number {
    return this.options.recurrent.contextSize;
  }

  override layerSize(layer: string): number {
    return this.layerIndex(layer) < this.inner.layers.length ? this.inner.layerSize(layer) : this.featureSize;
  }

  override maps(x: Tensor, layer?: string): Tensor {
    return this.pyramid(x, [layer ?? 'context'])[0]!;
  }

  override pyramid(x: Tensor, layers: readonly string[]): Tensor[] {
    const last = this.inner.layers.length;
    const indices = layers.map((layer) => this.layerIndex(layer));
    const own = [...new Set(indices.map((index) => Math.min(index, last - 1)))];
    const { frames, actions } = this.blocksOf(x);
    const count = x.size(0);
    const inside = this.inner.pyramid(
      frames,
      own.map((index) => this.layers[index]!),
    );
    // (N B, D, t, h, w) to (N, D, B, h, w).
    const maps = new Map(
      own.map((index, i) => [index, inside[i]!.mean([2]).unflatten(0, [count, -1]).transpose(1, 2)]),
    );
    if (indices.some((index) => index >= last)) maps.set(last, this.vectors(maps.get(last - 1)!));
    if (indices.includes(last + 1)) maps.set(last + 1, this.contexts(maps.get(last)!, actions));
    return indices.map((index) => maps.get(index)!);
  }

  /** Of the layer `context` its last block, of others the mean over all. */
  override features(x: Tensor, layer?: string): Tensor {
    const map = this.maps(x, layer);
    const seen = layer === undefined || layer === 'context' ? map.select(2, map.size(2) - 1).unsqueeze(2) : map;
    return seen.mean([2, 3, 4]);
  }

  /** The action of each block, (N, B, A): the mean over its frames of which one led to them. */
  actionsOf(x: Tensor): Tensor {
    const { blockFrames, actions } = this.options.recurrent;
    const planes = x
      .narrow(2, x.size(2) - actions, actions)
      .select(4, 0)
      .select(3, 0); // (N, T, A)
    return planes.unflatten(1, [-1, blockFrames]).mean([2]);
  }

  /**
   * One step of the GRU: from vectors before their ReLU (M, D), the actions that led to them (M, A) and contexts (M, D) to new contexts.
   */
  step(vectors: Tensor, actions: Tensor, contexts: Tensor): Tensor {
    const input = ops.cat([vectors.relu(), actions.to(vectors.dtype)], 1).unsqueeze(1);
    const { state } = this.gru.forward(input, contexts.unsqueeze(0).contiguous());
    return state.squeeze(0);
  }

  /** Clips of the blocks (N B, F, C, H, W), and the actions (N, B, A). */
  private blocksOf(x: Tensor): { frames: Tensor; actions: Tensor } {
    const { blockFrames, actions } = this.options.recurrent;
    const { inputChannels } = this.options;
    const [frames] = checkClips(x, inputChannels + actions);
    if (frames % blockFrames !== 0)
      throw expected(`clips of a multiple of ${blockFrames} frames`, 'x', x, { code: 'SHAPE' });
    const blocks = x.narrow(2, 0, inputChannels).unflatten(1, [-1, blockFrames]).flatten(0, 1);
    return { frames: blocks, actions: this.actionsOf(x) };
  }

  /** (N, C, B, h, w) to vectors (N, D, B, h, w), or (N, D, B, 1, 1). */
  private vectors(map: Tensor): Tensor {
    const count = map.size(0);
    const images = map.transpose(1, 2).flatten(0, 1); // (N B, C, h, w)
    return this.embed.forward(images).unflatten(0, [count, -1]).transpose(1, 2);
  }

  /** The GRU over the vectors (N, D, B, h, w) of the blocks and their actions (N, B, A). */
  private contexts(vectors: Tensor, actions: Tensor): Tensor {
    return scope(() => {
      const [count, size, blocks, height, width] = vectors.shape as [number, number, number, number, number];
      const places = height * width;
      const seen = vectors
        .relu()
        .permute([0, 3, 4, 2, 1])
        .reshape([count * places, blocks, size]);
      const done = actions.to(seen.dtype).unsqueeze(1).expand([count, places, blocks, -1]).flatten(0, 1);
      const { output } = this.gru.forward(ops.cat([seen, done], 2));
      return output.view([count, height, width, blocks, size]).permute([0, 4, 3, 1, 2]);
    });
  }

  /** Height and width of the inner network's last map; draws no random number. */
  private sidesOf(): [height: number, width: number] {
    const { inputChannels, imageSize } = this.inner.options;
    const wasTraining = this.inner.isTraining;
    try {
      return scope(() =>
        noGrad(() => {
          const clip = ops.zeros([1, this.options.recurrent.blockFrames, inputChannels, imageSize, imageSize]);
          const { shape } = this.inner.eval().maps(clip);
          return [shape[3]!, shape[4]!];
        }),
      );
    } finally {
      this.inner.train(wasTraining);
    }
  }
}
