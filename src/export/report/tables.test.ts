import { describe, expect, it } from 'vitest';
import type { ReportedCell, ReportedEvaluation } from './evaluations.js';
import { drawConfiguration, drawEvaluation, drawWarnings } from './tables.js';

const cell = (text: string, changes: Partial<ReportedCell> = {}): ReportedCell => ({
  ...{ text, note: null, isBest: false, bar: { value: 0.5, low: 0.4, high: 0.6, floor: 0.1 } },
  ...changes,
});

const evaluation: ReportedEvaluation = {
  ...{ step: 1200, isOfThisEncoder: true, data: 'photos, 900 labeled images', date: '2025-03-02T10:11:12.000Z' },
  worth: null,
  columns: ['Labels', 'Pretrained', 'Random <init>'],
  groups: [
    {
      title: 'k-NN',
      rows: [
        { name: '1%', note: '60 images', cells: [cell('61.9 %', { note: '± 3.4' }), cell('64.7 %')] },
        { name: '100%', note: null, cells: [cell('80.0 %', { isBest: true }), cell('not measured', { bar: null })] },
      ],
    },
  ],
  sentences: ['No difference can be shown with 1%: run `evaluate <run>`.'],
};

describe('drawEvaluation', () => {
  const { text } = drawEvaluation(evaluation, 1200);

  it('has a row per amount of labels under each protocol, and says where it comes from', () => {
    expect(text.match(/scope="rowgroup"/g)).toHaveLength(1);
    expect(text.match(/scope="row"/g)).toHaveLength(2);
    expect(text).toContain('Encoder of step 1,200 · photos, 900 labeled images · 2025-03-02');
    expect(text).toContain('61.9 % <small>± 3.4</small>');
    expect(text).toContain('1%<small>60 images</small>');
    expect(text).toContain('class="none">not measured');
    expect(text).toContain('Random &lt;init&gt;');
    expect(text).toContain('No difference can be shown with 1%: run <code>evaluate &lt;run&gt;</code>.');
  });

  it('marks as best what the evaluation marks, whatever the figures are', () => {
    expect(text.match(/<b>/g)).toHaveLength(1);
    expect(text).toContain('<b>80.0 %</b>');
    expect(text).not.toMatch(/<b>64\.7/);
  });

  it('draws bars with interval and chance', () => {
    expect(text).toContain('style="width:50.0%"');
    expect(text).toContain('class="whisker" style="left:40.0%;right:calc(100% - 60.0%)"');
    expect(text).toContain('class="chance" style="left:10.0%"');
  });

  it('says when the scores are those of another encoder', () => {
    expect(text).not.toContain('not scores of the present encoder');
    const outdated = drawEvaluation({ ...evaluation, step: 0, isOfThisEncoder: false }, 32).text;
    expect(outdated).toContain('Encoder of step 0 ·');
    expect(outdated).toContain('These are not scores of the present encoder, which stands at step 32.');
    expect(outdated).toContain('class="evaluation outdated"');
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
