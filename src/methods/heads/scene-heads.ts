import { ops, scope, type Tensor } from '../../engine/index.js';
import { BatchNorm, Conv2d, ConvTranspose2d, init, Layer, Module, ReLU, Sequential } from '../../engine/nn/index.js';

const GAIN = 0.02;

/** Weights by Xavier with a gain of 0.02, as in the code of Ren and Lee; biases 0. */
function startSmall(network: Layer): void {
  for (const [, module] of network.modules()) {
    if (!(module instanceof Conv2d || module instanceof ConvTranspose2d)) continue;
    const [fanIn, fanOut] = init.fans(module.weight);
    init.normal_(module.weight, 0, GAIN * Math.sqrt(2 / (fanIn + fanOut)));
    if (module.bias !== null) init.constant_(module.bias, 0);
  }
}

/**
 * AlexNet's fc6 and fc7 as convolutions, (N, inputSize, h, w) to (N, width, h, w): 6x6 with dilation 2, whose 11 positions across
 * see the whole of a small map, and 1x1.
 */
export class ConvolutionalTrunk extends Layer {
  readonly layers: Sequential;

  constructor(inputSize: number, width: number) {
    super();
    this.layers = new Sequential(
      new Conv2d(inputSize, width, 6, { padding: 5, dilation: 2, bias: false }),
      new BatchNorm(width),
      new ReLU(),
      new Conv2d(width, width, 1, { bias: false }),
      new BatchNorm(width),
      new ReLU(),
    );
    startSmall(this);
  }

  override forward(x: Tensor): Tensor {
    return this.layers.forward(x);
  }
}

export interface DenseHeadOptions {
  inputSize: number;
  /** Sides of the map that comes in and of the one that goes out. */
  inputSide: number;
  outputSide: number;
  outputSize: number;
  /** Channels of all hidden maps. */
  width: number;
}

/**
 * One value or vector per pixel: up-convolutions 4x4 of stride 2 with batch norm and ReLU, all of one width, and a linear last one;
 * interpolated where doubling does not lead to the wanted side.
 */
export class DenseHead extends Layer {
  readonly layers: Sequential;

  constructor(readonly options: DenseHeadOptions) {
    super();
    const { inputSize, inputSide, outputSide, outputSize, width } = options;
    const doublings = Math.max(1, Math.ceil(Math.log2(outputSide / inputSide)));
    const up = { stride: 2, padding: 1 };
    this.layers = new Sequential(
      ...Array.from({ length: doublings - 1 }, (_, i) => [
        new ConvTranspose2d(i === 0 ? inputSize : width, width, 4, { ...up, bias: false }),
        new BatchNorm(width),
        new ReLU(),
      ]).flat(),
      new ConvTranspose2d(doublings === 1 ? inputSize : width, outputSize, 4, up),
    );
    startSmall(this);
  }

  override forward(x: Tensor): Tensor {
    const { outputSide } = this.options;
    return scope(() => {
      const map = this.layers.forward(x).to('float32');
      if (map.size(2) === outputSide && map.size(3) === outputSide) return map;
      return ops.upsampleBilinear2d(map, [outputSide, outputSide], false);
    });
  }
}

/** Three heads on a trunk that they share: depth, normals and contours from a backbone's map (N, C, h, h). */
export class SceneHeads extends Module {
  readonly trunk: ConvolutionalTrunk;
  readonly depth: DenseHead;
  readonly normals: DenseHead;
  readonly contours: DenseHead;

  constructor(map: { size: number; side: number }, trunkWidth: number, headWidth: number, imageSize: number) {
    super();
    const sizes = { inputSize: trunkWidth, inputSide: map.side, outputSide: imageSize, width: headWidth };
    const head = (outputSize: number) => new DenseHead({ ...sizes, outputSize });
    this.trunk = new ConvolutionalTrunk(map.size, trunkWidth);
    this.depth = head(1);
    this.normals = head(3);
    this.contours = head(1);
  }

  /** Logarithms of depth (N, 1, S, S), normals of any length (N, 3, S, S) and logits of contours (N, 1, S, S), float32. */
  forward(maps: Tensor): Record<'logDepth' | 'normals' | 'contours', Tensor> {
    const shared = this.trunk.forward(maps);
    const { depth, normals, contours } = this;
    return { logDepth: depth.forward(shared), normals: normals.forward(shared), contours: contours.forward(shared) };
  }
}
