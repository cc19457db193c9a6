/**
 * Several pretext tasks on one trunk: relative patch position, colorization and exemplars, each with a head of its own.
 *
 * Doersch, Zisserman, "Multi-task Self-Supervised Visual Learning", ICCV 2017, https://arxiv.org/abs/1708.07860; what is published of the
 * code, github.com/deepmind/multiself, are weights.
 *
 * Every step makes a batch for each task from the same images and adds the losses. Tasks that see different pictures pull the trunk
 * apart: with `harmonize` all of them see the lightness alone. With `layers: lasso` each task reads its own sparse mixture of all layers,
 * so that what tasks do not share can lie in different layers.
 *
 * The paper's fourth task, motion segmentation, needs videos. Its trunk ends at the third block of a ResNet-101 and its machines have one
 * task each; here the trunk is the whole backbone, and tasks take their turns within a step. Colors have no rebalancing.
 */
import { firstSamples } from '../../../data/index.js';
import type { Generator, Tensor } from '../../../engine/index.js';
import { LayerMixer } from '../../../networks/layer-mixer.js';
import { lightnessImages, requireColor, standardizedImages } from '../../encoders.js';
import {
  type Batch,
  defineMethod,
  Method,
  type MethodContext,
  type Outcome,
  type Preview,
  type Views,
} from '../../method.js';
import { ColorTask } from './color-task.js';
import { ExemplarTask } from './exemplar-task.js';
import { harmonized, ownInputs } from './inputs.js';
import { card } from './multi-task.card.js';
import { type Options, options, TASKS, type TaskName } from './options.js';
import { PositionTask } from './position-task.js';
import type { Task, TaskContext } from './task.js';

const MAKERS: Record<TaskName, (context: TaskContext) => Task> = {
  position: (context) => new PositionTask(context) as Task,
  color: (context) => new ColorTask(context) as Task,
  exemplar: (context) => new ExemplarTask(context) as Task,
};

export class MultiTask extends Method<Options> {
  /** In the order of `TASKS`, whatever the order of the option. */
  readonly tasks: readonly Task[];
  readonly mixer: LayerMixer | null;

  constructor(context: MethodContext<Options>) {
    super(context);
    const { options, spec, backbone } = this;
    const inputs = options.harmonize ? harmonized : ownInputs(spec);
    const chosen = TASKS.filter((name) => options.tasks.includes(name));
    this.mixer = options.layers === 'lasso' ? new LayerMixer(backbone, chosen.length) : null;
    this.tasks = chosen.map((name) => MAKERS[name]({ options, spec, inputs, backbone }));
  }

  override pipelines() {
    return {
      ...super.pipelines(),
      ...Object.fromEntries(this.tasks.map((task) => [task.name, task.pipeline])),
    };
  }

  override views({ samples }: Batch, random: Generator): Views {
    return Object.assign({}, ...this.tasks.map((task) => task.views(samples, random)));
  }

  /** The trunk's maps for the inputs of the task at this place. */
  private read(inputs: Tensor, place: number): Tensor {
    if (this.mixer === null) return this.backbone.maps(inputs);
    return this.mixer.mix(this.backbone.pyramid(inputs, this.backbone.layers), place);
  }

  override loss(views: Views): Outcome {
    const losses: Tensor[] = [];
    const metrics: Record<string, Tensor> = {};
    let last: Tensor | undefined;
    for (const [place, task] of this.tasks.entries()) {
      const maps = this.read(task.seen(views), place);
      const { loss, score } = task.loss(maps, views);
      losses.push(loss);
      Object.assign(metrics, { [task.name]: score, [`${task.name}Loss`]: loss.detach() });
      last = maps;
    }
    if (this.mixer !== null) losses.push(this.mixer.penalty().mul(this.options.sparsity));
    return { loss: losses.reduce((sum, loss) => sum.add(loss)), metrics, features: last!.mean([2, 3]) };
  }

  override preview({ samples }: Batch, random: Generator): Preview[] {
    const shown = firstSamples(samples, 6);
    return this.tasks.map((task, place) => task.preview(shown, (inputs) => this.read(inputs, place), random));
  }
}

export const multiTask = defineMethod({
  ...card,
  options,
  smallOptions: {
    ...{ harmonize: true, grids: 1, towerSize: 256, headSize: 256, targetStride: 2, decoderWidth: 64 },
    embeddingSize: 128,
  },
  // The negative of an image's exemplar is another image; so is what batch norm over vectors needs.
  smallestBatch: 2,
  needs: () => ({ side: 32 }),
  encoder(context) {
    const { options, spec } = context;
    if (options.tasks.includes('color')) requireColor(spec, card.title);
    return options.harmonize ? lightnessImages()(context) : standardizedImages()(context);
  },
  create: (context) => new MultiTask(context),
});
