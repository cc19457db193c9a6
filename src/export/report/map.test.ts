import { describe, expect, it } from 'vitest';
import { drawMap, type MapData } from './map.js';

const sprite = { image: 'data:image/webp;base64,AA', columns: 5, rows: 4, width: 28, height: 28 };

/** One point of each of 18 classes, and one without a class. */
const map: MapData = {
  ids: Array.from({ length: 19 }, (_, i) => `${i}.png`),
  points: Array.from({ length: 19 }, (_, i) => [i / 18, i / 36] as const),
  labels: Array.from({ length: 19 }, (_, i) => (i < 18 ? i : -1)),
  classes: Array.from({ length: 20 }, (_, i) => `class ${i}`),
  sprite,
};

const dataOf = (text: string) => JSON.parse(/id="map-data">(.*?)<\/script>/s.exec(text)![1]!);

describe('drawMap', () => {
  it('gives every class that occurs a color of its own, light and dark', () => {
    const { text } = drawMap(map, 'images');
    const [light, dark] = text.match(/<style>(.*?)<\/style>/)![1]!.split('@media (prefers-color-scheme:dark)');
    for (const rules of [light!, dark!]) {
      const colors = [...rules.matchAll(/\.k(\d+)\{--own:(#[0-9a-f]+)\}/g)].map(([, , color]) => color);
      expect([colors.length, new Set(colors).size]).toEqual([18, 18]);
    }
    expect(text.match(/<button /g)).toHaveLength(18);
    expect(text).toContain('19 images as points, colored by 18 classes');
    expect(text).toContain('class="k knone"/>');
  });

  it('shows the thumbnail of a point, or its text', () => {
    const pictures = drawMap(map, 'images').text;
    expect(pictures).toContain('class="thumb pixels"');
    expect(dataOf(pictures).sprite).toEqual({ columns: 5, rows: 4, width: 28, height: 28 });
    const texts = map.ids.map((id) => `The text of ${id} </script>`);
    const words = drawMap({ ...map, sprite: texts }, 'sentences').text;
    expect(words).not.toContain('class="thumb');
    expect(dataOf(words)).toMatchObject({ texts });
    expect(dataOf(words).sprite).toBeUndefined();
  });

  it('lays the wide side down and keeps every point inside', () => {
    const upright = { ...map, points: map.points.map(([x, y]) => [y, x] as const) };
    const places = ({ text }: { text: string }) =>
      [...text.matchAll(/cx="([\d.]+)" cy="([\d.]+)"/g)].map(([, x, y]) => [x, y]);
    expect(places(drawMap(upright, 'images'))).toEqual(places(drawMap(map, 'images')));
    for (const [x] of places(drawMap(map, 'images'))) expect(Number(x)).toBeLessThanOrEqual(1000 - 24);
  });
});
