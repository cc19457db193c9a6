/** A rectangle in a picture, in pixels from the picture's upper left corner. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Area of what two boxes share over the area that they cover together: 1 when they are equal, 0 when they do not touch. */
export function overlap(a: Box, b: Box): number {
  const width = Math.min(a.left + a.width, b.left + b.width) - Math.max(a.left, b.left);
  const height = Math.min(a.top + a.height, b.top + b.height) - Math.max(a.top, b.top);
  const shared = Math.max(0, width) * Math.max(0, height);
  const covered = a.width * a.height + b.width * b.height - shared;
  return covered > 0 ? shared / covered : 0;
}

/** Whether a box lies in a picture from edge to edge. */
export function isInside({ left, top, width, height }: Box, picture: { width: number; height: number }): boolean {
  return left >= 0 && top >= 0 && left + width <= picture.width && top + height <= picture.height;
}
