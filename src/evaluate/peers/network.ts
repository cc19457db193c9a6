import type { Backbone } from '../../backbones/backbone.js';
import { type Generator, noGrad, ops, scope, type Tensor } from '../../engine/index.js';
import { Linear, type Module } from '../../engine/nn/index.js';
import type { Encoder } from '../../methods/method.js';
import { deviceOf } from '../features.js';

const TURNS = 4;

/** A backbone from scratch with a classifier, and with another one of four turns where a peer asks for it. */
export class PeerNetwork {
  readonly classifier: Linear;
  readonly turnClassifier: Linear | null;

  constructor(
    readonly encoder: Encoder,
    classes: number,
    hasTurns: boolean,
    random: Generator,
  ) {
    const { backbone } = encoder;
    const made = (count: number): Linear => {
      const linear = scope(() => new Linear(backbone.featureSize, count).to({ device: deviceOf(backbone) }));
      scope(() =>
        noGrad(() => {
          linear.weight.copy_(ops.randn(linear.weight.shape, { generator: random }).mul(0.01));
          linear.bias!.fill_(0);
        }),
      );
      return linear;
    };
    this.classifier = made(classes);
    this.turnClassifier = hasTurns ? made(TURNS) : null;
    backbone.setRequiresGrad(true);
  }

  get backbone(): Backbone {
    return this.encoder.backbone;
  }

  get modules(): Module[] {
    return [this.backbone, this.classifier, ...(this.turnClassifier === null ? [] : [this.turnClassifier])];
  }

  train(): void {
    for (const module of this.modules) module.train();
  }

  eval(): void {
    for (const module of this.modules) module.eval();
  }

  /** Logits of the classes, of what the backbone takes: (B, K). */
  classesOf(x: Tensor): Tensor {
    return this.classifier.forward(this.backbone.features(x));
  }

  /** Logits of the classes and of the turns. */
  bothOf(x: Tensor): { classes: Tensor; turns: Tensor } {
    const features = this.backbone.features(x);
    return { classes: this.classifier.forward(features), turns: this.turnClassifier!.forward(features) };
  }

  /** Frees the classifiers; the backbone is the encoder's. */
  dispose(): void {
    this.classifier.dispose();
    this.turnClassifier?.dispose();
  }
}
