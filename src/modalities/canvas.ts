import { noGrad, scope, type Tensor, tensor } from '../engine/index.js';

/** A color as red, green and blue in [0, 1]. */
export type Color = readonly [number, number, number];

export const PAPER: Color = [0.95, 0.96, 0.98];
export const BLUE: Color = [0.15, 0.39, 0.92];
export const ORANGE: Color = [0.92, 0.35, 0.05];

/** A picture put together for a preview: float (3, H, W) in [0, 1], drawn on in place. Belongs to the scope it is made in. */
export class Canvas {
  readonly image: Tensor;

  constructor(height: number, width: number, color: Color = PAPER) {
    this.image = scope(() => column(color).expand([3, height, width]).contiguous().clone());
  }

  /** A copy of an image (C, H, W), C = 1 or 3, paled towards white by `paleness` from 0 to 1. */
  static of(image: Tensor, paleness = 0): Canvas {
    const canvas = new Canvas(image.size(1), image.size(2));
    scope(() => canvas.paste(image.mul(1 - paleness).add(paleness), 0, 0));
    return canvas;
  }

  /** Puts an image (C, H, W), C = 1 or 3, with its upper left corner at this place. */
  paste(image: Tensor, top: number, left: number): this {
    noGrad(() => scope(() => void this.part(top, left, image.size(1), image.size(2)).copy_(image)));
    return this;
  }

  /** Draws the edge of a square, one pixel wide and inside of it. */
  frame(top: number, left: number, side: number, color: Color): this {
    noGrad(() =>
      scope(() => {
        for (const [y, x, height, width] of [
          [0, 0, 1, side],
          [side - 1, 0, 1, side],
          [0, 0, side, 1],
          [0, side - 1, side, 1],
        ] as const)
          this.part(top + y, left + x, height, width).copy_(column(color));
      }),
    );
    return this;
  }

  private part(top: number, left: number, height: number, width: number): Tensor {
    return this.image.narrow(1, top, height).narrow(2, left, width);
  }
}

function column(color: Color): Tensor {
  return tensor([...color], { shape: [3, 1, 1] });
}

/** Any image (C, H, W) stretched to [0, 1], each channel about a middle gray and all by the same factor; flat ones stay gray. */
export function toVisible(image: Tensor): Tensor {
  return scope(() => {
    const centered = image.sub(image.mean([1, 2], true));
    const largest = centered.abs().amax().clampMin(1e-6);
    return centered.div(largest).mul(0.5).add(0.5);
  });
}
