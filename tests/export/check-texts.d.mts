/** What the checks need of a case. */
interface ExportedText {
  texts: readonly string[];
  folder: string;
  rowLength: number | null;
  table: string;
  token: number;
}

export function textsByOnnxRuntime(
  exported: ExportedText,
  change?: (model: Buffer, exported: ExportedText) => Buffer,
): Promise<Float32Array>;
export function flipTokenSign(model: Buffer, exported: ExportedText): Buffer;
