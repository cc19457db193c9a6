import { readFileSync } from 'node:fs';
import type { GrayPicture } from './picture.js';

/** What OpenCV for Python computes on two pictures; made by tests/golden/make_motion.py. */
interface Golden {
  width: number;
  height: number;
  step: number;
  flow: number[];
  corners: number[];
  found: number[];
  followed: number[];
  homography: number[];
  homographyInliers: number;
  affine: number[];
  affineInliers: number;
}

const read = JSON.parse(readFileSync(new URL('../../tests/golden/motion.json', import.meta.url), 'utf8'));

export const golden: Golden = read;
export const [first, second] = ['first', 'second'].map((name) => ({
  data: Uint8Array.from(Buffer.from(read[name], 'base64')),
  width: golden.width,
  height: golden.height,
})) as [GrayPicture, GrayPicture];
