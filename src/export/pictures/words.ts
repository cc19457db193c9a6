import { counted } from '../../format.js';
import type { PreviewData, StepPreviews, TileData } from '../../train/preview-data.js';

/** How far the network was when it answered. */
export function stageOf({ step, isTrained }: Pick<StepPreviews<unknown>, 'step' | 'isTrained'>): string {
  return isTrained ? `After ${counted(step, 'step')}` : 'Untrained network';
}

/** "6 of 24 right, chance 25 %"; null where no answer is marked. */
export function scoreOf({ right, chance }: Pick<PreviewData<unknown>, 'right' | 'chance'>): string | null {
  if (right === null) return null;
  const score = `${right.count} of ${right.of} right`;
  return chance === null ? score : `${score}, chance ${percent(chance)}`;
}

/** With two significant digits, and never more than it needs: 25 %, 1.6 %, 0.024 %. */
function percent(share: number): string {
  const value = 100 * share;
  return `${Number(value >= 10 ? value.toFixed(0) : value.toPrecision(2))} %`;
}

/** A tile in words, for those who do not see it. */
export function describeTile({ caption, isCorrect, shown }: TileData<unknown>): string {
  const text = caption ?? (shown.kind === 'text' ? shown.text : 'a picture');
  return isCorrect === null ? text : `${text} (${isCorrect ? 'right' : 'wrong'})`;
}
