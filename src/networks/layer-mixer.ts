import type { Backbone } from '../backbones/backbone.js';
import { ops, type Tensor } from '../engine/index.js';
import { BatchNorm, Conv2d, Module, Sequential } from '../engine/nn/index.js';

/**
 * Gives each of several tasks its own mixture of all layers of a backbone, in the form of the last one: a sum of the layers' maps, weighted
 * by one number for each task and layer. A penalty on the weights makes them sparse: a task settles on few layers.
 *
 * Doersch, Zisserman, "Multi-task Self-Supervised Visual Learning", ICCV 2017, figure 1b, which mixes the residual units of one block.
 * Layers of different width need more: each has a 1x1 convolution to the width of the last, batch norm without scale, so that weights can
 * be compared, and is averaged to the size of its map. The weights of a task have the norm 1, or the penalty would only make them small.
 */
export class LayerMixer extends Module {
  readonly projections: readonly Sequential[];
  /** (tasks, layers), all alike at first. */
  readonly weights: Tensor;

  constructor(backbone: Pick<Backbone, 'layers' | 'layerSize'>, tasks: number) {
    super();
    const { layers } = backbone;
    const size = backbone.layerSize(layers.at(-1)!);
    this.projections = layers.map(
      (layer) =>
        new Sequential(
          new Conv2d(backbone.layerSize(layer), size, 1, { bias: false }),
          new BatchNorm(size, { affine: false }),
        ),
    );
    this.weights = this.parameter('weights', ops.full([tasks, layers.length], 1 / Math.sqrt(layers.length)));
  }

  /** The weights with norm 1 for each task, (tasks, layers). */
  shares(): Tensor {
    return this.weights.div(this.weights.vectorNorm(2, [1], true).clampMin(1e-12));
  }

  /** The mixture of one task, (N, C, h, w), of the maps of all layers. */
  mix(maps: readonly Tensor[], task: number): Tensor {
    const [height, width] = [maps.at(-1)!.size(2), maps.at(-1)!.size(3)];
    const shares = this.shares().select(0, task);
    const parts = maps.map((map, i) => {
      const small = map.size(2) === height ? map : ops.adaptiveAvgPool2d(map, [height, width]);
      return this.projections[i]!.forward(small).mul(shares.select(0, i));
    });
    return parts.reduce((sum, part) => sum.add(part));
  }

  /** The sum of the absolute weights of all tasks: from 1 for each task that reads one layer to sqrt(layers). */
  penalty(): Tensor {
    return this.shares().abs().sum();
  }
}
