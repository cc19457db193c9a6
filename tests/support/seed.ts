import { beforeEach } from 'vitest';
import { manualSeed } from '../../src/engine/random.js';

/** The engine's default generators start at random. A test whose networks and inputs are drawn anew each time fails one day in a hundred. */
beforeEach(() => manualSeed(1));
