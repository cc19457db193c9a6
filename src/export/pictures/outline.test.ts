import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { measure, outline, wrap } from './outline.js';

const style = { size: 20, color: '#123456' };

describe('outline', () => {
  it.each(['270°, says 180°', 'Größe <&> “quoted” → ✓ ✗', 'αβγ ≈ ∑', 'Привет'])(
    'draws %s without a font of the machine',
    (text) => {
      const svg = outline(text, 3, 40, style);
      expect(svg).toMatch(/^<path fill="#123456" d="M[-\d. MLQCZ]+"\/>$/);
    },
  );

  it('leaves characters that the font lacks, and right-to-left writing, to the machine, escaped', () => {
    expect(outline('漢 <b>', 3, 40, style)).toContain('>漢 &lt;b&gt;</text>');
    expect(outline('مرحبا', 3, 40, style)).toContain('<text x="3" y="40"');
  });

  it('draws no control characters and nothing for spaces', () => {
    expect(outline('a\u0000\tb', 0, 20, style)).toBe(outline('a  b', 0, 20, style));
    expect(outline('  ', 0, 20, style)).toBe('');
  });

  it('replaces what XML does not allow', async () => {
    const forbidden = ['\ufffe', '\uffff', '\ud800', '\udfff', '\u0000', '\u001b'];
    for (const character of forbidden) {
      expect(outline(`a${character}b`, 0, 20, style)).toBe(outline('a b', 0, 20, style));
      const text = outline(`漢${character}字`, 3, 20, style);
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="80" height="30">${text}</svg>`;
      await expect(sharp(Buffer.from(svg)).png().toBuffer()).resolves.toBeInstanceOf(Buffer);
    }
    expect(outline('漢\ufffd\u{1fffe}', 3, 20, style)).toContain('>漢\ufffd\u{1fffe}</text>');
  });

  it('moves with its origin and grows with its size', () => {
    expect(outline('i', 0, 20, style)).not.toBe(outline('i', 5, 20, style));
    expect(measure('abc', { size: 40 })).toBeCloseTo(2 * measure('abc', { size: 20 }), 6);
    expect(measure('abc', { size: 20, isBold: true })).toBeGreaterThan(measure('abc', { size: 20 }));
  });
});

describe('wrap', () => {
  const words = 'the quick brown fox jumps over the lazy dog';

  it('keeps every line within the width and loses no word', () => {
    const lines = wrap(words, 120, style);
    expect(lines.length).toBeGreaterThan(2);
    for (const line of lines) expect(measure(line, style)).toBeLessThanOrEqual(120);
    expect(lines.join(' ')).toBe(words);
  });

  it('breaks a word that is wider than the line', () => {
    const lines = wrap('wwwwwwwwww', measure('wwww', style), style);
    expect(lines).toEqual(['wwww', 'wwww', 'ww']);
  });

  it('ends the last line that is allowed with an ellipsis', () => {
    const lines = wrap(words, 120, style, 2);
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatch(/…$/);
    expect(measure(lines[1]!, style)).toBeLessThanOrEqual(120);
    expect(wrap('', 120, style)).toEqual([]);
  });
});
