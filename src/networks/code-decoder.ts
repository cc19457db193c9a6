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

export interface ImageGeneratorOptions {
  codeSize: number;
  channels: number;
  /** Side of the pictures in pixels. */
  side: number;
  /** Channels of the last hidden map. */
  width: number;
}

/** The generator's first map has a side of at least this many positions. */
const SMALLEST_MAP = 4;

/** DCGAN's generator: from a map of 4 to 7 positions a side, doubled until the picture has its side. (N, codeSize) to (N, C, S, S). */
export function imageGenerator({ codeSize, channels, side, width }: ImageGeneratorOptions): Sequential {
  let mapSide = side;
  while (mapSide % 2 === 0 && mapSide / 2 >= SMALLEST_MAP) mapSide /= 2;
  const mapSize = (width * side) / mapSide;
  return codeDecoder({ codeSize, mapSize, mapSide, outputSize: channels, outputSide: side, width });
}
