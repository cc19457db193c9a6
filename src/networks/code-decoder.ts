import { BatchNorm, Lambda, Linear, ReLU, Sequential } from '../engine/nn/index.js';
import { Decoder } from './decoder.js';

export interface CodeDecoderOptions {
  /** Length of the code. */
  codeSize: number;
  /** Channels and side of the map that is painted from. */
  mapSize: number;
  mapSide: number;
  /** Channels and side of the picture. */
  outputSize: number;
  outputSide: number;
  /** Channels of the last hidden map. */
  width: number;
}

/** Paints a picture from a code: a fully connected layer to a small map, then a `Decoder`. (N, codeSize) to (N, C, S, S). */
export function codeDecoder(options: CodeDecoderOptions): Sequential {
  const { codeSize, mapSize, mapSide, outputSize, outputSide, width } = options;
  const elements = mapSize * mapSide * mapSide;
  return new Sequential(
    new Linear(codeSize, elements, { bias: false }),
    new BatchNorm(elements),
    new ReLU(),
    new Lambda((x) => x.reshape([-1, mapSize, mapSide, mapSide])),
    new Decoder({ inputSize: mapSize, inputSide: mapSide, outputSize, outputSide, width }),
  );
}
