import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { readUtf8 } from '../../text/utf8.js';
import { openFolder } from '../folder.js';
import type { FileKind } from '../folder-listing.js';
import { fileIdentity, type ImageFile } from '../source.js';
import type { TextSource } from './text-source.js';

export const TEXT_FILES: FileKind = { noun: 'texts', endings: ['.txt', '.text', '.md', '.markdown'] };

type Listed = Pick<ImageFile, 'id' | 'path' | 'label' | 'split'>;

/** Every file of a folder as a document; class folders give labels, `train/` and `test/` a division. */
export async function textFolder(folder: string): Promise<TextSource> {
  const { name, classes, files, skipped, note } = await openFolder(folder, TEXT_FILES);
  return { ...(await textFiles(files, classes)), name, skipped, ...(note === undefined ? {} : { note }) };
}

/** One file as one document. */
export async function textFile(path: string): Promise<TextSource> {
  const id = basename(path);
  return { ...(await textFiles([{ id, path, label: -1, split: null }], null)), name: id };
}

/** Files as documents. */
export async function textFiles(files: readonly Listed[], classes: readonly string[] | null): Promise<TextSource> {
  const identity: string[] = [];
  for (const { path } of files) identity.push(await fileIdentity(path));
  return {
    ...{ name: 'texts', kind: 'text files', skipped: [], unit: 'bytes', sides: files.map(({ split }) => split) },
    identity: [identity, files.map(({ id, label, split }) => [id, label, split]), classes],
    size: files.reduce((sum, { path }) => sum + (statSync(path, { throwIfNoEntry: false })?.size ?? 0), 0),
    async *documents(onRead) {
      for (const { id, path, label, split } of files)
        yield { id, label: classes?.[label] ?? null, split, text: readUtf8(path, onRead) };
    },
  };
}
