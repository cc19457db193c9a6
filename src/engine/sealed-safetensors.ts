import { createHash } from 'node:crypto';
import { AutodidactError } from '../errors.js';
import { readSafetensors, type SafetensorsContent, writeSafetensors } from './safetensors.js';
import type { Tensor } from './tensor.js';

/** OpenSSL takes at most 2 GiB at once. */
const MOST_BYTES_AT_ONCE = 2 ** 30;

/**
 * Writes a safetensors file whose metadata hold `sha256`, the digest of everything else in the file.
 * @throws AutodidactError as `writeSafetensors`
 */
export function writeSealed(
  path: string,
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>>,
): void {
  writeSafetensors(path, tensors, { ...metadata, sha256: digest(tensors, metadata) });
}

/** A file as `readSafetensors` gives it, with its metadata but for the seal that was checked. */
export interface SealedContent extends SafetensorsContent {
  /** Whether there was a seal, which then fits the content. Files of earlier versions and of other programs have none. */
  isSealed: boolean;
}

/**
 * Reads a safetensors file and holds its content against the seal, if it has one.
 * @throws AutodidactError `CHECKPOINT` when the content has changed since it was written, and as `readSafetensors`
 */
export function readSealed(path: string): SealedContent {
  const { tensors, metadata: all } = readSafetensors(path);
  const { sha256, ...metadata } = all;
  if (sha256 === undefined || !isOurs(metadata)) return { tensors, metadata: all, isSealed: false };
  if (sha256 === digest(tensors, metadata)) return { tensors, metadata, isSealed: true };
  for (const value of tensors.values()) value.dispose();
  throw new AutodidactError(
    'CHECKPOINT',
    `${path} is damaged: its content does not have the SHA-256 that was written with it`,
    { remedy: 'Bring the file back from a copy, or use another checkpoint.' },
  );
}

/** Whether this library wrote the metadata: of a checkpoint, or of an encoder. Elsewhere `sha256` may mean anything. */
const isOurs = ({ format = '', preparation }: Readonly<Record<string, string>>): boolean =>
  format.startsWith('autodidact-') || preparation !== undefined;

/** SHA-256 over the metadata and over each tensor's name, dtype, shape and elements, in the order of the names. */
function digest(tensors: ReadonlyMap<string, Tensor>, metadata: Readonly<Record<string, string>>): string {
  const hash = createHash('sha256');
  const sorted = <Value>(entries: Iterable<[string, Value]>) => [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
  hash.update(JSON.stringify(sorted(Object.entries(metadata))));
  for (const [name, value] of sorted(tensors)) {
    hash.update(JSON.stringify([name, value.dtype, value.shape]));
    const bytes = value.toBytes();
    for (let at = 0; at < bytes.length; at += MOST_BYTES_AT_ONCE)
      hash.update(bytes.subarray(at, at + MOST_BYTES_AT_ONCE));
  }
  return hash.digest('hex');
}
