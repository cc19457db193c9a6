/**
 * Runs the command in its arguments until that ends or the process that started this one does. In the latter case, which the
 * closed pipe on stdin tells even after a SIGKILL, it ends the command with all that the command started. `runLogged` makes this
 * process the leader of a process group.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** Long enough for a compiler to delete its temporary files, too short for another set-up to reach its first command. */
const GRACE_MS = 200;

const [program = '', ...rest] = process.argv.slice(2);
let isOrphan = false;

spawn(program, rest, { stdio: ['ignore', 'inherit', 'inherit'] })
  .on('error', ({ message }) => {
    console.error(message);
    process.exit(127);
  })
  .on('close', (code, signal) => {
    if (!isOrphan) process.exit(code ?? 128 + constants.signals[signal ?? 'SIGTERM']);
  });

process.on('SIGTERM', () => {}); // sent below to the whole group, this process included
process.stdin.resume().on('close', () => {
  isOrphan = true;
  process.kill(-process.pid, 'SIGTERM');
  setTimeout(() => process.kill(-process.pid, 'SIGKILL'), GRACE_MS);
});
