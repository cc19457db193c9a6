import { createRequire } from 'node:module';
import type * as CV from '@techstark/opencv-js';

export type OpenCV = typeof CV;
export type Mat = CV.Mat;

/**
 * Loads OpenCV, about half a second of compiling wasm, and hands it to `use`. It is not returned as a promise's value: the module
 * has a method `then`, which a promise would call without end.
 */
export async function withOpenCV<Result>(use: (cv: OpenCV) => Result): Promise<Result> {
  const cv = createRequire(import.meta.url)('@techstark/opencv-js') as Loading;
  if (cv.Mat === undefined)
    await new Promise<void>((resolve) => {
      cv.onRuntimeInitialized = resolve;
    });
  return use(cv as unknown as OpenCV);
}

interface Loading {
  Mat?: unknown;
  onRuntimeInitialized?: () => void;
}

/** The matrices of one computation. wasm has no garbage collector: what is not freed stays for good. */
export class Matrices {
  private readonly made: Mat[] = [];

  constructor(private readonly cv: OpenCV) {}

  /** An empty matrix, for results. */
  empty(): Mat {
    return this.add(new this.cv.Mat());
  }

  /** 8-bit, one channel, copied. */
  bytes(data: Uint8Array, rows: number, columns: number): Mat {
    const matrix = this.add(new this.cv.Mat(rows, columns, this.cv.CV_8UC1));
    matrix.data.set(data);
    return matrix;
  }

  /** One row for each point, copied. */
  points(points: Float32Array): Mat {
    const matrix = this.add(new this.cv.Mat(points.length / 2, 1, this.cv.CV_32FC2));
    matrix.data32F.set(points);
    return matrix;
  }

  /** Takes over a matrix that OpenCV made. */
  add(matrix: Mat): Mat {
    this.made.push(matrix);
    return matrix;
  }

  free(): void {
    for (const matrix of this.made.splice(0)) matrix.delete();
  }
}
