import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { startTogether } from '../tests/support/child.js';
import { isPartial, makeFolders, partialName, readIfThere, removePartials, writeAtomically } from './files.js';

const root = mkdtempSync(join(tmpdir(), 'autodidact-folders-'));
afterAll(() => rmSync(root, { recursive: true }));

it('makes all folders of a path, and is content with those that are there', () => {
  makeFolders(join(root, 'a', 'b', 'c'));
  expect(statSync(join(root, 'a', 'b', 'c')).isDirectory()).toBe(true);
  makeFolders(join(root, 'a', 'b', 'd'));
  makeFolders(join(root, 'a', 'b', 'd'));
  expect(existsSync(join(root, 'a', 'b', 'd'))).toBe(true);
});

it('refuses a path through a file, onto a file, and where the system makes no folders', () => {
  writeFileSync(join(root, 'file'), '');
  expect(() => makeFolders(join(root, 'file', 'a'))).toThrow('ENOTDIR');
  expect(() => makeFolders(join(root, 'file'))).toThrow('EEXIST');
  expect(() => makeFolders('/dev/null/a/b')).toThrow('ENOTDIR');
  if (process.platform === 'linux') expect(() => makeFolders('/proc/autodidact/a')).toThrow('ENOENT');
});

it('makes folders that other processes make at the same moment', async () => {
  const paths = Array.from({ length: 200 }, (_, i) => join(root, 'shared', String(i), 'a', 'b'));
  const source = fileURLToPath(new URL('files.ts', import.meta.url));
  const code = `
    import { makeFolders } from ${JSON.stringify(source)};
    console.log('ready');
    process.stdin.once('data', () => {
      for (const path of ${JSON.stringify(paths)}) makeFolders(path);
      process.exit();
    });
  `;
  for (const child of await startTogether(4, () => code)) expect((await child.ended).code, child.stderr).toBe(0);
  for (const path of paths) expect(existsSync(path)).toBe(true);
});

it('reads regular files, and says what else is in the way instead of waiting for it', () => {
  writeFileSync(join(root, 'read'), 'text');
  expect(readIfThere(join(root, 'read'))!.toString()).toBe('text');
  expect(readIfThere(join(root, 'nothing'))).toBeNull();
  expect(readIfThere(join(root, 'read', 'below'))).toBeNull();
  execFileSync('mkfifo', [join(root, 'pipe')]);
  for (const path of [join(root, 'pipe'), root])
    expect(() => readIfThere(path)).toThrow(`Could not read ${path}: it is no regular file`);
});

it('writes beside a process of the same number in another container', () => {
  const path = join(root, 'shared.json');
  const theirs = `${path}.partial-${process.pid}`;
  writeFileSync(theirs, 'theirs');
  writeAtomically(path, 'ours');
  expect([readFileSync(path, 'utf8'), readFileSync(theirs, 'utf8')]).toEqual(['ours', 'theirs']);
  const names = Array.from({ length: 3 }, () => partialName(path));
  expect(new Set(names).size).toBe(3);
  for (const name of names) expect(isPartial(name)).toBe(true);
});

it('says what is wrong with a path below a file', () => {
  writeFileSync(join(root, 'plain'), '');
  expect(() => writeAtomically(join(root, 'plain', 'a'), 'text')).toThrow(
    expect.objectContaining({ code: 'IO', message: expect.stringContaining('a part of the path is a file') }),
  );
});

it('removes half-written files of the processes that are named, and nothing else', () => {
  const folder = join(root, 'partials');
  const names = ['a.json.partial-1', 'a.json.partial-1-0a9f', 'a.json.partial-2', 'a.json.partial-2-0a9f', 'a.json'];
  for (const name of [...names, 'partial-1', 'a.partial-1.png', 'a.partial-1-copy']) makeFoldersAndFile(folder, name);
  mkdirSync(join(folder, 'folder.partial-1'));
  const asked: [number, boolean][] = [];
  removePartials(folder, (pid, changedMs) => {
    asked.push([pid, Math.abs(Date.now() - changedMs) < 3600_000]);
    return pid === 2;
  });
  expect(asked.sort()).toEqual([
    [1, true],
    [1, true],
    [2, true],
    [2, true],
  ]);
  const left = ['a.json', 'a.json.partial-2', 'a.json.partial-2-0a9f', 'a.partial-1-copy', 'a.partial-1.png'];
  expect(readdirSync(folder).sort()).toEqual([...left, 'folder.partial-1', 'partial-1']);
  removePartials(join(root, 'nowhere'), () => false);
});

function makeFoldersAndFile(folder: string, name: string): void {
  makeFolders(folder);
  writeFileSync(join(folder, name), '');
}
