import type { Backbone } from '../backbones/backbone.js';
import { noGrad, ops, type Tensor } from '../engine/index.js';
import { Dropout, init, Layer, Linear, ReLU, Sequential } from '../engine/nn/index.js';
import { lastMap } from './decoder.js';

/**
 * The two fully connected layers of AlexNet and VGG (fc6, fc7) with their dropout, up to but without the last ReLU: a backbone's
 * last map (N, C, h, w) to (N, size). The map is first pooled to half its side, as by the pooling after the last convolution:
 * 13x13 to 6x6 in AlexNet, 14x14 to 7x7 in VGG.
 */
export class FullyConnected extends Layer {
  readonly layers: Sequential;
  private readonly grid: number;

  constructor(
    backbone: Backbone,
    imageSize: number,
    readonly size: number,
  ) {
    super();
    const map = lastMap(backbone, imageSize);
    this.grid = Math.max(1, Math.floor(map.side / 2));
    const linears = [new Linear(map.size * this.grid ** 2, size), new Linear(size, size)] as const;
    for (const { weight, bias } of linears) {
      init.normal_(weight, 0, 0.01);
      noGrad(() => bias!.zero_());
    }
    this.layers = new Sequential(new Dropout(), linears[0], new ReLU(), new Dropout(), linears[1]);
  }

  override forward(map: Tensor): Tensor {
    return this.layers.forward(ops.adaptiveMaxPool2d(map, [this.grid, this.grid])[0].flatten(1));
  }
}
