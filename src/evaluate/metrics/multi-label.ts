import { areaUnderEnvelope, byFallingScore, elevenPoints, stepwiseArea } from './average-precision.js';

/** What one sample is given and what it has, class by class. */
export interface MultiLabelAnswer {
  /** [C], any scale that is the same for all samples. */
  readonly scores: ArrayLike<number>;
  /** [C], 1 has, 0 has not, -1 unknown or difficult: left out. */
  readonly truth: ArrayLike<number>;
}

/** Average precision of one class over the samples for which it is known. */
export interface ClassPrecision {
  /** scikit-learn's rule. */
  stepwise: number;
  /** PASCAL VOC's rules. */
  area: number;
  elevenPoints: number;
}

/** Means over the classes, in [0, 1]; NaN when no class has a positive. */
export interface MultiLabelFigures extends ClassPrecision {
  /** null for a class without a positive, which no mean includes. */
  perClass: (ClassPrecision | null)[];
}

/**
 * Average precision of several labels per sample, by scikit-learn's rule and by PASCAL VOC's. Answers of equal score stand together in
 * the first and keep their order in the others.
 *
 * Source: scikit-learn, `average_precision_score`; VOCdevkit, `VOCevalcls.m`, which leaves difficult samples out.
 */
export function multiLabelFigures(answers: readonly MultiLabelAnswer[]): MultiLabelFigures {
  const classes = answers[0]?.truth.length ?? 0;
  const perClass = Array.from({ length: classes }, (_, c) => {
    const known = answers.filter(({ truth }) => truth[c]! >= 0);
    const scores = known.map((answer) => answer.scores[c]!);
    const truth = known.map((answer) => answer.truth[c]!);
    const positives = truth.filter((value) => value === 1).length;
    if (positives === 0) return null;
    const hits = Array.from(byFallingScore(scores), (i) => truth[i]!);
    const ranking = { hits, positives };
    return {
      stepwise: stepwiseArea(scores, truth),
      area: areaUnderEnvelope(ranking),
      elevenPoints: elevenPoints(ranking),
    };
  });
  const known = perClass.filter((figures) => figures !== null);
  const mean = (figure: keyof ClassPrecision) => known.reduce((sum, of) => sum + of[figure], 0) / known.length;
  return { stepwise: mean('stepwise'), area: mean('area'), elevenPoints: mean('elevenPoints'), perClass };
}
