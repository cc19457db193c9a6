/** What a small project needs to be set up in seconds: an addon of five lines and a libtorch of empty libraries. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PINNED_VERSION } from '../../native/find-libtorch.mjs';

export const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
export const SUFFIX = process.platform === 'darwin' ? '.dylib' : '.so';

export const ADDON = `#include <node_api.h>
#include <torch/version.h>
NAPI_MODULE_INIT() {
  napi_value version;
  napi_create_string_utf8(env, TORCH_VERSION, NAPI_AUTO_LENGTH, &version);
  napi_set_named_property(env, exports, "version", version);
  return exports;
}
`;

/** Compiles the library that stands in for all of libtorch's; returns its path. */
export function makeEmptyLibrary(folder: string): string {
  const path = join(folder, `libempty${SUFFIX}`);
  execFileSync('g++', ['-shared', '-fPIC', '-x', 'c++', '/dev/null', '-o', path]);
  return path;
}

/** Copies the scripts of the set-up into a new project, with the small addon; no npm packages but Node-API's headers. */
export function makeSmallProject(project: string): void {
  cpSync(join(REPOSITORY, 'scripts'), join(project, 'scripts'), { recursive: true });
  for (const file of ['package.json', 'native/find-libtorch.mjs', 'native/find_torch.py'])
    cpSync(join(REPOSITORY, file), join(project, file));
  mkdirSync(join(project, 'node_modules'));
  symlinkSync(join(REPOSITORY, 'node_modules/node-api-headers'), join(project, 'node_modules/node-api-headers'));
  writeFileSync(join(project, 'native/bridge.cc'), ADDON);
}

/** A libtorch with headers that say its version, and libraries without anything in them. */
export function makeLibtorch(folder: string, emptyLibrary: string, version = PINNED_VERSION): string {
  const [major, minor, patch] = version.split('.');
  const include = join(folder, 'include');
  mkdirSync(join(include, 'ATen'), { recursive: true });
  writeFileSync(join(include, 'ATen/ATen.h'), '');
  const header = join(include, 'torch/csrc/api/include/torch/version.h');
  mkdirSync(dirname(header), { recursive: true });
  const numbers = `#define TORCH_VERSION_MAJOR ${major}\n#define TORCH_VERSION_MINOR ${minor}\n#define TORCH_VERSION_PATCH ${patch}\n`;
  writeFileSync(header, `${numbers}#define TORCH_VERSION "${version}"\n`);
  mkdirSync(join(folder, 'lib'));
  for (const name of ['torch', 'torch_cpu', 'c10']) cpSync(emptyLibrary, join(folder, 'lib', `lib${name}${SUFFIX}`));
  return folder;
}
