import { checkInteger } from '../augment/transform.js';
