/** What both versions of CPC share: patches in a grid, one vector for each, predictions of rows further down, and their picture. */
import { toFloat } from '../../../augment/index.js';
import type { Backbone } from '../../../backbones/backbone.js';
import { cutPatchGrid, PatchedBackbone } from '../../../backbones/patched.js';
import { backbones } from '../../../backbones/registry.js';
import type { Tensor } from '../../../engine/index.js';
import { BLUE, Canvas } from '../../../modalities/canvas.js';
import { halfOverlapping, type PatchGrid } from '../../cuts/patch-grid.js';
import { type Batch, type DataDescription, Method, type Preview } from '../../method.js';

export interface GridOptions {
  patchSize: number | null;
  ignoredRows: number;
  predictedRows: number;
}

/** The grid of these options, or an error in one sentence when an image has too few rows for the predictions. */
export function gridOf({ patchSize, ignoredRows, predictedRows }: GridOptions, imageSize: number): PatchGrid {
  return halfOverlapping(imageSize, patchSize, ignoredRows + predictedRows + 1);
}

/** Asks a backbone for a norm, where its architecture leaves the choice. */
export function withNorm(norm: 'batch' | 'layer' | 'none', architecture: string): { norm?: typeof norm } {
  return backbones[architecture]?.takes.includes('norm') ? { norm } : {};
}

export abstract class GridMethod extends Method {
  readonly grid: PatchGrid;

  override readonly backbone: PatchedBackbone;

  /** @param inner the network that sees a patch */
  constructor(
    inner: Backbone,
    protected readonly data: DataDescription,
    private readonly rows: GridOptions,
  ) {
    super();
    this.grid = gridOf(rows, data.imageSize);
    this.backbone = new PatchedBackbone(inner, { side: this.grid.patch, stride: this.grid.stride });
  }

  /** Rows between a context and its targets: beyond those that share pixels with it. */
  protected get offsets(): number[] {
    const { ignoredRows, predictedRows } = this.rows;
    return Array.from({ length: predictedRows }, (_, i) => ignoredRows + 1 + i);
  }

  /** Patches in [0, 1] (N G^2, C, p, p) of images that were cropped and colored. */
  protected cut(images: Tensor): Tensor {
    return cutPatchGrid(images, this.backbone.options.patches);
  }

  /** One vector for each patch: (N G^2, C, p, p) to (N, D, G, G). */
  protected encode(patches: Tensor): Tensor {
    const { side } = this.grid;
    return this.backbone.ofPatches(patches, [side, side]);
  }

  /** Predictions and targets (N, d, G, G) for an offset, as the loss compares them, from the vectors of the patches. */
  protected abstract predictionsOf(z: Tensor, offset: number): { predictions: Tensor; targets: Tensor };

  /** Colors as the backbone sees them, in [0, 1] again. */
  protected abstract seen(images: Tensor): Tensor;

  override preview({ samples }: Batch): Preview[] {
    const shown = samples.narrow(0, 0, Math.min(8, samples.size(0)));
    const { side, patch, stride } = this.grid;
    const count = shown.size(0);
    const pictures = this.seen(toFloat(shown));
    const patches = this.cut(pictures);
    const z = this.encode(this.cut(this.prepare(shown)));
    const offset = this.offsets[0]!;
    const { predictions, targets } = this.predictionsOf(z, offset);
    const column = Math.floor(side / 2);
    const row = Math.floor((side - 1 - offset) / 2);
    const asked = predictions.select(2, row).select(2, column); // (N, d)
    const all = targets.permute([0, 2, 3, 1]).reshape([count * side * side, -1]);
    const answers = asked.matmul(all.t()).argmax(1).toNumbers();
    const rows = answers.map((answer, i) => {
      const truth = i * side * side + (row + offset) * side + column;
      const [place, ofImage] = [answer % (side * side), Math.floor(answer / (side * side))];
      const board = Canvas.of(pictures.select(0, i), 0.8);
      const bottom = row * stride + patch;
      board.paste(pictures.select(0, i).narrow(1, 0, bottom), 0, 0);
      board.frame((row + offset) * stride, column * stride, patch, BLUE);
      const where = `row ${Math.floor(place / side) + 1}, column ${(place % side) + 1}`;
      return [
        { image: board.image, caption: 'seen: the rows above' },
        { image: patches.select(0, truth), caption: 'to be found' },
        {
          image: patches.select(0, answer),
          caption: ofImage === i ? `says: ${where}` : `says: of image ${ofImage + 1}`,
          isCorrect: answer === truth,
        },
      ];
    });
    return [
      {
        title: 'What comes further down?',
        explanation: `From the rows of patches above, the network must find the patch in the blue frame among the ${side * side} patches of each image shown.`,
        rows,
      },
    ];
  }
}
