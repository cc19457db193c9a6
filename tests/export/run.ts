/**
 * Exports several networks and has other programs load them from disk.
 *
 * Usage: npx tsx tests/export/run.ts [--python <python with timm, torchvision, onnxruntime>] [--transformers <folder>] [--data photos:]
 *
 * `--texts` takes networks of text, for which Python needs onnxruntime and transformers alone; `--published` writes networks of text as models of
 * transformers, for which Python needs torch and transformers.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { makeFolders } from './folders.js';
import { makePublishedFolders } from './published.js';
import { makeTextFolders } from './texts.js';

const { values } = parseArgs({
  options: {
    python: { type: 'string' },
    transformers: { type: 'string' },
    data: { type: 'string', default: 'photos:' },
    keep: { type: 'string' },
    only: { type: 'string' },
    texts: { type: 'boolean', default: false },
    published: { type: 'boolean', default: false },
  },
});

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const root = values.keep ?? mkdtempSync(join(tmpdir(), 'autodidact-export-'));

async function main(): Promise<void> {
  try {
    const run = (program: string, ...words: string[]) => execFileSync(program, words, { stdio: 'inherit' });
    if (values.published) {
      await makePublishedFolders(root);
      if (values.python !== undefined) run(values.python, here('check_published.py'), root);
      return;
    }
    if (values.texts) await makeTextFolders(root);
    else
      await makeFolders(root, {
        data: values.data,
        ...(values.only === undefined ? {} : { names: values.only.split(',') }),
      });
    run(
      process.execPath,
      here(values.texts ? 'check-texts.mjs' : 'check.mjs'),
      root,
      ...(values.transformers === undefined ? [] : [values.transformers]),
    );
    if (values.python !== undefined) run(values.python, here(values.texts ? 'check_texts.py' : 'check.py'), root);
  } finally {
    if (values.keep === undefined) rmSync(root, { recursive: true, force: true });
  }
}

void main();
