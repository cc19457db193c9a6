import { describe, expect, it } from 'vitest';
import { type Curve, drawCurve, smoothed, ticks } from './curves.js';

const draw = (y: number[], more: Partial<Curve> = {}): string =>
  drawCurve({ title: 'Loss', x: y.map((_, i) => 10 * i), y, ...more }).text;

/** The numbers in every drawn path and axis must be numbers. */
const expectSound = (svg: string): void => {
  for (const [, attributes] of svg.matchAll(/<(?:path|line|circle|rect|text) ([^>]*)>/g))
    expect(attributes).not.toMatch(/NaN|Infinity|undefined/);
};

describe('ticks', () => {
  it.each([
    [0, 1, [0, 0.25, 0.5, 0.75, 1]],
    [0.13, 2.4, [1, 2]],
    [0.13, 2.1, [0.5, 1, 1.5, 2]],
    [-3, 3, [-2, 0, 2]],
    [1e-5, 4e-5, [1e-5, 2e-5, 3e-5, 4e-5]],
    [990, 1010, [990, 995, 1000, 1005, 1010]],
  ])('from %d to %d', (low, high, expected) => {
    expect(ticks(low, high, 4)).toEqual(expected);
  });

  it('gives one tick where there is no range', () => {
    expect(ticks(5, 5, 4)).toEqual([5]);
  });
});

describe('smoothed', () => {
  it('keeps straight lines, to their very ends', () => {
    const line = Array.from({ length: 400 }, (_, i) => 2 * i - 7);
    for (const [i, value] of smoothed(line).entries()) expect(value).toBeCloseTo(line[i]!, 9);
  });

  it('takes noise away', () => {
    const noise = Array.from({ length: 400 }, (_, i) => (i % 2 === 0 ? 1 : -1));
    for (const value of smoothed(noise).slice(10, -10)) expect(Math.abs(value)).toBeLessThan(0.1);
    for (const value of smoothed(noise)) expect(Math.abs(value)).toBeLessThan(0.4);
  });

  it('leaves gaps where they are and does not spread them', () => {
    const values = Array.from({ length: 400 }, (_, i) => (i === 200 ? Number.NaN : 3));
    for (const [i, value] of smoothed(values).entries()) {
      if (i === 200) expect(value).toBeNaN();
      else expect(value).toBeCloseTo(3, 12);
    }
  });
});

describe('drawCurve', () => {
  it('draws raw and smoothed values, says how it went, and carries its data', () => {
    const svg = draw([4, 3, 2.5, 2, 1, 1.5], { isSmoothed: true, best: 'lowest' });
    expectSound(svg);
    expect(svg).toContain('class="raw"');
    expect(svg).toContain('class="line"');
    expect(svg).toContain('4 at step 0, 1.5 at step 50; lowest 1 at step 40');
    expect(svg).toContain('data-x="0 10 20 30 40 50"');
    expect(svg).toContain('data-y="4 3 2.5 2 1 1.5"');
    expect(svg).toContain('role="img" aria-label="Loss: ');
  });

  it('writes shares in percent', () => {
    const svg = draw([0.1, 0.5, 0.9], { format: 'percent', best: 'highest' });
    expect(svg).toContain('highest 90.0\u00a0% at step 20');
    expect(svg).toContain('>50 %</text>');
  });

  it('leaves a gap for values that are not finite and counts them', () => {
    const svg = draw([4, Number.NaN, 3, 2, Number.POSITIVE_INFINITY]);
    expectSound(svg);
    expect(svg.match(/class="line" d="([^"]*)"/)![1]!.match(/M/g)).toHaveLength(2);
    expect(svg).toContain('2 of 5 values are not finite');
  });

  it('draws a single point as a dot', () => {
    const svg = draw([2.3], { isSmoothed: true });
    expectSound(svg);
    expect(svg).toContain('<circle class="only"');
    expect(svg).toContain('2.3 at step 0, the only value');
  });

  it.each([[[Number.NaN, Number.NaN]], [[]]])('says so when no value is finite', (y) => {
    expect(draw(y)).toContain('No finite values were recorded');
  });

  it.each([[[5, 5, 5]], [[0, 0]], [[-1e-9, 1e12]], [[1e300, -1e300]]])('survives %j', (y) => {
    expectSound(draw(y, { isSmoothed: true, best: 'lowest' }));
  });

  it('shows the reference line within the frame', () => {
    const svg = draw([0.5, 0.6], { reference: { value: 0.01, label: 'collapsed below 0.01' } });
    const y = Number(svg.match(/class="reference"><line x1="50" x2="410" y1="([\d.]+)"/)![1]);
    expect(y).toBeGreaterThan(10);
    expect(y).toBeLessThanOrEqual(194);
    expect(svg).toContain('collapsed below 0.01');
  });

  it('does not let one outlier flatten a long curve, and thins a very long one to its extremes', () => {
    const y = Array.from({ length: 50_000 }, (_, i) => (i === 100 ? 1e9 : Math.sin(i / 1000)));
    const svg = draw(y, { isSmoothed: true });
    expect(svg.length).toBeLessThan(150_000);
    expect(svg.includes(' 1000000000 ')).toBe(true);
    const [, frame] = svg.match(/data-frame="([^"]*)"/)!;
    expect(Number(frame!.split(' ').at(-1))).toBeLessThan(6);
  });

  it('keeps the extremes of a long curve that lie beside gaps, and the gaps', () => {
    const y = Array.from({ length: 50_000 }, () => 1);
    y[20_000] = Number.NaN;
    y[20_001] = 0.25;
    y[20_002] = 4;
    const svg = draw(y, { best: 'lowest' });
    expectSound(svg);
    expect(svg).toMatch(/data-y="1 [^"]*NaN 0\.25 4 /);
    expect(svg.match(/class="line" d="([^"]*)"/)![1]!.match(/M/g)).toHaveLength(2);
    expect(svg).toContain('lowest 0.25 at step 200,010; 1 of 50000 values are not finite');
  });

  it('says of a thinned curve how it began, ended and was at its best', () => {
    const y: number[] = Array.from({ length: 50_000 }, (_, i) => 1 + (i % 2));
    y[0] = 1.5;
    y[49_999] = 1.5;
    const svg = draw(y, { best: 'highest' });
    expect(svg).toContain('1.5 at step 0, 1.5 at step 499,990; highest 2 at step 10');
    expect(svg.split('data-frame="')[1]!.split(' ').slice(4, 6)).toEqual(['0', '499990']);
  });

  it('shows a steep start whole', () => {
    const y = Array.from({ length: 2000 }, (_, i) => 2 + 1.5 * Math.exp(-i / 60));
    const [, frame] = draw(y).match(/data-frame="([^"]*)"/)!;
    expect(Number(frame!.split(' ').at(-1))).toBeGreaterThanOrEqual(3.5);
  });
});
