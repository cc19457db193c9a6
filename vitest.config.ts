import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'tests/**/*.test.ts'],
    exclude: ['tests/acid/**'],
    setupFiles: ['tests/support/seed.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 120_000,
    // Removing a folder with thousands of files takes long while the disk is busy.
    hookTimeout: 120_000,
    // Two workers with one thread each: OpenMP collapses when two processes want both cores.
    env: { AUTODIDACT_THREADS: '1' },
  },
});
