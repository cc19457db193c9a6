import { Prng } from '../data/index.js';
import type { GrayPicture } from './picture.js';

/**
 * A pattern without end that is known everywhere between the pixels: waves of random directions, 6 to 150 pixels long, the
 * shorter ones weaker, as in photographs. Its mean is about 0 and its deviation 1.
 */
export function pattern(seed: number, waves = 32): (x: number, y: number) => number {
  const random = new Prng(seed);
  const parts = new Float64Array(4 * waves);
  let energy = 0;
  for (let i = 0; i < parts.length; i += 4) {
    const frequency = (2 * Math.PI) / (6 * 25 ** random.uniform());
    const angle = 2 * Math.PI * random.uniform();
    const strength = frequency ** -0.5;
    parts.set([frequency * Math.cos(angle), frequency * Math.sin(angle), 2 * Math.PI * random.uniform(), strength], i);
    energy += strength ** 2 / 2;
  }
  return (x, y) => {
    let sum = 0;
    for (let i = 0; i < parts.length; i += 4)
      sum += parts[i + 3]! * Math.sin(parts[i]! * x + parts[i + 1]! * y + parts[i + 2]!);
    return sum / Math.sqrt(energy);
  };
}

/** What a function shows in the middle of each pixel: 0 is middle gray, 2.5 white. */
export function draw(value: (x: number, y: number) => number, width: number, height: number): GrayPicture {
  const data = new Uint8Array(width * height);
  for (let i = 0; i < data.length; i++)
    data[i] = Math.min(255, Math.max(0, Math.round(128 + 51 * value((i % width) + 0.5, Math.floor(i / width) + 0.5))));
  return { data, width, height };
}
