import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { constants, hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from './problem.mjs';

const POLL_MS = 100;
const PATIENCE_MS = 60 * 60_000;
/** The owner is written right after the file is made; a lock that stays empty longer lost its owner in between. */
const EMPTY_MS = 10_000;

/**
 * Runs `work` while no other process holds the lock file. A lock whose process is gone is taken over. SIGINT and SIGTERM
 * end this process with the lock released.
 *
 * @template T
 * @param {string} path
 * @param {(line: string) => void} report
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(path, report, work) {
  await acquire(path, report);
  const release = () => rmSync(path, { force: true });
  /** @param {NodeJS.Signals} signal */
  const stop = (signal) => process.exit(128 + constants.signals[signal]);
  process.on('exit', release).on('SIGINT', stop).on('SIGTERM', stop);
  try {
    return await work();
  } finally {
    process.off('exit', release).off('SIGINT', stop).off('SIGTERM', stop);
    release();
  }
}

/** Waits until the lock file is ours. @param {string} path @param {(line: string) => void} report */
async function acquire(path, report) {
  const started = Date.now();
  let hasReported = false;
  while (!take(path)) {
    const owner = readOwner(path) ?? '';
    if (isGone(path, owner)) breakLock(path, owner);
    else if (owner && !hasReported) {
      report(`waiting for the set-up in process ${owner} to finish`);
      hasReported = true;
    }
    if (Date.now() - started > PATIENCE_MS)
      throw new Problem(`process ${owner} has held ${path} for an hour`, { fix: `end that process, or: rm ${path}` });
    await sleep(POLL_MS);
  }
}

/** @param {string} path */
function take(path) {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${process.pid} ${hostname()}`, { flag: 'wx' });
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'EEXIST') return false;
    throw new Problem(`cannot write ${path}: ${error instanceof Error ? error.message : error}`, {
      fix: 'make the folder writable (AUTODIDACT_CACHE moves the cache), or free some disk space',
    });
  }
}

/** The text of a lock file; null when it has gone meanwhile. @param {string} path */
function readOwner(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/** @param {string} path @param {string} owner */
function isGone(path, owner) {
  const [pid, host] = owner.split(' ');
  if (!pid || !host) {
    const { mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? { mtimeMs: Date.now() };
    return Date.now() - mtimeMs > EMPTY_MS;
  }
  if (host !== hostname()) return false;
  if (Number(pid) === process.pid) return true; // left by an earlier container that had our number
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}

/**
 * Moves a dead lock aside under a name of our own, so that only one of several waiting processes removes it.
 *
 * @param {string} path
 * @param {string} owner
 */
function breakLock(path, owner) {
  if (readOwner(path) !== owner) return;
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return; // another process was first
  }
  rmSync(aside, { force: true });
}
