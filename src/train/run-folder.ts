import { appendFileSync, existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { AutodidactError, ioError } from '../errors.js';
import { makeFolders, writeAtomically } from '../files.js';
import { type RunConfig, type RunEvent, upgradeConfig } from './run-config.js';

/** A folder runs/<name>/ and the files in it. */
export class RunFolder {
  readonly path: string;
  private lockPath: string | undefined;

  private constructor(path: string) {
    this.path = resolve(path);
  }

  /** Opens the folder of a run that exists. */
  static open(path: string): RunFolder {
    const folder = new RunFolder(path);
    if (!existsSync(folder.file('config.json')))
      throw new AutodidactError('NOT_FOUND', `Expected a run folder with a config.json at ${path}, found none`, {
        remedy: 'Give the folder that `autodidact pretrain` printed, such as runs/simclr-1.',
      });
    return folder;
  }

  /** @throws AutodidactError `IO` when there is a run at this path already */
  static checkFree(path: string): void {
    if (!existsSync(join(path, 'config.json'))) return;
    throw new AutodidactError('IO', `There is a run at ${path} already`, {
      remedy: 'Continue it with --resume, or choose another name with --out.',
    });
  }

  /** Makes a new folder. It must not hold a run already. */
  static create(path: string): RunFolder {
    RunFolder.checkFree(path);
    const folder = new RunFolder(path);
    try {
      makeFolders(folder.file('checkpoints'));
      makeFolders(folder.file('previews'));
    } catch (error) {
      throw ioError('make the run folder', path, error);
    }
    return folder;
  }

  /** The first of <root>/<method>-1, -2, ... that is free. */
  static nextPath(root: string, method: string): string {
    for (let number = 1; ; number++) {
      const path = join(root, `${method}-${number}`);
      if (!existsSync(path)) return path;
    }
  }

  file(...names: string[]): string {
    return join(this.path, ...names);
  }

  /** Takes back what `create` made, when the run could not begin; what lay in the folder before stays. */
  discard(): void {
    rmSync(this.file('config.json'), { force: true });
    for (const folder of [this.file('checkpoints'), this.file('previews'), this.path])
      if (existsSync(folder) && readdirSync(folder).length === 0) rmdirSync(folder);
  }

  /**
   * Claims the folder for this process until `unlock`.
   * @throws AutodidactError `IO` when another living process writes to it
   */
  lock(): void {
    const path = this.file('.lock');
    const owner = existsSync(path) ? Number(readFileSync(path, 'utf8')) : 0;
    if (owner > 0 && owner !== process.pid && isAlive(owner))
      throw new AutodidactError('IO', `The run at ${this.path} is in use by process ${owner}`, {
        remedy: 'Wait for it or stop it, or choose another name with --out.',
      });
    writeAtomically(path, String(process.pid));
    this.lockPath = path;
  }

  unlock(): void {
    if (this.lockPath !== undefined) rmSync(this.lockPath, { force: true });
    this.lockPath = undefined;
  }

  writeConfig(config: RunConfig): void {
    writeAtomically(this.file('config.json'), `${JSON.stringify(config, null, 2)}\n`);
  }

  readConfig(): RunConfig {
    const path = this.file('config.json');
    try {
      return upgradeConfig(JSON.parse(readFileSync(path, 'utf8')));
    } catch (error) {
      throw new AutodidactError('CHECKPOINT', `Could not read the configuration ${path}`, { cause: error });
    }
  }

  append(event: RunEvent): void {
    const path = this.file('events.jsonl');
    try {
      appendFileSync(path, `${JSON.stringify(event)}\n`);
    } catch (error) {
      throw ioError('write to', path, error);
    }
  }

  /** All whole events; a line cut off by a crash is left out. */
  events(): RunEvent[] {
    const path = this.file('events.jsonl');
    if (!existsSync(path)) return [];
    return readFileSync(path, 'utf8')
      .split('\n')
      .flatMap((line) => {
        try {
          return line === '' ? [] : [JSON.parse(line) as RunEvent];
        } catch {
          return [];
        }
      });
  }

  /** Forgets what happened after a step that the run goes back to, so that curves have no second branch. */
  rewindEvents(step: number): void {
    const kept = this.events().filter((event) => !('step' in event) || event.step <= step);
    writeAtomically(this.file('events.jsonl'), kept.map((event) => `${JSON.stringify(event)}\n`).join(''));
  }

  /** Checkpoint files, oldest first. */
  checkpoints(): string[] {
    const folder = this.file('checkpoints');
    if (!existsSync(folder)) return [];
    return readdirSync(folder)
      .filter((name) => /^step-\d+\.safetensors$/.test(name))
      .sort()
      .map((name) => join(folder, name));
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
