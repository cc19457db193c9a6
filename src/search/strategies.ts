/** Ways to choose what to label next. */
export const STRATEGIES = ['typical', 'diverse', 'uncertain'] as const;

export type Strategy = (typeof STRATEGIES)[number];
