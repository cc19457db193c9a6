/** What both versions of CPC share: patches in a grid, one vector for each, predictions of rows further down, and their picture. */

import { z } from 'zod';
import { cutPatchGrid, halfOverlapping, type PatchGrid, toFloat } from '../../../augment/index.js';
import type { BackboneOptions } from '../../../backbones/backbone.js';
import { NORMS, type NormKind } from '../../../backbones/norms.js';
import { PatchedBackbone } from '../../../backbones/patched.js';
import { hasOption } from '../../../backbones/registry.js';
import { firstSamples } from '../../../data/index.js';
import type { Tensor } from '../../../engine/index.js';
import { BLUE, Canvas } from '../../../modalities/canvas.js';
import { gridNce, meanNce } from '../../losses/grid-nce.js';
import {
  type Batch,
  type EncoderContext,
  Method,
  type MethodContext,
  type Outcome,
  type Preview,
} from '../../method.js';
import { wholeOrNull } from '../../options.js';

const PATCH = 'Side of a patch in pixels; patches overlap by half. null takes a quarter of the image';
export const patchSize = wholeOrNull(PATCH, { min: 2 });

const NORM = 'Norm of a ResNet encoder; batch norm gives the answer away (an ablation)';
export const norm = (value: NormKind) => z.enum(NORMS).default(value).describe(NORM);

export interface GridOptions {
  patchSize: number | null;
  ignoredRows: number;
  predictedRows: number;
  norm: NormKind;
}

/** The grid of these options, or an error in one sentence when an image has too few rows for the predictions. */
function gridOf({ patchSize, ignoredRows, predictedRows }: GridOptions, imageSize: number): PatchGrid {
  return halfOverlapping(imageSize, patchSize, ignoredRows + predictedRows + 1);
}

/** The backbone that was asked for, which sees each patch by itself; with the norm of the options where its architecture has several. */
export function patchwiseBackbone(
  { options, spec, architecture, makeBackbone }: EncoderContext<GridOptions>,
  overrides: Partial<BackboneOptions> = {},
): PatchedBackbone {
  const { patch: side, stride } = gridOf(options, spec.height);
  const norm = hasOption(architecture, 'norm') ? { norm: options.norm } : {};
  return new PatchedBackbone(makeBackbone({ imageSize: side, ...norm, ...overrides }), { side, stride });
}

/** What the network sees: the patches of all images, image by image and row by row, (N G^2, C, p, p). */
export type PatchViews = { patches: Tensor };

/** Predictions (N, d, G, G) of the vectors `offset` rows further down, and the targets (N, d, G, G) among which these are. */
export interface Prediction {
  predictions: Tensor;
  targets: Tensor;
  offset: number;
}

export abstract class GridMethod<Options extends GridOptions> extends Method<Options, PatchViews> {
  readonly grid: PatchGrid;
  /** Made by the definition's encoder. */
  declare readonly backbone: PatchedBackbone;

  constructor(context: MethodContext<Options>) {
    super(context);
    this.grid = gridOf(this.options, this.spec.height);
  }

  /** Rows between a context and its targets: beyond those that share pixels with it. */
  protected get offsets(): number[] {
    const { ignoredRows, predictedRows } = this.options;
    return Array.from({ length: predictedRows }, (_, i) => ignoredRows + 1 + i);
  }

  /** The patches (N G^2, C, p, p) of images. */
  protected cut(images: Tensor): Tensor {
    return cutPatchGrid(images, this.backbone.options.patches);
  }

  /** One vector for each patch: (N G^2, C, p, p) to (N, D, G, G). */
  protected encode(patches: Tensor): Tensor {
    const { side } = this.grid;
    return this.backbone.ofPatches(patches, [side, side]);
  }

  /** All predictions from the vectors of the patches (N, D, G, G); those from the top come first, the nearest before all others. */
  protected abstract predict(vectors: Tensor): Iterable<Prediction>;

  /** Colors as the backbone sees them, in [0, 1] again. */
  protected abstract seen(images: Tensor): Tensor;

  override loss({ patches }: PatchViews): Outcome {
    const vectors = this.encode(patches); // (N, D, G, G)
    const { loss, accuracy } = meanNce(
      Array.from(this.predict(vectors), ({ predictions, targets, offset }) => gridNce(predictions, targets, offset)),
    );
    return { loss, metrics: { accuracy }, features: vectors.mean([2, 3]) };
  }

  override preview({ samples }: Batch): Preview[] {
    const shown = firstSamples(samples, 8);
    const { side, patch, stride } = this.grid;
    const pictures = this.seen(toFloat(shown));
    const patches = this.cut(pictures);
    const [nearest] = this.predict(this.encode(this.cut(this.prepare(shown))));
    const { predictions, targets, offset } = nearest!;
    const column = Math.floor(side / 2);
    const row = Math.floor((side - 1 - offset) / 2);
    const asked = predictions.select(2, row).select(2, column); // (N, d)
    const all = targets.permute([0, 2, 3, 1]).flatten(0, 2); // (N G^2, d)
    const answers = asked.matmul(all.t()).argmax(1).toNumbers();
    const truth = (i: number): number => i * side * side + (row + offset) * side + column;
    const seen = (i: number): Tensor => {
      const canvas = Canvas.of(pictures.select(0, i), 0.8);
      canvas.paste(pictures.select(0, i).narrow(1, 0, row * stride + patch), 0, 0);
      return canvas.frame((row + offset) * stride, column * stride, patch, BLUE).image;
    };
    const named = (answer: number, i: number): string => {
      const [place, image] = [answer % (side * side), Math.floor(answer / (side * side))];
      if (image !== i) return `says: of image ${image + 1}`;
      return `says: row ${Math.floor(place / side) + 1}, column ${(place % side) + 1}`;
    };
    const rows = answers.map((answer, i) => [
      { image: seen(i), caption: 'seen: the rows above' },
      { image: patches.select(0, truth(i)), caption: 'to be found' },
      { image: patches.select(0, answer), caption: named(answer, i), isCorrect: answer === truth(i) },
    ]);
    const explanation = `From the rows of patches above, the network must find the patch in the blue frame among the ${side * side} patches of each image shown.`;
    return [{ title: 'What comes further down?', explanation, rows, chance: 1 / patches.size(0) }];
  }
}
