import { describe, expect, it } from 'vitest';
import { type EvaluationResult, type EvaluationRow, summarize } from '../../evaluate/result.js';
import { drawConfiguration, drawEvaluation, drawWarnings } from './tables.js';

const row = (
  encoder: EvaluationRow['encoder'],
  protocol: EvaluationRow['protocol'],
  labels: string,
  score: number,
  seed = 0,
): EvaluationRow => ({ encoder, protocol, labels, labelCount: labels === '1%' ? 60 : 6000, seed, score, details: {} });

function result(rows: EvaluationRow[]): EvaluationResult {
  return { rows, summary: summarize(rows), chance: 0.1, testCount: 1000, classes: ['a', 'b'], layer: null, seconds: 1 };
}

describe('drawEvaluation', () => {
  const rows = [0, 1].flatMap((seed) => [
    row('pretrained', 'knn', '1%', 0.5 + 0.1 * seed, seed),
    row('random', 'knn', '1%', 0.3, seed),
    row('supervised', 'supervised', '1%', 0.7, seed),
    row('pretrained', 'linear', '100%', 0.9, seed),
  ]);
  const { text } = drawEvaluation(result(rows));

  it('has a row per protocol and amount of labels, with mean and deviation', () => {
    expect(text.match(/scope="rowgroup"/g)).toHaveLength(2);
    expect(text.match(/scope="row"/g)).toHaveLength(2);
    expect(text).toContain('55.0\u00a0% <small>± 7.1</small>');
    expect(text).toContain('1%<small>60 images</small>');
    expect(text).toContain('class="none">not measured');
    expect(text).toContain('up to 2 seeds');
  });

  it('sets training from scratch beside every protocol with as many labels, and makes the best of a row bold', () => {
    expect(text).toMatch(/class="supervised"><b>70\.0/);
    expect(text).toMatch(/class="pretrained">55\.0/);
    expect(text).toMatch(/class="pretrained">90\.0/);
  });

  it('says where it loses', () => {
    expect(text).toContain('The pretrained encoder loses to supervised in knn with 1% (55.0 against 70.0 %).');
  });

  it('does not praise what nothing was compared with', () => {
    const alone = drawEvaluation(result([row('pretrained', 'knn', '1%', 0.6)])).text;
    expect(alone).toContain('No baseline was measured');
    expect(alone).toContain('One seed');
    const ahead = drawEvaluation(result([row('pretrained', 'knn', '1%', 0.6), row('random', 'knn', '1%', 0.4)])).text;
    expect(ahead).toContain('behind no baseline');
  });

  it('draws training from scratch alone', () => {
    const { text: only } = drawEvaluation(result([row('supervised', 'supervised', '1%', 0.6)]));
    expect(only).toContain('60.0\u00a0%');
    expect(only).toContain('was not measured');
  });
});

describe('the other parts', () => {
  it('folds the configuration up and escapes it', () => {
    const { text } = drawConfiguration({ spec: '</code><script>' });
    expect(text).toContain('<details>');
    expect(text).not.toContain('<script>');
    expect(text).toContain('&quot;spec&quot;: &quot;&lt;/code&gt;&lt;script&gt;&quot;');
  });

  it('lists each warning once', () => {
    const { text } = drawWarnings(['one <b>', 'two', 'one <b>']);
    expect(text.match(/<li>/g)).toHaveLength(2);
    expect(text).toContain('one &lt;b&gt; <span class="unit">(2 times)</span>');
  });
});
