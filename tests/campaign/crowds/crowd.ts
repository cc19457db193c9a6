import type { Ended, Started } from '../../support/cli.js';

/** How a process of a crowd ended. */
export interface Member extends Ended {
  /** Its place in the crowd. */
  index: number;
}

/** Several processes that want the same thing at the same time. */
export interface Crowd {
  name: string;
  prepare(workspace: string): Promise<void> | void;
  start(workspace: string, index: number): Started;
  /**
   * Looks at what all have left, after going on where that is meant.
   * @param members those that were not killed
   * @returns what is wrong; null when nothing is
   */
  judge(workspace: string, members: readonly Member[]): Promise<string | null>;
}

/** The code of the error with which a command with `--json` ended; null for one that succeeded, "none" without an error in JSON. */
export function errorCode({ code, stderr }: Ended): string | null {
  if (code === 0) return null;
  try {
    return JSON.parse(stderr.trim().split('\n').at(-1)!).error.code;
  } catch {
    return 'none';
  }
}
