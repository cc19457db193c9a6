import type { Description } from '../../../augment/index.js';
import type { Backbone } from '../../../backbones/backbone.js';
import type { ImageSpec } from '../../../data/index.js';
import type { Generator, Tensor } from '../../../engine/index.js';
import { Module } from '../../../engine/nn/index.js';
import type { Preview, Views } from '../../method.js';
import type { Inputs } from './inputs.js';
import type { Options, TaskName } from './options.js';

export interface TaskContext {
  options: Options;
  spec: ImageSpec;
  inputs: Inputs;
  /** The trunk, for the form of its maps; a task passes nothing through it by itself. */
  backbone: Backbone;
}

/** The trunk's maps (N, C, h, w) for inputs of a task. */
export type Read = (inputs: Tensor) => Tensor;

export interface TaskOutcome {
  loss: Tensor;
  /** Share of right answers. */
  score: Tensor;
}

/** A pretext task as one of several on a trunk: what it makes of images, which part of it the trunk reads, a head, and a loss. */
export abstract class Task<V extends Views = Views> extends Module {
  /** Names its score among the metrics. */
  abstract readonly name: TaskName;
  /** What `views` does to images. */
  abstract readonly pipeline: Description;

  /** Inputs and labels; the names are those of this task alone. */
  abstract views(samples: Tensor, random: Generator): V;

  /** What the trunk reads of them. */
  abstract seen(views: V): Tensor;

  /** The loss, from the trunk's maps of `seen(views)`. */
  abstract loss(maps: Tensor, views: V): TaskOutcome;

  /** The task in pictures; the samples are those to show. */
  abstract preview(samples: Tensor, read: Read, random: Generator): Preview;
}
