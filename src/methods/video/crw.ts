/**
 * Contrastive random walk: walk through the frames of a clip and back, and end where the walk began.
 *
 * Jabri, Owens, Efros, "Space-Time Correspondence as a Contrastive Random Walk", NeurIPS 2020, https://arxiv.org/abs/2006.14613; code:
 * github.com/ajabri/videowalk.
 *
 * The nodes are patches, 7 x 7 in every frame. A step goes to a patch of the next frame with a probability that is the softmax of the
 * cosines. A walk of k frames forth and k back should end at its own patch: which patches it passes is left to the network.
 *
 * Patches overlap and convolutions tell where the edge of a picture is: a network could walk by position alone. Each frame is therefore
 * cropped by itself, each patch once more, and convolutions mirror the picture at its edge. Edges are left out at random.
 *
 * Numbers follow the README's command (temperature 0.05), whose code is mended; the paper had 0.07 and shuffled some steps by mistake.
 */
import { z } from 'zod';
import {
  type ClipTransform,
  cutPatchGrid,
  halfOverlapping,
  overFrames,
  type PatchGrid,
  randomResizedCrop,
  type Transform,
  toFloat,
} from '../../augment/index.js';
import { type ClipSpec, firstSamples, type ImageSpec } from '../../data/index.js';
import { fullPrecision, type Generator, ops, type Tensor, withoutGraph } from '../../engine/index.js';
import { Linear } from '../../engine/nn/index.js';
import { BLUE, Canvas, ORANGE } from '../../modalities/canvas.js';
import { standardizedFrames } from '../encoders.js';
import { l2Normalize } from '../losses/nt-xent.js';
import { type LeftOut, returning, roundTrips, transitions } from '../losses/round-trips.js';
import {
  type Batch,
  defineMethod,
  Method,
  type MethodContext,
  type Outcome,
  type Preview,
  type Tile,
} from '../method.js';
import * as option from '../options.js';
import { card } from './crw.card.js';
import { knownOptions } from './frames.js';
import { usableClips } from './motion.js';

const options = z.object({
  patchSize: option.wholeOrNull('Side of a patch in pixels; null takes a quarter of the frame', { min: 8 }),
  outputStride: option.outputStride(8),
  padding: option.choice(
    ['reflect', 'zeros'],
    'What convolutions of ResNets see beyond the edge; zeros tell where it is',
  ),
  projectionSize: option.projectionSize(128, 'the nodes'),
  temperature: option.positive(0.05, 'Divides the cosines'),
  edgeDropout: option.share(0.1, 'Share of the edges that are left out', { max: 0.9 }),
  minimumScale: option.minimumScale(0.8, 'Smallest share of a frame that its crop covers; the largest is 0.95'),
  useJitter: option.flag(true, 'Whether each patch is cropped once more, which hides its place'),
});

type Options = z.output<typeof options>;
/** Prepared patches (N, T, P, C, p, p), and the edges that are left out. */
type WalkViews = LeftOut & { patches: Tensor };

const LARGEST_SCALE = 0.95;
const FRAME_RATIO = [0.7, 1.3] as const;
/** Shares of a patch that its own crop covers. */
const PATCH_SCALE = [0.7, 0.9] as const;
/** Frames after the first that a preview shows of a clip. */
const MOST_SHOWN = 4;
/** The shortest walk goes two frames forth. */
const LEAST_FRAMES = 3;

export class ContrastiveRandomWalk extends Method<Options, WalkViews, unknown, ClipSpec, ImageSpec> {
  readonly projection: Linear;
  readonly grid: PatchGrid;
  private readonly augment: ClipTransform;
  private readonly jitter: Transform | null;

  constructor(context: MethodContext<Options, ClipSpec, ImageSpec>) {
    super(context);
    const { patchSize, projectionSize, minimumScale, useJitter } = this.options;
    this.grid = halfOverlapping(this.spec.height, patchSize, 2);
    this.projection = new Linear(this.backbone.featureSize, projectionSize);
    const size = this.spec.height;
    const scale = [minimumScale, Math.max(minimumScale, LARGEST_SCALE)] as const;
    const ofFrame = randomResizedCrop({ size, scale, ratio: FRAME_RATIO, interpolation: 'bilinear' });
    this.augment = overFrames(ofFrame, 'apart');
    this.jitter = useJitter
      ? randomResizedCrop({ size: this.grid.patch, scale: PATCH_SCALE, interpolation: 'bilinear' })
      : null;
  }

  override views({ samples }: Batch<ClipSpec>, random: Generator): WalkViews {
    const [count, frames] = samples.shape as [number, number];
    const cut = this.cut(this.augment(samples, random));
    const patches = this.prepare(this.jitter === null ? cut : this.jitter(cut, random));
    const nodes = this.grid.side ** 2;
    const edges = [count, frames - 1, nodes, nodes];
    const draw = () =>
      ops.rand(edges, { generator: random, device: random.device }).lt(this.options.edgeDropout).to(samples.device);
    return { patches: patches.unflatten(0, [count, frames, nodes]), forth: draw(), back: draw() };
  }

  /** The patches of all frames, row by row: (N, T, C, S, S) to (N T P, C, p, p). */
  private cut(clips: Tensor): Tensor {
    return cutPatchGrid(clips.flatten(0, 1), { side: this.grid.patch, stride: this.grid.stride });
  }

  /** Nodes of unit length, (N, T, P, d), and what they are made of, the mean over each frame (N T, D). */
  private nodes(patches: Tensor): { nodes: Tensor; features: Tensor } {
    const shape = patches.shape.slice(0, 3);
    const features = this.backbone.features(patches.flatten(0, 2)); // (N T P, D)
    const nodes = l2Normalize(this.projection.forward(features).to('float32')).unflatten(0, shape);
    return { nodes, features: features.unflatten(0, [shape[0]! * shape[1]!, shape[2]!]).mean([1]) };
  }

  override loss({ patches, ...leftOut }: WalkViews): Outcome {
    const { nodes, features } = this.nodes(patches);
    return fullPrecision(nodes.device, () => {
      const { loss, accuracy } = returning(roundTrips(transitions(nodes, this.options.temperature, leftOut)));
      return { loss, metrics: { accuracy: accuracy.detach() }, features };
    });
  }

  /** Features of the cells of each frame, as labels are propagated by them: the last layer but one, as in the code. */
  cells(frames: Tensor): Tensor {
    const layer = this.backbone.layers.at(-2);
    return withoutGraph(() => this.backbone.maps(this.prepare(frames), layer));
  }

  override preview({ samples }: Batch<ClipSpec>): Preview[] {
    const shown = firstSamples(samples, 6);
    const [count, frames] = shown.shape as [number, number];
    const pictures = toFloat(shown.flatten(0, 1)).unflatten(0, [count, frames]);
    const patches = this.prepare(this.cut(pictures)).unflatten(0, [count, frames, -1]);
    const { nodes } = this.nodes(patches);
    const steps = transitions(nodes, this.options.temperature);
    const ends = roundTrips(steps).at(-1)!.argmax(2).toNumbers();
    // Where most changes between the first frames, something is to be followed.
    const changes = patches.select(1, 1).sub(patches.select(1, 0)).abs().flatten(2).mean([2]).argmax(1).toNumbers();
    const { side, stride, patch } = this.grid;
    const framed = (clip: number, frame: number, node: number): Tensor => {
      const [row, column] = [Math.floor(node / side), node % side];
      const color = frame === 0 ? BLUE : ORANGE;
      return Canvas.of(pictures.select(0, clip).select(0, frame)).frame(row * stride, column * stride, patch, color)
        .image;
    };
    const every = Math.ceil((frames - 1) / MOST_SHOWN);
    const isShown = (t: number): boolean => (frames - 1 - t) % every === 0;
    const rows = changes.map((start, clip): Tile[] => {
      let walk = ops.zeros([1, side ** 2], { device: nodes.device });
      walk.narrow(1, start, 1).fill_(1);
      const tiles: Tile[] = [{ image: framed(clip, 0, start), caption: 'a patch' }];
      for (let t = 1; t < frames; t++) {
        walk = walk.matmul(steps.forth.select(0, clip).select(0, t - 1));
        if (isShown(t)) tiles.push({ image: framed(clip, t, walk.argmax(1).item()), caption: `frame ${t + 1}` });
      }
      const end = ends[clip * side ** 2 + start]!;
      return [...tiles, { image: framed(clip, 0, end), caption: 'and back', isCorrect: end === start }];
    });
    const explanation =
      'A walk from the blue patch is most likely at the orange ones in the frames that follow; the last picture shows where it ends when it goes back.';
    return [{ title: 'Where does a walk lead?', explanation, rows, chance: 1 / side ** 2 }];
  }
}

export const crw = defineMethod<typeof options, ClipSpec, ImageSpec>({
  ...card,
  modalities: ['clip'],
  options,
  smallOptions: { outputStride: 4 },
  needs: () => ({ frames: 4, fps: 8, leastFrames: LEAST_FRAMES, side: 16 }),
  encoder: standardizedFrames(({ architecture, options }) => knownOptions(architecture, options)),
  usable: (clips) => usableClips(clips),
  create: (context) => new ContrastiveRandomWalk(context),
});
