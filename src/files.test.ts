import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { makeFolders } from './files.js';

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
