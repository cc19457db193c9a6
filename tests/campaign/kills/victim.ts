import type { Started } from '../../support/cli.js';

/** A piece of work that is killed at random moments and begun again. */
export interface Victim {
  name: string;
  /** Makes an empty folder ready for the work. */
  prepare(workspace: string): Promise<void> | void;
  /** Begins the work, or goes on with what a killed process left. */
  start(workspace: string): Started;
  /** What the finished work has left, JSON-safe: must be the same whatever happened on the way. */
  result(workspace: string): unknown;
  /** Files that should not be there any more. */
  leftovers(workspace: string): string[];
}

/** What several victims and crowds share: servers, finished runs, libraries. */
export interface Shared {
  /** A folder of its own. */
  folder: string;
}
