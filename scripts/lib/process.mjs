import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname } from 'node:path';

const HEARTBEAT_MS = 30_000;

/**
 * Runs a command with its output in a log file, and says every half minute that it is still at it.
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
  try {
    const [program = '', ...rest] = command;
    const child = spawn(program, rest, { cwd, env, stdio: ['ignore', file, file] });
    const { code, error } = await finished(child, true);
    return { isOk: code === 0, output: error ?? readFileSync(log, 'utf8'), seconds: elapsed() };
  } finally {
    clearInterval(heartbeat);
    closeSync(file);
  }
}

/**
 * Runs a command on this terminal. Returns its exit code, or 128 + the signal's number.
 *
 * @param {string[]} command
 * @param {{ cwd: string, env?: NodeJS.ProcessEnv }} options
 */
export async function runHere(command, { cwd, env = process.env }) {
  const [program = '', ...rest] = command;
  const { code, error } = await finished(spawn(program, rest, { cwd, env, stdio: 'inherit' }), false);
  if (error) console.error(error);
  return code;
}

/** The last lines of a program's output, without empty ones. @param {string} output @param {number} [count] */
export function tail(output, count = 15) {
  const lines = output.split(/\r?\n/).filter((line) => line.trim() !== '');
  return lines.slice(-count).join('\n');
}

/**
 * Waits for a child. SIGTERM, and SIGINT where no terminal sends it to both, are passed on to it. With `isOurs` this
 * process then ends as well; otherwise the child decides (it may want to save its work first).
 *
 * @param {import('node:child_process').ChildProcess} child
 * @param {boolean} isOurs
 * @returns {Promise<{ code: number, error?: string }>}
 */
function finished(child, isOurs) {
  return new Promise((settle) => {
    /** @param {NodeJS.Signals} signal */
    const forward = (signal) => {
      if (signal === 'SIGTERM' || isOurs || !process.stdin.isTTY) child.kill(signal);
      if (isOurs) process.exit(128 + constants.signals[signal]);
    };
    process.on('SIGINT', forward).on('SIGTERM', forward);
    /** @param {{ code: number, error?: string }} result */
    const done = (result) => {
      process.off('SIGINT', forward).off('SIGTERM', forward);
      settle(result);
    };
    child.on('error', (error) => done({ code: 127, error: error.message }));
    child.on('close', (code, signal) => done({ code: code ?? 128 + constants.signals[signal ?? 'SIGTERM'] }));
  });
}
