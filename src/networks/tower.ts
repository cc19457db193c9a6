import type { Backbone } from '../backbones/backbone.js';
import { noGrad, ops, scope, type Tensor } from '../engine/index.js';
import { BatchNorm, Layer, Linear, ReLU, Sequential } from '../engine/nn/index.js';

export interface TowerOptions {
  /** Side in pixels of the patches that the backbone sees. */
  side: number;
  channels: number;
  /** Length of the vector that comes out. */
  outputSize: number;
  /** Whether batch norm without scale and shift stands before the ReLU. */
  useNorm: boolean;
}

/**
 * The fully connected end of a patch network (AlexNet's fc6): the backbone's last map (N, C, h, w), with all its positions, to
 * one vector (N, outputSize). It says where things lie within the patch, which the mean over positions has forgotten.
 */
export class Tower extends Layer {
  readonly fc: Sequential;

  constructor(backbone: Backbone, { side, channels, outputSize, useNorm }: TowerOptions) {
    super();
    const norm = useNorm ? [new BatchNorm(outputSize, { affine: false })] : [];
    const inputSize = mapElements(backbone, channels, side);
    this.fc = new Sequential(new Linear(inputSize, outputSize, { bias: !useNorm }), ...norm, new ReLU());
  }

  override forward(map: Tensor): Tensor {
    return this.fc.forward(map.flatten(1));
  }
}

/** Elements of the backbone's last map for one image; the backbone stays as it is. */
function mapElements(backbone: Backbone, channels: number, side: number): number {
  const wasTraining = backbone.isTraining;
  const elements = scope(() =>
    noGrad(() => {
      const device = backbone.parameters()[0]?.device ?? 'cpu';
      const image = ops.zeros([1, channels, side, side], { device }).to({ memoryFormat: 'channelsLast' });
      return backbone.eval().maps(image).numel;
    }),
  );
  backbone.train(wasTraining);
  return elements;
}
