/** The part of opentype.js, which ships no types, that text outlines need. */
declare module 'opentype.js' {
  export interface Glyph {
    /** 0 is the box that stands for a missing character. */
    index: number;
    /** In font units. */
    advanceWidth: number;
    getPath(x: number, y: number, fontSize: number): { toPathData(decimals: number): string };
  }
  export interface Font {
    unitsPerEm: number;
    charToGlyph(character: string): Glyph;
  }
  const opentype: { parse(file: ArrayBuffer): Font };
  export default opentype;
}
