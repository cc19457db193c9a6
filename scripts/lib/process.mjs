import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const HEARTBEAT_MS = 30_000;
const TIED = fileURLToPath(new URL('tied.mjs', import.meta.url));

/**
 * Runs a command with its output in a log file, and says every half minute that it is still at it. The command and all that it
 * starts end with this process, however that ends.
 *
 * @param {string[]} command the program and its arguments
 * @param {{ cwd: string, log: string, env?: NodeJS.ProcessEnv, label: string, report: (line: string) => void }} options
 * @returns {Promise<{ isOk: boolean, output: string, seconds: number }>}
 */
export async function runLogged(command, { cwd, log, env = process.env, label, report }) {
  mkdirSync(dirname(log), { recursive: true });
  const file = openSync(log, 'w');
  const started = Date.now();
  const elapsed = () => Math.round((Date.now() - started) / 1000);
  const heartbeat = setInterval(() => report(`${label}: still at it (${elapsed()} s)`), HEARTBEAT_MS);
  // The pipe on its stdin closes when this process ends; `detached` makes it the leader of a process group.
  const child = spawn(process.execPath, [TIED, ...command], { cwd, env, stdio: ['pipe', file, file], detached: true });
  try {
    const { code, error } = await finished(child);
    return { isOk: code === 0, output: error ?? readFileSync(log, 'utf8'), seconds: elapsed() };
  } finally {
    clearInterval(heartbeat);
    closeSync(file);
  }
}

/**
 * Runs a command on this terminal. SIGTERM, and SIGINT where no terminal sends it to both, are passed on to it, and it
 * decides: it may want to save its work first. Returns its exit code, or 128 + the signal's number.
 *
 * @param {string[]} command
 * @param {{ cwd: string, env?: NodeJS.ProcessEnv }} options
 */
export async function runHere(command, { cwd, env = process.env }) {
  const [program = '', ...rest] = command;
  /** @param {NodeJS.Signals} signal */
  const forward = (signal) => {
    if (signal === 'SIGTERM' || !process.stdin.isTTY) child.kill(signal);
  };
  // Before the command starts: what it does first may already make somebody send a signal.
  process.on('SIGINT', forward).on('SIGTERM', forward);
  const child = spawn(program, rest, { cwd, env, stdio: 'inherit' });
  const { code, error } = await finished(child);
  process.off('SIGINT', forward).off('SIGTERM', forward);
  if (error) console.error(error);
  return code;
}

/** The last lines of a program's output, without empty ones. @param {string} output @param {number} [count] */
export function tail(output, count = 15) {
  const lines = output.split(/\r?\n/).filter((line) => line.trim() !== '');
  return lines.slice(-count).join('\n');
}

/**
 * Waits for the end of a child.
 *
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<{ code: number, error?: string }>}
 */
function finished(child) {
  return new Promise((settle) => {
    child.on('error', (error) => settle({ code: 127, error: error.message }));
    child.on('close', (code, signal) => settle({ code: code ?? 128 + constants.signals[signal ?? 'SIGTERM'] }));
  });
}
