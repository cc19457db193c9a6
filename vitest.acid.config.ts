import { defineConfig } from 'vitest/config';

/** The learning runs, one after another and each with every core: unlike vitest.config.ts, AUTODIDACT_THREADS is not set. */
export default defineConfig({
  test: {
    include: ['tests/acid/*.acid.ts'],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 30 * 60_000,
    hookTimeout: 30 * 60_000,
    reporters: ['verbose'],
  },
});
