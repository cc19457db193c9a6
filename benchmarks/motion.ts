/**
 * What mining from videos spends its time on, beside OpenCV for Python, on one thread each: dense flow (Farnebäck), points (corners,
 * Lucas-Kanade there and back, a homography by RANSAC), tracks (a correlation filter over 30 frames; the peer is the KCF of
 * OpenCV's contributed modules), and a mined patch (points once and a track). The sides step in turn on the same generated video, in
 * processes of their own.
 *
 * OpenCV for Python gets a virtual environment of its own in the cache, made at the first run. Run it with `npm run bench motion` on
 * an idle machine.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SpriteVideo } from '../src/data/index.js';
import { spriteOptions } from '../src/data/synthetic/sprite-options.js';
import { peerPython } from './lib/peer-python.js';
import { median, ourSide, pairedRatio, type Row, ratioRow, report, type Side, stepInTurn } from './lib/run.js';

const PACKAGE = 'opencv-contrib-python-headless==4.12.0.88';
const SIDE = 256;
const FRAMES = 31;
const LEAST = 0.8;
/** On each side. */
const THREADS = 1;
const STEPS = { warmup: 2, steps: 9 };
const TRIALS = [
  { step: 'flow', what: 'dense flow of 30 pairs' },
  { step: 'points', what: 'corners, Lucas-Kanade and homographies of 30 pairs' },
  { step: 'tracks', what: 'track over 30 frames' },
  { step: 'patch', what: 'mined patch: points of a pair, track over 30 frames' },
] as const;

/** Why a step misses its target. */
const REASONS: Readonly<Record<string, string>> = {
  points:
    'the package is built without SIMD; native Lucas-Kanade and corners use it. A mined patch needs points once in 30 frames',
};

const folder = mkdtempSync(join(tmpdir(), 'autodidact-motion-'));
const rows: Row[] = [];
const raw: Record<string, unknown> = {};
try {
  const video = new SpriteVideo(
    spriteOptions.parse({ size: SIDE, frames: FRAMES, sprites: 2, camera: 'pan', cameraSpeed: 0.05 }),
    0,
    0,
  );
  const path = join(folder, 'video.rgb');
  writeFileSync(path, Buffer.concat(Array.from({ length: FRAMES }, (_, t) => video.frame(t))));
  const [left, top, right, bottom] = video.boxes(0);
  const box = [left!, top!, right! - left!, bottom! - top!].map(Math.round);
  const python = peerPython('opencv', [PACKAGE], 'import cv2; cv2.TrackerKCF_create', '60 MB');
  for (const { step, what } of TRIALS) {
    const config = { step, threads: THREADS, path, side: SIDE, frames: FRAMES, box };
    const script = fileURLToPath(new URL('./peers/motion.py', import.meta.url));
    const peer: Side = { command: python, args: [script, JSON.stringify(config)], env: process.env };
    const [ours, theirs] = await stepInTurn([ourSide('motion.ts', config), peer], STEPS);
    const beside = ratioRow('ours / OpenCV for Python', pairedRatio(theirs!.seconds, ours!.seconds), LEAST);
    const reason = beside.isMet ? undefined : REASONS[step];
    raw[step] = { ours: ours!.seconds, theirs: theirs!.seconds };
    rows.push(
      { what, measured: milliseconds(ours!.seconds) },
      { what: 'the same in OpenCV for Python', measured: milliseconds(theirs!.seconds) },
      { ...beside, ...(reason !== undefined && { reason }) },
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
report('motion', `Motion: a video of ${FRAMES} frames of ${SIDE}x${SIDE}, 1 thread`, rows, raw);

function milliseconds(seconds: readonly number[]): string {
  return `${Number((1000 * median(seconds)).toPrecision(3))} ms`;
}
