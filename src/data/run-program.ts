import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Runs a program of the system. The error has the last line that it printed, and the hint; its code is `ENOSPC` for a full disk. */
export async function runProgram(
  program: string,
  args: string[],
  signal?: AbortSignal,
  cwd?: string,
  hint = '',
): Promise<void> {
  await execute(program, args, { cwd, signal }).catch((error) => {
    if (error.code === 'ENOENT') throw new Error(`${program} is not here`);
    const said = String(error.stderr || error.message).trim();
    const code = /no space left|enough free space|quota exceeded/i.test(said) ? 'ENOSPC' : 'FAILED';
    throw Object.assign(new Error(`${said.split('\n').at(-1)}${hint}`), { code });
  });
}
