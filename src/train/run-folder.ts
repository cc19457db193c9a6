import { appendFileSync, existsSync, mkdirSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { AutodidactError, expected, ioError } from '../errors.js';
import { makeFolders, readIfThere, removePartials, systemCode, writeAtomically } from '../files.js';
import { canHaveWritten } from './processes.js';
import { formatRunConfig, parseRunConfig, type RunConfig } from './run-config.js';
import { parseEvents, type RunEvent } from './run-events.js';
import { RunLock } from './run-lock.js';

const LOCK = '.lock';
/** Where the files of a run lie. */
const SUBFOLDERS = ['checkpoints', 'previews', 'predictions', 'assets'];

/** A folder runs/<name>/ and the files in it. */
export class RunFolder {
  readonly path: string;
  private held: RunLock | undefined;
  /** `create` made it and found no run in it. */
  private isNew = false;

  private constructor(path: string) {
    this.path = resolve(path);
  }

  /** Opens the folder of a run that exists. Files that killed processes left half written are removed. */
  static open(path: string): RunFolder {
    if (typeof path !== 'string') throw expected('the path of a run folder', 'path', path);
    const folder = new RunFolder(path);
    if (!existsSync(folder.file('config.json')))
      throw new AutodidactError('NOT_FOUND', `Expected a run folder with a config.json at ${path}, found none`, {
        remedy: 'Give the folder that `autodidact pretrain` printed, such as runs/simclr-1.',
      });
    folder.sweep();
    return folder;
  }

  /** @throws AutodidactError `IO` when there is a run at this path already, or another process is about to start one */
  static checkFree(path: string): void {
    refuseRun(path);
    RunLock.check(join(resolve(path), LOCK));
  }

  /** @throws AutodidactError `IO` while another process trains this run */
  checkIdle(): void {
    try {
      RunLock.check(this.file(LOCK));
    } catch (cause) {
      throw new AutodidactError('IO', `${this.path} is training now, its weights are not the final ones`, {
        remedy: 'Wait for the end, or stop it with Ctrl-C first; --resume goes on afterwards.',
        cause,
      });
    }
  }

  /**
   * Makes a new folder and claims it, as `lock` does, before anything else is written.
   * @throws AutodidactError `IO` when the folder holds a run already or another process has claimed it
   */
  static create(path: string): RunFolder {
    const folder = new RunFolder(path);
    folder.claim(path);
    try {
      refuseRun(path);
      folder.isNew = true;
      for (const name of ['checkpoints', 'previews']) makeFolders(folder.file(name));
    } catch (error) {
      folder.discard();
      folder.unlock();
      throw error instanceof AutodidactError ? error : ioError('make the run folder', path, error);
    }
    folder.sweep();
    return folder;
  }

  /**
   * The first of <root>/<method>-1, -2, ... that is free. It is reserved by making it, so that processes that start together get
   * different ones; when it is still empty at the end of the process, it is removed.
   */
  static nextPath(root: string, method: string): string {
    const isRootNew = !existsSync(root);
    for (let number = 1; ; number++) {
      const path = join(root, `${method}-${number}`);
      if (!makeNewFolder(path)) continue;
      reserve(path);
      if (isRootNew) reserve(root);
      return path;
    }
  }

  file(...names: string[]): string {
    return join(this.path, ...names);
  }

  /** Takes back what `create` made, when the run could not begin, and unlocks; what lay in the folder before stays. */
  discard(): void {
    if (!this.isNew) return;
    rmSync(this.file('config.json'), { force: true });
    for (const name of ['checkpoints', 'previews']) removeIfEmpty(this.file(name));
    this.unlock();
    removeIfEmpty(this.path);
    this.isNew = false;
  }

  /**
   * Claims the folder for this process until `unlock`. Does nothing when this object has claimed it already.
   * @throws AutodidactError `IO` when another living process writes to it
   */
  lock(): void {
    this.held ??= RunLock.take(this.file(LOCK));
  }

  unlock(): void {
    this.held?.release();
    this.held = undefined;
  }

  writeConfig(config: RunConfig): void {
    writeAtomically(this.file('config.json'), formatRunConfig(config));
  }

  /** @throws AutodidactError `CHECKPOINT` when the file is damaged or of a later version */
  readConfig(): RunConfig {
    const path = this.file('config.json');
    return parseRunConfig(readIfThere(path)?.toString() ?? '', path);
  }

  append(event: RunEvent): void {
    const path = this.file('events.jsonl');
    try {
      appendFileSync(path, `${JSON.stringify(event)}\n`);
    } catch (error) {
      throw ioError('write to', path, error);
    }
  }

  /** All whole events; a line cut off by a crash or damaged otherwise is left out. */
  events(): RunEvent[] {
    return parseEvents(readIfThere(this.file('events.jsonl'))?.toString() ?? '');
  }

  /** Forgets what happened after a step that the run goes back to, so that curves have no second branch. */
  rewindEvents(step: number): void {
    const kept = this.events().filter((event) => event.step <= step);
    writeAtomically(this.file('events.jsonl'), kept.map((event) => `${JSON.stringify(event)}\n`).join(''));
  }

  /** Checkpoint files, oldest first. */
  checkpoints(): string[] {
    const folder = this.file('checkpoints');
    if (!existsSync(folder)) return [];
    const step = (name: string): number => Number(/^step-(\d+)\.safetensors$/.exec(name)?.[1]);
    return readdirSync(folder)
      .filter((name) => step(name) >= 0)
      .sort((a, b) => step(a) - step(b))
      .map((name) => join(folder, name));
  }

  private claim(path: string): void {
    for (let tries = 0; ; tries++) {
      try {
        makeFolders(this.path);
      } catch (error) {
        throw ioError('make the run folder', path, error);
      }
      try {
        this.lock();
        return;
      } catch (error) {
        // Another process has just given up its own start in this folder and removed it.
        const hasVanished = error instanceof AutodidactError && error.code === 'NOT_FOUND';
        if (hasVanished && tries < 10) continue;
        removeIfEmpty(this.path);
        throw error;
      }
    }
  }

  private sweep(): void {
    // Whether the processes of another machine are dead cannot be seen from here: while one may be writing, nothing is removed.
    if (this.held === undefined && RunLock.isHeldElsewhere(this.file(LOCK))) return;
    for (const folder of [this.path, ...SUBFOLDERS.map((name) => this.file(name))])
      removePartials(folder, canHaveWritten);
  }
}

function refuseRun(path: string): void {
  if (!existsSync(join(path, 'config.json'))) return;
  throw new AutodidactError('IO', `There is a run at ${path} already`, {
    remedy: 'Continue it with --resume, or choose another name with --out.',
  });
}

/** Folders that `nextPath` made, children before their parents. */
const reserved: string[] = [];

function reserve(path: string): void {
  if (reserved.length === 0) process.once('exit', () => reserved.forEach(removeIfEmpty));
  reserved.push(resolve(path));
}

/** False when there is something of this name. */
function makeNewFolder(path: string): boolean {
  try {
    // Another process may remove the parent, as long as it is empty.
    for (let tries = 0; tries < 10; tries++) {
      makeFolders(dirname(resolve(path)));
      try {
        mkdirSync(path);
        return true;
      } catch (error) {
        if (systemCode(error) === 'EEXIST') return false;
        if (systemCode(error) !== 'ENOENT') throw error;
      }
    }
    throw new Error('the folder above it vanishes');
  } catch (error) {
    throw ioError('make the run folder', path, error);
  }
}

export function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // It is not empty, or gone.
  }
}
