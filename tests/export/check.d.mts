/** What the checks need of a case. */
interface Exported {
  images: readonly string[];
  folder: string;
}

export function readFeatures(path: string): Float32Array;
export function prepare(images: readonly string[], folder: string): Promise<{ values: Float32Array; shape: number[] }>;
export function byOnnxRuntime(
  exported: Exported,
  change?: (model: Buffer, folder: string) => Buffer,
): Promise<Float32Array>;
export function flipSign(model: Buffer, folder: string): Buffer;
export function difference(given: ArrayLike<number>, wanted: ArrayLike<number>): number;
