import { reestimateBatchNorm } from '../../backbones/statistics.js';
import { evenParts } from '../../data/draw.js';
import type { Videos } from '../../data/index.js';
import { drawPart } from '../../data/index.js';
import type { Tensor } from '../../engine/index.js';
import type { Encoder } from '../../methods/method.js';
import type { PropagationRule } from '../../networks/propagation/rule.js';
import { disposeEncoder, type MakeFresh, type RandomStart, STARTS } from '../baselines.js';
import { fingerprint } from '../features.js';
import { follow, truthOf, type VideoScore } from './follow.js';
import { FrameReader } from './frame-maps.js';
import { measureVideos, scoreTitle } from './measures.js';

/** Videos on which batch statistics are estimated, and on which the ways to run an untrained network are compared. */
const ESTIMATED = 8;
const COMPARED = 4;
/** Frames per forward pass of an encoder of single frames. */
const BATCH = 32;

export interface RandomNetworkOptions {
  videos: Videos;
  /** Whether what is known of the videos may choose; otherwise the network has its ordinary initialization and estimated statistics. */
  isCompared: boolean;
  rule: PropagationRule;
  layer: string;
  signal?: AbortSignal;
}

/** The strongest of the ways to run an untrained network, as `chooseRandom`, by how well it follows things. */
export async function chooseRandomNetwork(
  makeFresh: MakeFresh,
  seed: number,
  { videos, isCompared, rule, layer, signal }: RandomNetworkOptions,
): Promise<{ network: Encoder; start: RandomStart }> {
  let best: { network: Encoder; start: RandomStart; score: number } | null = null;
  const seen = new Set<string>();
  for (const start of isCompared ? STARTS : STARTS.slice(0, 1)) {
    const network = makeFresh(seed, start.initialization === 'ordinary');
    network.backbone.eval();
    const reader = new FrameReader(network, layer);
    if (start.batchNorm === 'estimated') reestimateBatchNorm(network.backbone, inputs(reader, videos));
    const print = fingerprint(network.backbone);
    const score = seen.has(print)
      ? Number.NEGATIVE_INFINITY
      : isCompared
        ? await tried(reader, videos, rule, layer, signal)
        : 0;
    seen.add(print);
    const isBest = best === null || score > best.score;
    const loser = isBest ? best?.network : network;
    if (loser !== undefined) disposeEncoder(loser);
    if (isBest) best = { network, start, score };
  }
  const { network, start } = best!;
  return { network, start };
}

async function tried(
  reader: FrameReader,
  videos: Videos,
  rule: PropagationRule,
  layer: string,
  signal?: AbortSignal,
): Promise<number> {
  const scores: VideoScore[] = [];
  let hasMasks = false;
  for (const index of drawPart(videos.count, COMPARED)) {
    const [truth, frames] = [truthOf(videos, index), videos.allFrames(index)];
    const maps = await reader.maps(frames, layer, signal);
    scores.push(await follow(truth, maps, rule, signal));
    hasMasks ||= truth.masks !== null;
    for (const tensor of [truth.masks, frames, maps]) tensor?.dispose();
  }
  return measureVideos(scores)[scoreTitle(hasMasks).metric] ?? 0;
}

/** Frames of some videos as the backbone takes them; each batch is freed when the next is asked for. */
function* inputs(reader: FrameReader, videos: Videos): Generator<Tensor, void, undefined> {
  for (const index of drawPart(videos.count, ESTIMATED)) {
    const frames = videos.allFrames(index);
    try {
      for (const { from, to } of partsOf(frames.size(0), reader.group)) {
        const batch = reader.input(frames.narrow(0, from, to - from));
        yield batch;
        batch.dispose();
      }
    } finally {
      frames.dispose();
    }
  }
}

/** An encoder of clips takes one at a time, whose last may be filled up. */
function partsOf(frames: number, group: number): { from: number; to: number }[] {
  if (group === 1) return evenParts(frames, BATCH);
  return Array.from({ length: Math.ceil(frames / group) }, (_, i) => ({
    from: i * group,
    to: Math.min(frames, (i + 1) * group),
  }));
}
