import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

/** Starts one more thread once the file of `NO_THREADS` is there, and then none. */
const FEW_THREADS = `
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
typedef int Create(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* how, void* (*body)(void*), void* given) {
  static Create* create = reinterpret_cast<Create*>(dlsym(RTLD_NEXT, "pthread_create"));
  static int left = 1;
  if (access(getenv("NO_THREADS"), F_OK) == 0 && left-- <= 0) return EAGAIN;
  return create(thread, how, body, given);
}
`;

it.runIf(process.platform === 'linux')('reads all words where the system does not start all threads', () => {
  const folder = mkdtempSync(join(tmpdir(), 'autodidact-threads-'));
  try {
    const [source, library, mark] = ['few.cc', 'few.so', 'none'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    writeFileSync(source, FEW_THREADS);
    execFileSync('g++', ['-shared', '-fPIC', '-o', library, source, '-ldl']);
    const code = `
      import { writeFileSync } from 'node:fs';
      import { ops, tensor, trainWords } from ${JSON.stringify(fileURLToPath(new URL('index.ts', import.meta.url)))};
      const noise = tensor(new Int32Array([1, 2, 3, 4]));
      const tables = {
        ...{ input: ops.randn([8, 16]), keep: ops.ones([8]), hierarchical: null },
        negative: { output: ops.randn([8, 16]), noise },
      };
      const ids = ops.randint(1, 8, [64, 10], { dtype: 'int64' });
      const lengths = ops.full([64], 10, { dtype: 'int64' });
      writeFileSync(process.env.NO_THREADS, '');
      const { words } = trainWords(tables, {
        ...{ ids, lengths, sentences: null, isSkipGram: true, isTrueGradient: true, window: 3, negatives: 3 },
        ...{ rates: [0.01, 0.001], seed: 1, threads: 4 },
      });
      console.log(words);
    `;
    const output = execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', code], {
      env: { ...process.env, LD_PRELOAD: library, NO_THREADS: mark },
      encoding: 'utf8',
    });
    expect(output.trim()).toBe('640');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
