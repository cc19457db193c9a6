/**
 * The tracker must follow a box in a real video better than a box that stands still. The truth is a homography of the box's face
 * (tests/golden/make_box_track.py); the video is one of those that `autodidact data fetch videos` brings.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Box, overlap } from '../../src/data/box.js';
import { fetchDataset } from '../../src/data/fetch.js';
import { readVideoFile } from '../../src/data/video/read-video.js';
import { scope, type Tensor } from '../../src/engine/index.js';
import { trackBox } from '../../src/motion/correlation-tracker.js';
import { grayPictures } from '../../src/motion/picture.js';
import { claim, keepResult } from './claims.js';

interface Truth {
  frames: number;
  boxes: { frame: number; luma: number; box: [number, number, number, number] }[];
}

const truth: Truth = JSON.parse(readFileSync(new URL('../golden/box-track.json', import.meta.url), 'utf8'));
const boxes = new Map<number, Box>(
  truth.boxes.map(({ frame, box: [left, top, width, height] }) => [frame, { left, top, width, height }]),
);
const FRAMES = 30;
const starts = [...boxes.keys()].filter((frame) => boxes.has(frame + FRAMES));

let frames: Tensor;
/** From the truth's numbers of frames to those of this decoder, which may drop others at the damaged start. */
let offset = 0;
const figures: Record<string, number> = {};

beforeAll(async () => {
  ({ frames } = await readVideoFile(join(await fetchDataset('videos'), 'box.mp4')));
  const lumas = grayPictures(frames).map(({ data }) => data.reduce((sum, value) => sum + value, 0) / data.length);
  const off = (by: number): number =>
    truth.boxes.reduce((sum, { frame, luma }) => sum + Math.abs((lumas[frame + by] ?? 1e9) - luma), 0) /
    truth.boxes.length;
  offset = [-2, -1, 0, 1, 2].reduce((best, by) => (off(by) < off(best) ? by : best), 0);
  expect(off(offset)).toBeLessThan(0.5);
});

afterAll(() => keepResult('tracker', figures));

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Overlap with the truth after 30 frames, over all starts, when frame t of a track is `at(t)` of the video. */
function overlaps(at: (t: number) => number): number[] {
  return starts.map((start) =>
    scope(() => {
      const shown = Array.from({ length: FRAMES + 1 }, (_, t) => frames.select(0, start + offset + at(t)));
      const track = trackBox(shown, boxes.get(start)!);
      return overlap(track[FRAMES]!.box, boxes.get(start + FRAMES)!);
    }),
  );
}

it('overlaps with the box after 30 frames more than a box that stands still', () => {
  const still = mean(starts.map((start) => overlap(boxes.get(start)!, boxes.get(start + FRAMES)!)));
  const tracked = mean(overlaps((t) => t));
  const stopped = mean(overlaps(() => 0));
  figures['overlap after 30 frames of box.mp4, tracked'] = tracked;
  figures['overlap after 30 frames of box.mp4, standing still'] = still;
  figures['control: overlap when the video is stopped'] = stopped;
  expect(starts.length).toBeGreaterThan(30);
  claim(tracked).isAbove(still + 0.05);
  // A tracker that drifts on its own would move in a video that stands still.
  claim(stopped).isNear(still, 0.01);
});
