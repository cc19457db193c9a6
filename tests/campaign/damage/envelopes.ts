/** What guards or wraps the content of a file, put right again after the content was damaged: else only the guard is tested. */
import { crc32, gunzipSync, gzipSync } from 'node:zlib';

/** The content of a file, and how a damaged content becomes a file again. */
interface Opened {
  content: Buffer;
  close(content: Buffer): Buffer;
}

const PNG_SIGNATURE_BYTES = 8;
/** Length and type before the data of a chunk; the checksum behind it. */
const CHUNK_HEAD = 8;
const CHUNK_SUM = 4;

/** The checksums of all chunks of a PNG that can be found, as their content has them. */
function withRightSums(png: Buffer): Buffer {
  const mended = Buffer.from(png);
  let at = PNG_SIGNATURE_BYTES;
  while (at + CHUNK_HEAD + CHUNK_SUM <= mended.length) {
    const end = at + CHUNK_HEAD + mended.readUInt32BE(at);
    if (end + CHUNK_SUM > mended.length) break;
    mended.writeUInt32BE(crc32(mended.subarray(at + 4, end)), end);
    at = end + CHUNK_SUM;
  }
  return mended;
}

const SAFETENSORS_LENGTH_BYTES = 8;

/** The header of a safetensors file, in front of data that stay. */
function safetensorsHeader(file: Buffer): Opened {
  const end = SAFETENSORS_LENGTH_BYTES + Number(file.readBigUInt64LE());
  return {
    content: Buffer.from(file.subarray(SAFETENSORS_LENGTH_BYTES, end).toString('utf8').trimEnd()),
    close(header) {
      const length = Buffer.alloc(SAFETENSORS_LENGTH_BYTES);
      length.writeBigUInt64LE(BigInt(header.length));
      return Buffer.concat([length, header, file.subarray(end)]);
    },
  };
}

const ENVELOPES: Readonly<Record<string, (file: Buffer) => Opened>> = {
  '.gz': (file) => ({ content: gunzipSync(file), close: (content) => gzipSync(content, { level: 1 }) }),
  '.png': (file) => ({ content: file, close: withRightSums }),
  '.safetensors': safetensorsHeader,
};

/** The content of an intact file whose name has this ending; null where nothing guards it. */
export function openEnvelope(ending: string, file: Buffer): Opened | null {
  return ENVELOPES[ending]?.(file) ?? null;
}

/** Whether what the envelope of this ending holds is text. */
export const holdsText = (ending: string): boolean => ending === '.safetensors';
