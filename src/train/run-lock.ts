import { createHash } from 'node:crypto';
import { linkSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { AutodidactError, ioError } from '../errors.js';
import { partialName, readIfThere, removePartial, systemCode, writeAtomically } from '../files.js';
import { parseJson } from '../json.js';
import { canHaveWritten, livenessOf, thisProcess } from './processes.js';

/** A host's name has at most 253 characters. */
const ownerSchema = z.object({
  pid: z.int().positive(),
  start: z.string().max(100).nullable(),
  host: z.string().max(253),
});

interface Owner {
  /** Null where the file does not say. */
  pid: number | null;
  host: string | null;
  liveness: 'alive' | 'dead' | 'unknown';
}

/** Another process that takes over the lock of a dead one is done after a few system calls. */
const TAKEOVER_PAUSE_MS = 20;
const TAKEOVER_TRIES = 500;
/** An empty lock that is younger is about to be written. */
const WRITING_MS = 10_000;
/** What file systems without hard links answer. */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];

/**
 * A file that names the process that may write to a folder. Of several processes that try at once one gets it; the lock of a dead
 * process is taken over.
 */
export class RunLock {
  private constructor(
    readonly path: string,
    private readonly content: string,
  ) {}

  /**
   * Takes the lock.
   * @throws AutodidactError `IO` when a living process holds it, this one included, or one on another machine, whose life cannot
   *   be seen from here
   */
  static take(path: string): RunLock {
    const lock = RunLock.tryTo(path, JSON.stringify(thisProcess()));
    if (lock instanceof RunLock) return lock;
    throw inUse(path, lock);
  }

  /** Takes the lock, or says who holds it. @throws AutodidactError `IO` when the file cannot be written */
  static tryTo(path: string, content: string): RunLock | Owner {
    const holder = tryToTake(path, content);
    if (holder !== undefined) return holder;
    removeClaims(path);
    return new RunLock(path, content);
  }

  /** @throws AutodidactError `IO` when `take` would be refused at this moment */
  static check(path: string): void {
    const holder = read(path)?.owner;
    if (holder !== undefined && holder.liveness !== 'dead') throw inUse(path, holder);
  }

  /** Whether a process on another machine holds the lock, or did before it ended. */
  static isHeldElsewhere(path: string): boolean {
    return read(path)?.owner.liveness === 'unknown';
  }

  /** Gives the lock back. What somebody has put in its place by hand stays. */
  release(): void {
    if (read(this.path)?.content === this.content) rmSync(this.path, { force: true });
  }
}

/** How long `exclusively` waits for a process that works for milliseconds. */
const EXCLUSIVE_WAIT_MS = 5000;

/**
 * Does short work that other processes do not do at the same time under the same lock. When the lock does not become free, as one that
 * was left by another machine, the work is done all the same.
 */
export function exclusively<Result>(path: string, work: () => Result): Result {
  const lock = takeWithin(path, EXCLUSIVE_WAIT_MS);
  try {
    return work();
  } finally {
    lock?.release();
  }
}

function takeWithin(path: string, waitMs: number): RunLock | undefined {
  const content = JSON.stringify(thisProcess());
  for (const end = Date.now() + waitMs; Date.now() < end; pause()) {
    const lock = RunLock.tryTo(path, content);
    if (lock instanceof RunLock) return lock;
  }
  return undefined;
}

const pause = (): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, TAKEOVER_PAUSE_MS);

/** Returns undefined when the lock has become ours, else who holds it. */
function tryToTake(path: string, content: string): Owner | undefined {
  for (let tries = 0; ; tries++) {
    if (createExclusively(path, content)) return undefined;
    const held = read(path);
    // Given back in between.
    if (held === undefined) continue;
    if (held.owner.liveness !== 'dead') return held.owner;
    // Only who has the claim on this very content may replace it. A claim is itself a lock, since its owner may die too.
    const claim = `${path}-${createHash('sha256').update(held.content).digest('hex').slice(0, 16)}`;
    const rival = tryToTake(claim, content);
    if (rival !== undefined) {
      if (tries >= TAKEOVER_TRIES) return rival;
      pause();
      continue;
    }
    try {
      // A rival that had the claim before has replaced the content, which never comes back.
      if (read(path)?.content !== held.content) continue;
      writeAtomically(path, content);
      return undefined;
    } finally {
      rmSync(claim, { force: true });
    }
  }
}

/** Makes a file that is complete from its first moment on; false when there is one already. */
function createExclusively(path: string, content: string): boolean {
  const temporary = partialName(path);
  try {
    writeFileSync(temporary, content);
    try {
      linkSync(temporary, path);
    } catch (error) {
      if (!NO_LINKS.includes(systemCode(error) ?? '')) throw error;
      writeFileSync(path, content, { flag: 'wx' });
    }
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw ioError('write', path, error);
  } finally {
    removePartial(temporary);
  }
}

function read(path: string): { content: string; owner: Owner } | undefined {
  try {
    const content = readIfThere(path)?.toString();
    if (content === undefined) return undefined;
    return { content, owner: ownerOf(content, statSync(path).mtimeMs) };
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return undefined;
    throw error instanceof AutodidactError ? error : ioError('read', path, error);
  }
}

function ownerOf(content: string, changedMs: number): Owner {
  if (content === '')
    return { pid: null, host: null, liveness: Date.now() - changedMs < WRITING_MS ? 'alive' : 'dead' };
  // Earlier versions wrote the number alone.
  if (/^[1-9]\d*$/.test(content)) {
    const pid = Number(content);
    return { pid, host: null, liveness: canHaveWritten(pid, changedMs) ? 'alive' : 'dead' };
  }
  try {
    const owner = ownerSchema.parse(parseJson(content));
    return { ...owner, liveness: livenessOf(owner) };
  } catch {
    // Cut off or overwritten: no process wrote it that still runs.
    return { pid: null, host: null, liveness: 'dead' };
  }
}

/** Removes claims on earlier contents, which somebody died with or was late to make: they bear on nothing any more. */
function removeClaims(path: string): void {
  for (const name of readdirSync(dirname(path)))
    if (name.startsWith(basename(path)) && /^(-[0-9a-f]{16})+$/.test(name.slice(basename(path).length)))
      rmSync(join(dirname(path), name), { force: true });
}

function inUse(path: string, { pid, host, liveness }: Owner): AutodidactError {
  const run = `The run at ${dirname(path)} is in use by ${pid === null ? 'another process' : `process ${pid}`}`;
  if (liveness === 'unknown')
    return new AutodidactError('IO', `${run} on the machine ${host}, as far as can be seen from here`, {
      remedy: `If that process has ended, delete ${path}; otherwise wait for it, or choose another name with --out.`,
    });
  return new AutodidactError('IO', run, {
    remedy: 'Wait for it or stop it, or choose another name with --out.',
  });
}
