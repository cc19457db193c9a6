import { type FileHandle, open } from 'node:fs/promises';
import { ioError } from '../errors.js';
import { BLOCK_BYTES } from './checksums.js';

/** Blocks that are written and hashed at a time, while the next one is filled. */
const AT_ONCE = 4;

/**
 * A new file that is written in blocks of 1 MiB, with the SHA-256 of each. Hashes are made beside the caller's thread: whoever decodes into
 * the file does not wait for them.
 */
export class BlockFile {
  private readonly slots = Array.from({ length: AT_ONCE }, () => ({
    buffer: Buffer.allocUnsafe(BLOCK_BYTES),
    done: Promise.resolve(),
  }));
  private readonly digests: Buffer[] = [];
  private count = 0;
  private filled = 0;

  private constructor(
    readonly path: string,
    private readonly handle: FileHandle,
  ) {}

  /** @throws AutodidactError `IO` when the file exists or cannot be made */
  static async create(path: string): Promise<BlockFile> {
    const handle = await open(path, 'wx').catch((cause) => {
      throw ioError('write', path, cause);
    });
    return new BlockFile(path, handle);
  }

  /** @throws AutodidactError `IO` when these bytes, or earlier ones, cannot be written */
  async append(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const piece = bytes.subarray(at, at + BLOCK_BYTES - this.filled);
      this.current.buffer.set(piece, this.filled);
      this.filled += piece.length;
      at += piece.length;
      if (this.filled < BLOCK_BYTES) continue;
      this.putBlock();
      await this.current.done;
    }
  }

  /**
   * Writes what is left, and waits until the disk has everything. Nothing may be appended any more.
   *
   * @returns the SHA-256 of the blocks, one after the other
   */
  async end(): Promise<Buffer> {
    if (this.filled > 0) this.putBlock();
    await Promise.all(this.slots.map(({ done }) => done));
    try {
      await this.handle.sync();
      await this.handle.close();
    } catch (cause) {
      throw ioError('write', this.path, cause);
    }
    return Buffer.concat(this.digests);
  }

  /** Closes the file as it is. Never throws. */
  async abandon(): Promise<void> {
    await Promise.allSettled(this.slots.map(({ done }) => done));
    await this.handle.close().catch(() => {});
  }

  private get current() {
    return this.slots[this.count % AT_ONCE]!;
  }

  private putBlock(): void {
    const slot = this.current;
    slot.done = this.put(slot.buffer.subarray(0, this.filled), this.count);
    // Whoever appends next or ends the file is told.
    slot.done.catch(() => {});
    this.count++;
    this.filled = 0;
  }

  private async put(block: Uint8Array, index: number): Promise<void> {
    const hashed = crypto.subtle.digest('SHA-256', block);
    try {
      for (let at = 0; at < block.length; ) {
        const { bytesWritten } = await this.handle.write(block, at, block.length - at, index * BLOCK_BYTES + at);
        at += bytesWritten;
      }
    } catch (cause) {
      await hashed;
      throw ioError('write', this.path, cause);
    }
    this.digests[index] = Buffer.from(await hashed);
  }
}
