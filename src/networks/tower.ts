import type { Backbone } from '../backbones/backbone.js';
import type { Tensor } from '../engine/index.js';
import { BatchNorm, Layer, Linear, ReLU, Sequential } from '../engine/nn/index.js';
import { lastMap } from './decoder.js';

export interface TowerOptions {
  /** Side in pixels of the patches that the backbone sees. */
  side: number;
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

  constructor(backbone: Backbone, { side, outputSize, useNorm }: TowerOptions) {
    super();
    const norm = useNorm ? [new BatchNorm(outputSize, { affine: false })] : [];
    const map = lastMap(backbone, side);
    const inputSize = map.size * map.side ** 2;
    this.fc = new Sequential(new Linear(inputSize, outputSize, { bias: !useNorm }), ...norm, new ReLU());
  }

  override forward(map: Tensor): Tensor {
    return this.fc.forward(map.flatten(1));
  }
}
