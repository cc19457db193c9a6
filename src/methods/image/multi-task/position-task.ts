/** Relative patch position as one of several tasks; see `patch-position`. */
import type { Description } from '../../../augment/index.js';
import { type Generator, ops, type Tensor } from '../../../engine/index.js';
import type { Sequential } from '../../../engine/nn/index.js';
import { Tower } from '../../../networks/tower.js';
import { accuracy } from '../../losses/accuracy.js';
import type { Preview } from '../../method.js';
import { type Block, blockOf, DIRECTIONS, drawLayout, type Layout } from '../patches/blocks.js';
import { comparePairs, cutBlocks, type Pairs, pairHead, pairRows, pairsOf } from '../patches/pairs.js';
import { type Read, Task, type TaskContext, type TaskOutcome } from './task.js';

export type PositionViews = Pairs & { patches: Tensor };

export class PositionTask extends Task<PositionViews> {
  override readonly name = 'position';
  readonly tower: Tower;
  readonly head: Sequential;
  readonly block: Block;

  constructor(private readonly context: TaskContext) {
    super();
    const { options, spec, backbone } = context;
    this.block = blockOf({ ...options, smallestScale: 1 }, spec.height);
    this.tower = new Tower(backbone, { side: this.block.patch, outputSize: options.towerSize, useNorm: true });
    this.head = pairHead(options.towerSize, options.headSize);
  }

  override get pipeline(): Description {
    return { name: 'cutBlocks', ...this.block };
  }

  override views(samples: Tensor, random: Generator): PositionViews {
    const layout = drawLayout(samples.size(0), this.block, this.context.options.grids, random);
    return this.viewsOf(cutBlocks(samples, layout, this.block.patch), layout, random);
  }

  private viewsOf(cut: Tensor, layout: Layout, random: Generator): PositionViews {
    return { patches: this.context.inputs.ofPatches(cut, random), ...pairsOf(layout, cut) };
  }

  override seen({ patches }: PositionViews): Tensor {
    return patches;
  }

  override loss(maps: Tensor, views: PositionViews): TaskOutcome {
    const logits = comparePairs(maps, views, this.tower, this.head);
    return { loss: ops.crossEntropy(logits, views.labels), score: accuracy(logits, views.labels) };
  }

  override preview(images: Tensor, read: Read, random: Generator): Preview {
    const { grids } = this.context.options;
    const layout = drawLayout(images.size(0), this.block, grids, random);
    const cut = cutBlocks(images, layout, this.block.patch);
    const { patches: seen, ...pairs } = this.viewsOf(cut, layout, random);
    const guesses = comparePairs(read(seen), pairs, this.tower, this.head).argmax(1).toNumbers();
    return {
      title: 'Where does the second patch lie?',
      explanation:
        'One task: the network says in which of the eight places around the blue patch the orange one was cut out.',
      rows: pairRows({ images, layout, grids, cut, seen, guesses }),
      chance: 1 / DIRECTIONS.length,
    };
  }
}
