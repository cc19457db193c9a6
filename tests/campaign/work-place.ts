import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Memory, where the system has a disk of it: what is synced thousands of times need not reach a disk. */
const PLACE = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** Makes an empty folder to work in. */
export const makeWorkFolder = (): string => mkdtempSync(join(PLACE, 'autodidact-campaign-'));
