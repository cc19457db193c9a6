import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { Problem } from './problem.mjs';
import { runLogged, tail } from './process.mjs';

/** @typedef {import('../../native/find-libtorch.d.mts').Libtorch} Libtorch */
/** @typedef {import('../../native/find-libtorch.d.mts').Attempt} Attempt */
/** @typedef {import('./tools.mjs').Compiler} Compiler */

const SOURCES = 'native';

/**
 * Compiles the C++ files of native/ into autodidact-<hash>.node in the bridge's folder unless that file exists and is as it was compiled, and
 * points build.json beside it at it. The hash covers every C++ file in native/, libtorch, the flags and the compiler.
 *
 * @param {{ libtorch: Libtorch, tried: Attempt[] }} search
 * @param {Compiler} compiler
 * @param {import('./engine.mjs').Context} context
 */
export async function ensureBridge({ libtorch, tried }, compiler, { root, env, report, place }) {
  const label = 'bridge';
  // Relative, so that the projects of one machine share what was compiled.
  const flags = bridgeFlags(libtorch, relative(root, nodeApiHeaders(root)));
  const hash = createHash('sha256')
    .update(readSources(root))
    .update(JSON.stringify([libtorch.version, libtorch.folder, flags, compiler.name]))
    .digest('hex')
    .slice(0, 12);
  const { folder, setupCommand } = place;
  const addon = `autodidact-${hash}.node`;
  const isBuilt = isIntact(join(folder, addon));
  if (!isBuilt) {
    mkdirSync(folder, { recursive: true });
    report(`${label}: compiling with ${compiler.command.join(' ')} ${compiler.version} (about a minute, once)`);
    // Left by a killed set-up.
    for (const name of readdirSync(folder)) if (name.includes('.partial-')) rmSync(join(folder, name));
    const partial = join(folder, `autodidact-${hash}.partial-${process.pid}`);
    const log = join(folder, 'bridge.log');
    const command = [...compiler.command, ...translationUnits(root), '-o', partial, ...flags];
    try {
      const { isOk, output, seconds } = await runLogged(command, { cwd: root, log, env, label, report });
      if (!isOk) throw compileProblem(output, log, libtorch, setupCommand);
      tryLoading(partial, libtorch, setupCommand, env);
      writeFileSync(join(folder, `${addon}${SUM}`), sumOf(partial));
      renameSync(partial, join(folder, addon));
      report(`${label}: compiled (${seconds} s)`);
    } finally {
      rmSync(partial, { force: true });
    }
  }
  const { folder: libtorchFolder, version, source, cuda } = libtorch;
  const build = {
    libtorch: { folder: libtorchFolder, version, source, cuda, tried },
    addon,
    flags,
    nodeVersion: process.version,
  };
  const file = join(folder, 'build.json');
  if (!place.isClone) reportSwitch(file, libtorch, report);
  writeIfChanged(file, `${JSON.stringify(build, null, 2)}\n`);
  if (isBuilt) report(`${label}: ready`);
}

/** Ending of the file beside an addon that holds its SHA-256: a damaged addon ends the process that loads it. */
const SUM = '.sha256';

/** @param {string} file */
const sumOf = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');

/** Whether an addon is there, and is what was compiled as far as can be told. @param {string} addon */
function isIntact(addon) {
  if (!existsSync(addon)) return false;
  return !existsSync(`${addon}${SUM}`) || readFileSync(`${addon}${SUM}`, 'utf8') === sumOf(addon);
}

/** The C++ files to compile; they include the headers beside them. @param {string} root */
function translationUnits(root) {
  const names = readdirSync(join(root, SOURCES)).filter((name) => name.endsWith('.cc'));
  return names.sort().map((name) => join(SOURCES, name));
}

/** Every C++ file in native/ with its name, in the order of the names. @param {string} root */
function readSources(root) {
  const names = readdirSync(join(root, SOURCES)).filter((name) => /\.(cc|h)$/.test(name));
  return JSON.stringify(names.sort().map((name) => [name, readFileSync(join(root, SOURCES, name), 'utf8')]));
}

/** @param {Libtorch} libtorch @param {string} headers @returns {string[]} */
function bridgeFlags({ include, lib, cuda }, headers) {
  const isMac = process.platform === 'darwin';
  return [
    ...['-O2', '-DNDEBUG', '-std=c++20', '-fPIC', '-shared', '-fvisibility=hidden', '-DNAPI_VERSION=8'],
    ...(isMac ? ['-undefined', 'dynamic_lookup'] : [`-D_GLIBCXX_USE_CXX11_ABI=${cxx11Abi(lib)}`]),
    ...[`-I${headers}`, `-I${include}`, `-I${join(include, 'torch', 'csrc', 'api', 'include')}`],
    // Nothing references libtorch_cuda, which registers its kernels at load; the linker would drop it.
    ...[`-L${lib}`, `-Wl,-rpath,${lib}`, ...(isMac ? [] : ['-Wl,--no-as-needed'])],
    ...['-ltorch', '-ltorch_cpu', '-lc10', ...(cuda ? ['-ltorch_cuda', '-lc10_cuda'] : [])],
  ];
}

/**
 * Wheels before 2.7 were built with libstdc++'s old strings, which the mangled name of a constructor shows.
 *
 * @param {string} lib
 */
function cxx11Abi(lib) {
  return readFileSync(join(lib, 'libc10.so')).includes('_ZN3c105ErrorC2ENS_14SourceLocationESs') ? 0 : 1;
}

/** @param {string} root */
function nodeApiHeaders(root) {
  return join(dirname(createRequire(join(root, 'package.json')).resolve('node-api-headers/package.json')), 'include');
}

/**
 * Loads the addon in a separate process, which detects missing libraries.
 *
 * @param {string} addon
 * @param {Libtorch} libtorch
 * @param {string} setupCommand
 * @param {NodeJS.ProcessEnv} env
 */
function tryLoading(addon, libtorch, setupCommand, env) {
  const program = 'process.dlopen({ exports: {} }, process.argv[1])';
  const { status, stderr, signal } = spawnSync(process.execPath, ['-e', program, addon], { env, encoding: 'utf8' });
  if (status === 0) return;
  const line =
    stderr.split('\n').find((text) => text.startsWith('Error:')) ?? `it ended with ${signal ?? `code ${status}`}`;
  throw new Problem(`the bridge was compiled but cannot be loaded: ${line.replace('Error: ', '')}`, {
    fix: otherLibtorch(libtorch, setupCommand),
  });
}

/** @param {string} output @param {string} log @param {Libtorch} libtorch @param {string} setupCommand */
function compileProblem(output, log, libtorch, setupCommand) {
  const missing = output.match(/fatal error: (\S+): No such file/)?.[1] ?? output.match(/cannot find (-l\S+)/)?.[1];
  /** @type {[RegExp, string, string][]} */
  const causes = [
    [/No space left on device/, 'the disk is full', 'free some space'],
    [/Killed signal|out of memory|Cannot allocate memory/, 'the compiler ran out of memory', 'give it about 2 GB'],
    [
      /unrecognized .*c\+\+20|invalid value 'c\+\+20'/,
      'the compiler is too old for C++20',
      'install g++ 11 or newer, or set CXX',
    ],
    [/^spawn |ENOENT/, 'the compiler could not be started', 'check CXX and the PATH'],
  ];
  const [, cause, fix] = causes.find(([pattern]) => pattern.test(output)) ?? [
    null,
    missing ? `${missing} is missing` : 'the compiler reported errors',
    otherLibtorch(libtorch, setupCommand),
  ];
  return new Problem(`the bridge could not be compiled: ${cause}; the compiler's output is in ${log}`, {
    details: tail(output),
    fix,
  });
}

/** @param {Libtorch} libtorch @param {string} setupCommand */
function otherLibtorch({ source, folder, version }, setupCommand) {
  if (source === 'private copy')
    return `rm -r ${dirname(folder)}, then run \`${setupCommand}\` again to install it anew`;
  const other = 'set LIBTORCH to another one, or leave its Python environment';
  return `libtorch ${version} (${source}, ${folder}) may not fit: ${other}`;
}

/**
 * Says when the projects that share the cache are about to get another libtorch than they had.
 *
 * @param {string} file
 * @param {Libtorch} libtorch
 * @param {(line: string) => void} report
 */
function reportSwitch(file, { folder, version }, report) {
  let before;
  try {
    before = JSON.parse(readFileSync(file, 'utf8')).libtorch;
  } catch {
    return; // not there yet, or damaged and about to be written anew
  }
  if (before?.folder === undefined || before.folder === folder) return;
  report(
    `bridge: uses libtorch ${version} in ${folder} from now on, and ${before.version} in ${before.folder} no longer`,
  );
  report(
    '  this holds for all your projects with this bridge; AUTODIDACT_CACHE gives one a cache that it does not share',
  );
}

/** @param {string} file @param {string} text */
function writeIfChanged(file, text) {
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
  const partial = `${file}.${process.pid}`;
  writeFileSync(partial, text);
  renameSync(partial, file);
}
