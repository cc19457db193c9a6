/** An exported encoder in a browser: pictures to features. */
import { env, InferenceSession, Tensor } from './onnxruntime/ort.wasm.min.mjs';

env.wasm.wasmPaths = new URL('./onnxruntime/', import.meta.url).href;
// More threads need headers that make the page isolated from other origins.
env.wasm.numThreads = 1;

/** Pictures in one forward pass. */
const BATCH = 16;

export class Encoder {
  constructor(session, config, processor) {
    this.session = session;
    this.config = config;
    this.processor = processor;
  }

  /**
   * Loads a folder that `autodidact export` wrote.
   * @param folder its address, with a slash at the end
   */
  static async load(folder) {
    const json = async (name) => {
      const answer = await fetch(new URL(name, folder));
      if (!answer.ok) throw new Error(`${name} is missing: ${answer.status}`);
      return answer.json();
    };
    const [config, processor] = await Promise.all([json('config.json'), json('preprocessor_config.json')]);
    const session = await InferenceSession.create(new URL('onnx/model.onnx', folder).href, {
      executionProviders: ['wasm'],
    });
    return new Encoder(session, config, processor);
  }

  get size() {
    return this.processor.crop_size.height;
  }

  /** Features of decoded pictures (ImageBitmap), one Float32Array each, scaled to length 1. */
  async features(pictures, onProgress = () => {}) {
    const all = [];
    for (let from = 0; from < pictures.length; from += BATCH) {
      const part = pictures.slice(from, from + BATCH);
      const { size } = this;
      const input = new Float32Array(part.length * 3 * size * size);
      for (const [i, picture] of part.entries()) input.set(prepare(picture, this.processor), i * 3 * size * size);
      const out = await this.session.run({
        [this.session.inputNames[0]]: new Tensor('float32', input, [part.length, 3, size, size]),
      });
      const { data, dims } = out[this.session.outputNames[0]];
      for (let i = 0; i < part.length; i++) all.push(direction(data.slice(i * dims[1], (i + 1) * dims[1])));
      onProgress(all.length);
    }
    return all;
  }
}

/** The middle of a picture at the size of the network, as float32 (3, S, S) that is scaled and standardized. */
function prepare(
  picture,
  { crop_size: crop, rescale_factor: factor, do_normalize: isStandardized, image_mean: mean, image_std: std },
) {
  const side = crop.height;
  const least = Math.min(picture.width, picture.height);
  const canvas = new OffscreenCanvas(side, side);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  context.fillStyle = '#fff';
  context.fillRect(0, 0, side, side);
  context.imageSmoothingQuality = 'high';
  context.drawImage(picture, (picture.width - least) / 2, (picture.height - least) / 2, least, least, 0, 0, side, side);
  const { data } = context.getImageData(0, 0, side, side);
  const values = new Float32Array(3 * side * side);
  for (let pixel = 0; pixel < side * side; pixel++)
    for (let channel = 0; channel < 3; channel++) {
      const value = data[4 * pixel + channel] * factor;
      values[channel * side * side + pixel] = isStandardized ? (value - mean[channel]) / std[channel] : value;
    }
  return values;
}

function direction(values) {
  let square = 0;
  for (const value of values) square += value * value;
  const length = Math.sqrt(square) || 1;
  return values.map((value) => value / length);
}

/** The others by their cosine to one of them, most alike first; of equal ones the first. */
export function nearest(features, index, k) {
  const own = features[index];
  return features
    .map((other, i) => ({ index: i, cosine: other.reduce((sum, value, d) => sum + value * own[d], 0) }))
    .filter((hit) => hit.index !== index)
    .sort((a, b) => b.cosine - a.cosine || a.index - b.index)
    .slice(0, k);
}
