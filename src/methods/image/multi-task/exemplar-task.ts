/** Exemplars as one of several tasks: two distortions of an image against one of another image, where `exemplar` has a class for each. */
import { type Description, drawChanges, RANGES, toFloat, transformPatches } from '../../../augment/index.js';
import { type Generator, ops, type Tensor } from '../../../engine/index.js';
import { Linear } from '../../../engine/nn/index.js';
import { l2Normalize } from '../../losses/nt-xent.js';
import { tripletLoss } from '../../losses/triplet.js';
import type { Preview } from '../../method.js';
import { tileRows } from '../../previews/tile-rows.js';
import { both } from '../../views/two-views.js';
import { type Read, Task, type TaskContext, type TaskOutcome } from './task.js';

/** Two distortions of every image, each (N, C, S, S). */
export type ExemplarViews = { anchors: Tensor; positives: Tensor };

export class ExemplarTask extends Task<ExemplarViews> {
  override readonly name = 'exemplar';
  readonly embedding: Linear;

  constructor(private readonly context: TaskContext) {
    super();
    const { options, backbone } = context;
    this.embedding = new Linear(backbone.layerSize(backbone.layers.at(-1)!), options.embeddingSize);
  }

  override get pipeline(): Description {
    const { options, spec } = this.context;
    return { name: 'changePatches', side: spec.height, strength: options.strength, ...RANGES };
  }

  /** Images (N, C, S, S) in [0, 1], each after a random change. */
  private distort(images: Tensor, random: Generator): Tensor {
    const [count, channels, side] = images.shape as [number, number, number];
    const changes = drawChanges(count, channels, this.context.options.strength, random);
    const corners = Array.from({ length: count }, () => ({ top: 0, left: 0 }));
    return transformPatches(images, corners, side, changes);
  }

  override views(samples: Tensor, random: Generator): ExemplarViews {
    const images = toFloat(samples);
    const [anchors, positives] = both([0, 1], () => this.context.inputs.ofImages(this.distort(images, random)));
    return { anchors, positives };
  }

  override seen({ anchors, positives }: ExemplarViews): Tensor {
    return ops.cat([anchors, positives], 0);
  }

  private embed(maps: Tensor): Tensor {
    return this.embedding.forward(maps.mean([2, 3])).to('float32');
  }

  override loss(maps: Tensor): TaskOutcome {
    const [anchors, positives] = this.embed(maps).chunk(2, 0) as [Tensor, Tensor];
    const { loss, accuracy } = tripletLoss(anchors, positives, this.context.options.margin);
    return { loss, score: accuracy };
  }

  override preview(samples: Tensor, read: Read, random: Generator): Preview {
    const images = toFloat(samples);
    const pictures = both([0, 1], () => this.distort(images, random));
    const [anchors, positives] = pictures.map((picture) =>
      l2Normalize(this.embed(read(this.context.inputs.ofImages(picture)))),
    ) as [Tensor, Tensor];
    const others = positives.roll([-1], [0]);
    const isNearer = anchors.mul(positives.sub(others)).sum([1]).gt(0).toNumbers();
    const rows = tileRows([
      { images, caption: 'an image' },
      { images: pictures[0], caption: 'distorted' },
      {
        images: pictures[1],
        caption: (row) => (isNearer[row] ? 'the same: nearer' : 'the same: further away'),
        isCorrect: (row) => Boolean(isNearer[row]),
      },
      { images: pictures[1].roll([-1], [0]), caption: 'another image' },
    ]);
    const explanation = 'One task: two distortions of an image shall be nearer to each other than to another image.';
    return { title: 'Which is the same image?', explanation, rows, chance: 1 / 2 };
  }
}
