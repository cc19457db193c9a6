import { expect, it } from 'vitest';
import { formatBytes, formatCount, formatDuration, formatNumber, formatPercent, inWords, plural } from './format.js';

const SPACE = '\u00a0';

it('writes counts and numbers', () => {
  expect(formatCount(12345)).toBe('12,345');
  expect(plural(1, 'file')).toBe('1 file');
  expect(plural(2000, 'file')).toBe('2,000 files');
  expect([0, 0.25, 1234.56, 0.012345, -3].map(formatNumber)).toEqual(['0', '0.25', '1,235', '0.01235', '-3']);
  expect([1e-5, 1.234e-4, 2e6, 1e10].map(formatNumber)).toEqual(['1e-5', '1.23e-4', '2e6', '1e10']);
});

it('writes shares, durations and bytes with spaces that do not break', () => {
  expect(formatPercent(0.6129)).toBe(`61.3${SPACE}%`);
  expect([0.4, 9.96, 59.4, 59.6, 200, 7500, 3599.7, 7199].map(formatDuration)).toEqual(
    ['0.4 s', '10 s', '59 s', '1 min 00 s', '3 min 20 s', '2 h 05 min', '1 h 00 min', '2 h 00 min'].map((text) =>
      text.replace(/(\d) (s|min|h)/g, `$1${SPACE}$2`),
    ),
  );
  expect([512, 1536, 1.5 * 2 ** 30, 200 * 2 ** 20].map(formatBytes)).toEqual(
    ['512 B', '1.5 kB', '1.6 GB', '209.7 MB'].map((text) => text.replace(' ', SPACE)),
  );
});

it('writes a dash for what is not finite', () => {
  for (const write of [formatCount, formatNumber, formatPercent, formatDuration, formatBytes])
    expect(write(Number.NaN)).toBe('–');
});

it('turns names from code into words', () => {
  expect(['accuracy', 'topTwoAccuracy', 'discriminator-loss', 'l2_norm'].map(inWords)).toEqual([
    'Accuracy',
    'Top two accuracy',
    'Discriminator loss',
    'L2 norm',
  ]);
});
