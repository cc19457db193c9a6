/** What `exportEncoder` can write. */
export const EXPORTS = ['folder', 'onnx', 'safetensors'] as const;

export type ExportKind = (typeof EXPORTS)[number];

/** What `exportTransformers` writes. */
export const TRANSFORMERS = 'transformers';
