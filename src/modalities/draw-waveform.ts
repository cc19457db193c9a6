import { scope, type Tensor, tensor } from '../engine/index.js';
import { BLUE, type Color, ORANGE, PAPER } from './canvas.js';

const INK: Color = [0.25, 0.28, 0.34];

/** A stretch of a waveform in a color: samples `from` to before `to`. */
export interface Stretch {
  from: number;
  to: number;
  color: 'heard' | 'asked';
}

/**
 * A waveform as a picture: each column spans from the lowest to the highest of its samples.
 *
 * @param wave float (L) in [-1, 1]
 * @returns float (3, height, width) in [0, 1]
 */
export function drawWaveform(wave: Tensor, height: number, width: number, stretches: readonly Stretch[] = []): Tensor {
  return scope(() => {
    const samples = wave.toNumbers();
    const perColumn = samples.length / width;
    const pixels = Float32Array.from(
      { length: 3 * height * width },
      (_, i) => PAPER[Math.floor(i / (height * width))]!,
    );
    for (let x = 0; x < width; x++) {
      const [from, to] = [
        Math.floor(x * perColumn),
        Math.max(Math.floor(x * perColumn) + 1, Math.floor((x + 1) * perColumn)),
      ];
      const part = samples.slice(from, to);
      const row = (value: number): number => Math.round((1 - value) * 0.5 * (height - 1));
      const color = colorAt((from + to) / 2, stretches);
      for (let y = row(Math.max(...part)); y <= row(Math.min(...part)); y++)
        for (let c = 0; c < 3; c++) pixels[(c * height + Math.min(height - 1, Math.max(0, y))) * width + x] = color[c]!;
    }
    return tensor(pixels, { shape: [3, height, width] });
  });
}

function colorAt(sample: number, stretches: readonly Stretch[]): Color {
  const found = stretches.find(({ from, to }) => sample >= from && sample < to);
  if (found === undefined) return INK;
  return found.color === 'heard' ? BLUE : ORANGE;
}
