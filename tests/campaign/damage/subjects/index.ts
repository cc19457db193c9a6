import type { Subject } from '../subject.js';
import { arraySubjects } from './arrays.js';
import { imageSubjects } from './images.js';
import { packSubjects } from './packs.js';
import { photoSubjects } from './photos.js';
import { runSubjects } from './runs.js';
import { soundSubjects } from './sounds.js';
import { tableSubjects } from './tables.js';
import { weightSubjects } from './weights.js';

/** Every kind of file that is read back. A new format gets an entry here. */
export const subjects: readonly Subject[] = [
  ...imageSubjects,
  ...arraySubjects,
  ...tableSubjects,
  ...soundSubjects,
  ...packSubjects,
  ...photoSubjects,
  ...weightSubjects,
  ...runSubjects,
];
