/** The numbers by which libtorch's operators name what they choose from. */

/** What a loss does with the values of its samples. */
export const REDUCTION = { none: 0, sum: 2 } as const;

/** How `gridSampler` reads between pixels, and what it finds beyond the edges. */
export const GRID_READING = { bilinear: 0, nearest: 1 } as const;
export const GRID_OUTSIDE = { zeros: 0, border: 1, reflection: 2 } as const;
