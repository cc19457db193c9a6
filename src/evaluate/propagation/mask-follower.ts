import { resizeMask } from '../../data/resize-mask.js';
import { noGrad, scope, type Tensor, tensor } from '../../engine/index.js';
import { AutodidactError } from '../../errors.js';
import type { Encoder } from '../../methods/method.js';
import { gridToMask, maskToGrid, type Size } from '../../networks/propagation/grid.js';
import { LabelPropagation } from '../../networks/propagation/propagate.js';
import type { PropagationRule } from '../../networks/propagation/rule.js';
import { checkStopped } from '../inputs.js';
import { FrameReader } from './frame-maps.js';

export interface MaskFollowerOptions {
  encoder: Encoder;
  rule: PropagationRule;
  /** The layer of the backbone to read; by default the last with at least 16 cells along the shorter side of its map. */
  layer?: string;
  /** What is followed: the number of its object at each pixel of the first frame, 0 for the ground. Of any size. */
  mask: { readonly data: Uint8Array } & Size;
  /** Size of the frames that are given. */
  input: Size;
  /** Size of the masks that are made. */
  output: Size;
  signal?: AbortSignal;
}

/** Follows the objects of a mask through the frames of one video as they come. */
export class MaskFollower {
  readonly layer: string;
  /** Numbers of the objects, ascending. */
  readonly objects: readonly number[];
  /** Frames that are best given at once. */
  readonly batch: number;
  /** Known from the first frame on. */
  grid: Size | null = null;
  /** Objects that no cell of the grid has for the most part: they are lost from the start. */
  lost: readonly number[] = [];
  private readonly reader: FrameReader;
  private propagation: LabelPropagation | null = null;

  /** @throws AutodidactError `DATA` for a mask without an object, and what `FrameReader` throws */
  constructor(private readonly options: MaskFollowerOptions) {
    const { encoder, layer, mask, input } = options;
    this.objects = [...new Set(mask.data)].filter((number) => number > 0).sort((a, b) => a - b);
    if (this.objects.length === 0)
      throw new AutodidactError('DATA', 'The mask has no object: every pixel is 0', {
        remedy: 'Give the pixels of each object a number from 1 on.',
      });
    this.reader = new FrameReader(encoder, layer);
    this.layer = this.reader.layerFor(input);
    this.batch = this.reader.group === 1 ? 8 : this.reader.group;
  }

  /**
   * The masks of the next frames; the first frame of all has the given mask, brought to the output's size by the nearest pixel.
   *
   * @param frames uint8 (n, 3, H, W), at most `batch`
   * @returns the number of the object at each pixel, row by row, for each frame
   */
  async next(frames: Tensor): Promise<Uint8Array[]> {
    const maps = await this.reader.maps(frames, this.layer, this.options.signal);
    try {
      const masks: Uint8Array[] = [];
      for (let t = 0; t < maps.size(0); t++) {
        checkStopped(this.options.signal);
        masks.push(scope(() => noGrad(() => this.step(maps.select(0, t)))));
      }
      return masks;
    } finally {
      maps.dispose();
    }
  }

  dispose(): void {
    this.propagation?.dispose();
  }

  private step(map: Tensor): Uint8Array {
    const { rule, input, output, mask } = this.options;
    if (this.propagation !== null) {
      const labels = this.propagation.next(map);
      return this.numbered(gridToMask(labels, output, input, rule.answer));
    }
    const classes = this.objects.length + 1;
    const classOf = new Uint8Array(256);
    for (const [i, number] of this.objects.entries()) classOf[number] = i + 1;
    const own = tensor(
      mask.data.map((number) => classOf[number]!),
      { shape: [mask.height, mask.width], device: map.device },
    );
    const grid = { height: map.size(1), width: map.size(2) };
    const labels = maskToGrid(own, classes, grid, rule.grid);
    const present = new Set(labels.argmax(0).toNumbers());
    this.grid = grid;
    this.lost = this.objects.filter((_, i) => !present.has(i + 1));
    this.propagation = new LabelPropagation({ features: map, labels }, rule);
    return resizeMask(mask.data, { ...sizeOf(mask), channels: 1 }, { ...output, channels: 1 }, 'stretch');
  }

  private numbered(classes: Tensor): Uint8Array {
    const { objects } = this;
    return classes.toBytes().map((value) => (value === 0 ? 0 : objects[value - 1]!));
  }
}

const sizeOf = ({ height, width }: Size): Size => ({ height, width });
