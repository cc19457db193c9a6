/**
 * Set-up, run as a person runs it, in a small project of its own: a copy of scripts/ and native/find-libtorch.mjs, an addon of
 * five lines, a libtorch of empty libraries, and a PATH that holds what the test puts there. The compiler is the real one. One file,
 * since all its parts stand on that small project and its stand-ins for programs.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { findLibtorch, inspectLibtorch, PINNED_VERSION } from '../native/find-libtorch.mjs';
import {
  ADDON,
  makeEmptyLibrary,
  makeLibtorch,
  makeSmallProject,
  REPOSITORY,
  SUFFIX,
} from './support/small-project.js';

let top: string;
let emptyLibrary: string;
let project: string;
let bin: string;
let env: NodeJS.ProcessEnv;

interface Result {
  code: number | null;
  output: string;
}

beforeAll(() => {
  top = mkdtempSync(join(tmpdir(), 'autodidact-setup-'));
  emptyLibrary = makeEmptyLibrary(top);
});

afterAll(() => rmSync(top, { recursive: true, force: true }));

beforeEach(() => {
  const folder = mkdtempSync(join(top, 'case-'));
  project = join(folder, 'project');
  bin = join(folder, 'bin');
  mkdirSync(bin);
  makeSmallProject(project);
  env = { PATH: bin, HOME: folder, AUTODIDACT_CACHE: join(folder, 'cache') };
});

/** An executable shell script on the PATH of the test. */
function command(name: string, body: string): void {
  const file = join(bin, name);
  writeFileSync(file, `#!/bin/sh\n${body}\n`);
  chmodSync(file, 0o755);
}

/** The real compiler, which notes each compilation. */
function realCompiler(before = ''): void {
  const path = process.env.PATH;
  command(
    'g++',
    `case "$*" in *--version*) ;; *) echo run >> "${bin}/compilations"; ${before} ;; esac\nPATH="${path}" exec g++ "$@"`,
  );
}

function compilations(): number {
  const file = join(bin, 'compilations');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').length : 0;
}

/** A Python that answers find_torch.py's question; anything else it is asked goes to `body`. */
function fakePython(answer: { torch?: string; hasPip?: boolean; canInstall?: boolean }, body = 'exit 1'): void {
  const executable = join(bin, 'python3');
  const text = JSON.stringify({
    executable,
    version: '3.11.0',
    torch: null,
    hasPip: true,
    canInstall: true,
    ...answer,
  });
  command('python3', `case "$1" in *find_torch.py) echo '${text}'; exit 0 ;; esac\n${body}`);
}

function fakeLibtorch(folder: string, version = PINNED_VERSION): string {
  return makeLibtorch(folder, emptyLibrary, version);
}

function start(...options: string[]): { child: ChildProcess; result: Promise<Result> } {
  const child = spawn(process.execPath, options, { env, cwd: project });
  let output = '';
  child.stdout.on('data', (data) => {
    output += data;
  });
  child.stderr.on('data', (data) => {
    output += data;
  });
  const result = new Promise<Result>((settle) => child.on('close', (code) => settle({ code, output })));
  return { child, result };
}

const run = (script = 'setup.mjs', ...options: string[]) => start(`scripts/${script}`, ...options).result;

const buildFile = () => JSON.parse(readFileSync(join(project, 'dist/native/build.json'), 'utf8'));

const addons = () => readdirSync(join(project, 'dist/native')).filter((name) => name.endsWith('.node'));

const pause = (ms: number) => new Promise((settle) => setTimeout(settle, ms));

/** Puts load.ts into the project, which loads the bridge as the engine does and prints what it finds. */
function readyToLoad(): void {
  symlinkSync(join(REPOSITORY, 'node_modules/tsx'), join(project, 'node_modules/tsx'));
  for (const file of ['src/errors.ts', 'src/engine/libtorch.ts']) cpSync(join(REPOSITORY, file), join(project, file));
  const program = `import { libtorchInfo, loadBridge } from './src/engine/libtorch.js';
    try { console.log(loadBridge().version, libtorchInfo().source); }
    catch (error) { console.log(error.code, error.message); }`;
  writeFileSync(join(project, 'load.ts'), program);
}

/** Whether a process runs; one that has ended counts as gone before somebody has asked for its exit code. */
function isAlive(pid: string): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', pid], { encoding: 'utf8' });
  return /^[^Z]/.test(stdout.trim());
}

describe('a machine that has what is needed', () => {
  beforeEach(() => {
    realCompiler();
    env.LIBTORCH = fakeLibtorch(join(project, '../libtorch'));
  });

  test('compiles an addon that loads, and says what it did', async () => {
    const { code, output } = await run();
    expect(output).toMatch(/^Node [\d.]+, g\+\+ [\d.]+: ready\nnpm packages: ready\n/);
    expect(output).toContain(`libtorch ${PINNED_VERSION}: ready (LIBTORCH, ${env.LIBTORCH})\n`);
    expect(output).toMatch(/bridge: compiling with g\+\+ .*\nbridge: compiled \(\d+ s\)\n$/);
    expect(code).toBe(0);
    const build = buildFile();
    expect(build.libtorch).toMatchObject({
      folder: env.LIBTORCH,
      version: PINNED_VERSION,
      source: 'LIBTORCH',
      cuda: false,
    });
    expect(build.libtorch.tried).toEqual([{ place: `LIBTORCH=${env.LIBTORCH}`, outcome: `found ${PINNED_VERSION}` }]);
    expect(build.addon).toMatch(/^autodidact-[0-9a-f]{12}\.node$/);
    const holder = { exports: { version: '' } };
    process.dlopen(holder, join(project, 'dist/native', build.addon));
    expect(holder.exports.version).toBe(PINNED_VERSION);
  });

  test('does nothing the second time, and compiles again after a change of a source, a header or libtorch', async () => {
    await run();
    const second = await run();
    expect(second.output).toMatch(/bridge: ready\n$/);
    expect(compilations()).toBe(1);
    writeFileSync(join(project, 'native/bridge.cc'), `${ADDON}// changed\n`);
    await run();
    expect(compilations()).toBe(2);
    writeFileSync(join(project, 'native/other.h'), '#pragma once\n');
    await run();
    expect(compilations()).toBe(3);
    const newer = fakeLibtorch(join(project, '../newer'), '2.14.0');
    const older = env.LIBTORCH;
    env.LIBTORCH = newer;
    await run();
    expect(compilations()).toBe(4);
    expect(buildFile().libtorch.folder).toBe(newer);
    env.LIBTORCH = older;
    await run();
    expect(compilations()).toBe(4);
    expect(buildFile().libtorch.folder).toBe(older);
    expect(addons()).toHaveLength(4);
  });

  test('compiles all C++ files of native/ into one addon', async () => {
    writeFileSync(
      join(project, 'native/other.cc'),
      'extern "C" const char* answer() { return "from the other file"; }\n',
    );
    writeFileSync(
      join(project, 'native/bridge.cc'),
      `extern "C" const char* answer();\n${ADDON.replace('TORCH_VERSION, NAPI', 'answer(), NAPI')}`,
    );
    await run();
    expect(compilations()).toBe(1);
    const holder = { exports: { version: '' } };
    process.dlopen(holder, join(project, 'dist/native', buildFile().addon));
    expect(holder.exports.version).toBe('from the other file');
  });

  test('two at once compile once', async () => {
    realCompiler(`PATH="${process.env.PATH}" sleep 1`);
    const results = await Promise.all([run(), run(), run()]);
    expect(results.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(compilations()).toBe(1);
    expect(results.filter(({ output }) => output.includes('waiting for the set-up in process'))).not.toHaveLength(0);
    expect(existsSync(join(project, 'dist/.setup.lock'))).toBe(false);
  });

  test('a set-up that was killed leaves nothing that stops the next', async () => {
    realCompiler(`PATH="${process.env.PATH}" sleep 2`);
    const { child, result } = start('scripts/setup.mjs');
    while (compilations() === 0) await pause(20);
    child.kill('SIGKILL');
    await result;
    expect(existsSync(join(project, 'dist/.setup.lock'))).toBe(true);
    realCompiler();
    expect(await run()).toMatchObject({ code: 0 });
    expect(addons()).toHaveLength(1);
  });

  test('SIGTERM releases the lock and ends the compiler, even when it comes as the compiler starts', async () => {
    // The compiler's parent is tied.mjs, and that one's parent is the set-up.
    const setUp = `$(PATH="${process.env.PATH}" ps -o ppid= -p $PPID)`;
    realCompiler(`kill -TERM ${setUp}; PATH="${process.env.PATH}" sleep 1; echo went on >> "${bin}/compilations"`);
    expect((await run()).code).toBe(143);
    expect(existsSync(join(project, 'dist/.setup.lock'))).toBe(false);
    await pause(1500);
    expect(compilations()).toBe(1);
  });

  test('a compile error names the log and shows its end, and nothing is left half-made', async () => {
    writeFileSync(join(project, 'native/bridge.cc'), '#include <ATen/Missing.h>\n');
    const { code, output } = await run();
    expect(code).toBe(1);
    expect(output).toContain('error: the bridge could not be compiled: ATen/Missing.h is missing');
    expect(output).toContain(join(project, 'dist/native/bridge.log'));
    expect(output).toContain('    native/bridge.cc:1:10: fatal error: ATen/Missing.h');
    expect(output).toContain(`Fix: libtorch ${PINNED_VERSION} (LIBTORCH, ${env.LIBTORCH}) may not fit`);
    expect(readdirSync(join(project, 'dist/native'))).toEqual(['bridge.log']);
  });

  test('an addon that compiles but does not load is refused', async () => {
    writeFileSync(
      join(project, 'native/bridge.cc'),
      `extern "C" void absent();\n${ADDON.replace('return', 'absent(); return')}`,
    );
    realCompiler();
    env.LD_BIND_NOW = '1'; // so that the function is looked for at load
    const { code, output } = await run();
    expect(code).toBe(1);
    expect(output).toContain('error: the bridge was compiled but cannot be loaded:');
    expect(output).toContain('undefined symbol: absent');
    expect(addons()).toHaveLength(0);
  });

  test.runIf(process.platform === 'linux')(
    'keeps libtorch_cuda, which nothing refers to, among what it loads',
    async () => {
      const lib = join(env.LIBTORCH ?? '', 'lib');
      for (const name of ['torch_cuda', 'c10_cuda']) cpSync(emptyLibrary, join(lib, `lib${name}.so`));
      // As Ubuntu's g++ does by itself.
      realCompiler(`set -- -Wl,--as-needed "$@"`);
      const { output } = await run();
      expect(output).toContain(`libtorch ${PINNED_VERSION} with CUDA: ready`);
      rmSync(join(lib, 'libtorch_cuda.so'));
      expect(() => process.dlopen({ exports: {} }, join(project, 'dist/native', buildFile().addon))).toThrow(
        'libtorch_cuda.so',
      );
    },
  );

  test.runIf(process.platform === 'linux')('follows the string ABI that libtorch was built with', async () => {
    await run();
    expect(buildFile().flags).toContain('-D_GLIBCXX_USE_CXX11_ABI=1');
    appendFileSync(join(env.LIBTORCH ?? '', 'lib/libc10.so'), '_ZN3c105ErrorC2ENS_14SourceLocationESs');
    await run();
    expect(buildFile().flags).toContain('-D_GLIBCXX_USE_CXX11_ABI=0');
  });
});

describe('what is missing is named with the command that fixes it', () => {
  test('no compiler and no Python: both at once', async () => {
    const { code, output } = await run();
    expect(code).toBe(1);
    expect(output).toContain('error: no C++ compiler: tried g++, c++, clang++\n');
    expect(output).toContain('error: no Python, which installs libtorch: tried python3, python\n');
    const fix =
      process.platform === 'darwin' ? 'xcode-select --install' : 'sudo apt-get install g++ python3 python3-pip';
    expect(output).toContain(`Fix: ${fix}`);
  });

  test('a CXX that cannot be run', async () => {
    env.CXX = 'no-such-compiler -m64';
    expect((await run()).output).toContain('error: the compiler that CXX names cannot be run: no-such-compiler -m64\n');
  });

  test('a g++ that is too old', async () => {
    command('g++', 'echo "g++ (GCC) 9.4.0"; echo "Copyright (C) 2019 Free Software Foundation, Inc."');
    expect((await run()).output).toContain("error: g++ 9.4.0 is too old: libtorch's headers need g++ 11 or newer\n");
  });

  test('a Python without pip', async () => {
    realCompiler();
    fakePython({ hasPip: false, canInstall: false });
    const { code, output } = await run();
    expect(code).toBe(1);
    expect(output).toContain(`error: ${join(bin, 'python3')} has no pip, which installs libtorch\n`);
  });

  test('LIBTORCH that points nowhere is an error, whatever else there is', async () => {
    realCompiler();
    fakePython({ torch: fakeLibtorch(join(project, '../torch')) });
    env.LIBTORCH = '/nowhere/libtorch';
    const { code, output } = await run();
    expect(code).toBe(1);
    expect(output).toContain(
      'error: the environment variable LIBTORCH does not point at a usable libtorch: LIBTORCH=/nowhere/libtorch: no such folder\n',
    );
    expect(output).toContain('Fix: set LIBTORCH to the folder that holds include/ and lib/, or unset it');
  });
});

describe('installing libtorch', () => {
  /** A pip that puts the libtorch of the test where --target says, and notes what it was asked for. */
  function installingPip(accepts: string): void {
    const ready = fakeLibtorch(join(project, '../ready'));
    const copy = `while [ "$1" != --target ]; do shift; done; PATH="${process.env.PATH}"; mkdir -p "$2"; cp -r "${ready}" "$2/torch"`;
    fakePython(
      {},
      `echo "$*" >> "${bin}/asked"\ncase "$*" in *${accepts}) ${copy}; exit 0 ;; esac\necho "ERROR: No matching distribution found"; exit 1`,
    );
  }
  const asked = () => readFileSync(join(bin, 'asked'), 'utf8').trim().split('\n');
  const target = () => join(env.AUTODIDACT_CACHE ?? '', `libtorch-${PINNED_VERSION}`);

  beforeEach(() => realCompiler());

  test('takes the CPU wheel without its Python dependencies, once', async () => {
    installingPip(process.platform === 'linux' ? `torch==${PINNED_VERSION}+cpu` : `torch==${PINNED_VERSION}`);
    const results = await Promise.all([run(), run()]);
    expect(results.map(({ code, output }) => (code === 0 ? 0 : output))).toEqual([0, 0]);
    expect(asked()).toHaveLength(1);
    expect(asked()[0]).toContain('--no-deps');
    expect(buildFile().libtorch).toMatchObject({ source: 'private copy', folder: join(target(), 'torch') });
    expect(readdirSync(env.AUTODIDACT_CACHE ?? '').sort()).toEqual([
      `libtorch-${PINNED_VERSION}`,
      `libtorch-${PINNED_VERSION}.log`,
    ]);
  });

  test.runIf(process.platform === 'linux')(
    'falls back to the general wheel and says how to get a smaller one',
    async () => {
      installingPip(`torch==${PINNED_VERSION}`);
      const { code, output } = await run();
      expect(code).toBe(0);
      expect(asked()).toHaveLength(2);
      expect(asked()[1]).not.toContain('--no-deps');
      expect(output).toContain('PIP_EXTRA_INDEX_URL');
    },
  );

  test('a pip that fails: the end of its output, the log, and no half-made copy', async () => {
    fakePython({}, 'echo "ERROR: NewConnectionError: no route"; exit 1');
    mkdirSync(`${target()}.partial-1`, { recursive: true });
    const { code, output } = await run();
    expect(code).toBe(1);
    expect(output).toContain(
      `error: libtorch could not be installed: pip could not reach its package index; pip's output is in ${target()}.log`,
    );
    expect(output).toContain('    ERROR: NewConnectionError: no route\n');
    expect(output).toContain('Fix: check the network');
    expect(readdirSync(env.AUTODIDACT_CACHE ?? '')).toEqual([`libtorch-${PINNED_VERSION}.log`]);
  });

  test('a wheel that lacks the headers is refused', async () => {
    fakePython({}, `PATH="${process.env.PATH}"; while [ "$1" != --target ]; do shift; done; mkdir -p "$2/torch"`);
    const { code, output } = await run();
    expect(code).toBe(1);
    expect(output).toContain('error: libtorch could not be installed: no C++ headers (');
    expect(existsSync(target())).toBe(false);
  });
});

describe('finding libtorch', () => {
  test('looks at LIBTORCH, Python, the private copy and system packages, in this order', () => {
    const own = fakeLibtorch(join(env.AUTODIDACT_CACHE ?? '', `libtorch-${PINNED_VERSION}`, 'torch'));
    const ofPython = fakeLibtorch(join(project, '../python-torch'));
    const system = fakeLibtorch(join(project, '../usr'));
    const given = fakeLibtorch(join(project, '../given'));
    const source = (variables: NodeJS.ProcessEnv) => findLibtorch(variables, [system]).libtorch?.source;

    fakePython({ torch: ofPython });
    expect(source({ ...env, LIBTORCH: given })).toBe('LIBTORCH');
    expect(source(env)).toBe('python');
    fakePython({});
    expect(source(env)).toBe('private copy');
    rmSync(own, { recursive: true });
    expect(source(env)).toBe('system package');
    rmSync(system, { recursive: true });
    const { libtorch, tried, isMisdirected } = findLibtorch(env, [system]);
    expect(libtorch).toBeNull();
    expect(isMisdirected).toBe(false);
    expect(tried).toEqual([
      { place: 'LIBTORCH', outcome: 'not set' },
      { place: `torch of ${join(bin, 'python3')}`, outcome: 'not installed' },
      { place: `private copy ${dirname(own)}`, outcome: 'no such folder' },
      { place: `system package in ${system}`, outcome: `no libtorch_cpu${SUFFIX}` },
    ]);
  });

  test('passes over a torch of Python that is too old', () => {
    fakePython({ torch: fakeLibtorch(join(project, '../old'), '2.5.1') });
    const { libtorch, tried } = findLibtorch(env, []);
    expect(libtorch).toBeNull();
    expect(tried[1]?.outcome).toBe('version 2.5.1 is older than 2.6');
  });

  test.each([
    ['1.13.1', false],
    ['2.5.9', false],
    ['2.6.0', true],
    ['2.13.0', true],
    ['3.0.0', true],
  ])('version %s: accepted is %s', (version, isAccepted) => {
    const folder = fakeLibtorch(join(project, '../versioned'), version);
    expect(typeof inspectLibtorch('LIBTORCH', folder) !== 'string').toBe(isAccepted);
  });

  test('reports the full version of a wheel and of an archive, and CUDA', () => {
    const folder = fakeLibtorch(join(project, '../wheel'));
    writeFileSync(join(folder, 'build-version'), '2.13.0+cu128\n');
    expect(inspectLibtorch('LIBTORCH', folder)).toMatchObject({ version: '2.13.0+cu128', cuda: false });
    writeFileSync(join(folder, 'version.py'), "from typing import Optional\n__version__ = '2.13.0+cpu'\n");
    writeFileSync(join(folder, 'lib', `libtorch_cuda${SUFFIX}`), '');
    expect(inspectLibtorch('LIBTORCH', folder)).toMatchObject({ version: '2.13.0+cpu', cuda: true });
  });

  test('says which library is missing', () => {
    const folder = fakeLibtorch(join(project, '../incomplete'));
    const library = join(folder, 'lib', `libc10${SUFFIX}`);
    rmSync(library);
    expect(inspectLibtorch('LIBTORCH', folder)).toBe(`no library ${library}`);
  });

  test('asks the real Python without importing torch', () => {
    const site = join(project, '../site');
    const torch = fakeLibtorch(join(site, 'torch'));
    writeFileSync(join(torch, '__init__.py'), 'raise RuntimeError("imported")\n');
    const { libtorch } = findLibtorch({ ...env, PATH: process.env.PATH, PYTHONPATH: site }, []);
    expect(libtorch).toMatchObject({ source: 'python', folder: torch });
  });
});

describe('loading the bridge', () => {
  const load = () => start('--import', 'tsx', 'load.ts').result;
  const fix = () => `Run \`npm run setup\` in ${project}.`;

  beforeEach(() => {
    realCompiler();
    env.LIBTORCH = fakeLibtorch(join(project, '../libtorch'));
    readyToLoad();
  });

  test('works after set-up', async () => {
    await run();
    expect(await load()).toEqual({ code: 0, output: `${PINNED_VERSION} LIBTORCH\n` });
  });

  test('without set-up: where libtorch was looked for, and the command', async () => {
    const places = `Looked for libtorch: LIBTORCH=${env.LIBTORCH}: found ${PINNED_VERSION}`;
    const file = join(project, 'dist/native/build.json');
    expect((await load()).output).toBe(
      `ENGINE The bridge to libtorch is not built (${file} is missing). ${places}. ${fix()}\n`,
    );
  });

  test('a damaged record, a deleted addon, a deleted libtorch', async () => {
    await run();
    const { addon } = buildFile();
    const file = join(project, 'dist/native/build.json');
    const record = readFileSync(file, 'utf8');
    writeFileSync(file, record.slice(0, 20));
    expect((await load()).output).toMatch(`ENGINE ${file} is damaged. Looked for libtorch: `);
    writeFileSync(file, record);

    rmSync(join(project, '../libtorch'), { recursive: true });
    const { output } = await load();
    expect(output).toContain(
      `ENGINE libtorch ${PINNED_VERSION} (LIBTORCH, ${env.LIBTORCH}), which the bridge was built against, is gone. Looked for`,
    );
    expect(output).toContain(`LIBTORCH=${env.LIBTORCH}: no such folder. ${fix()}`);

    rmSync(join(project, 'dist/native', addon));
    expect((await load()).output).toContain(
      `ENGINE The compiled bridge ${join(project, 'dist/native', addon)} is missing. Looked for`,
    );
  });

  test('a damaged addon, which would end the process, is refused, and compiled anew by the next set-up', async () => {
    await run();
    const file = join(project, 'dist/native', buildFile().addon);
    const whole = readFileSync(file);
    for (const damaged of [whole.subarray(0, whole.length >> 1), Buffer.from(whole).fill(0, 64, 4096)]) {
      writeFileSync(file, damaged);
      expect((await load()).output).toContain(`ENGINE The compiled bridge ${file} is damaged. Looked for`);
    }
    const before = compilations();
    await run();
    expect(compilations()).toBe(before + 1);
    expect((await load()).output).toBe(`${PINNED_VERSION} LIBTORCH\n`);
  });
});

describe('an installed package', () => {
  /** What npm would have brought: no scripts but those of scripts/lib, and the library in JavaScript. */
  function install(folder: string, source = ADDON): void {
    cpSync(project, folder, { recursive: true, verbatimSymlinks: true });
    rmSync(join(folder, 'scripts/setup.mjs'));
    rmSync(join(folder, 'node_modules/node-api-headers'));
    cpSync(join(REPOSITORY, 'node_modules/node-api-headers'), join(folder, '../node-api-headers'), { recursive: true });
    writeFileSync(join(folder, 'native/bridge.cc'), source);
    // Only a clone's set-up goes by these; there they would have npm and tsc started.
    writeFileSync(join(folder, 'package-lock.json'), '{}');
    writeFileSync(join(folder, 'tsconfig.build.json'), '{}');
    writeFileSync(
      join(folder, 'setup.mjs'),
      "import { main } from './scripts/lib/problem.mjs';\nimport { setupEngine } from './scripts/lib/engine.mjs';\nawait main(async () => { await setupEngine(); return 0; });\n",
    );
  }
  const setUp = (folder: string) => start(join(folder, 'setup.mjs')).result;
  const load = (folder: string) => start('--import', 'tsx', join(folder, 'load.ts')).result;
  const files = (folder: string) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  const bridges = () => readdirSync(env.AUTODIDACT_CACHE ?? '').filter((name) => name.startsWith('bridge-'));

  let first: string;

  beforeEach(() => {
    realCompiler();
    env.LIBTORCH = fakeLibtorch(join(project, '../libtorch'));
    readyToLoad();
    first = join(project, '../first/node_modules/autodidact');
    install(first);
  });

  test('is set up in the cache, with nothing written beside its files and no npm or tsc', async () => {
    const before = files(first);
    const { code, output } = await setUp(first);
    expect(output).toMatch(
      /^Node .*: ready\nlibtorch .*: ready .*\nbridge: compiling .*\nbridge: compiled \(\d+ s\)\n$/,
    );
    expect(code).toBe(0);
    expect(files(first)).toEqual(before);
    const [folder = ''] = bridges();
    expect(files(join(env.AUTODIDACT_CACHE ?? '', folder))).toEqual([
      expect.stringMatching(/^autodidact-[0-9a-f]{12}\.node$/),
      expect.stringMatching(/^autodidact-[0-9a-f]{12}\.node\.sha256$/),
      'bridge.log',
      'build.json',
    ]);
    expect((await setUp(first)).output).toMatch(/bridge: ready\n$/);
    expect(await load(first)).toEqual({ code: 0, output: `${PINNED_VERSION} LIBTORCH\n` });
    writeFileSync(join(env.AUTODIDACT_CACHE ?? '', folder, 'build.json'), '{"libtorch"');
    expect((await load(first)).output).toMatch(
      /build\.json is damaged\. .* Run `npx autodidact setup` in your project\.\n$/,
    );
    expect(await setUp(first)).toMatchObject({ code: 0 });
    expect(await load(first)).toMatchObject({ output: `${PINNED_VERSION} LIBTORCH\n` });
  });

  test('names its own command where something is missing', async () => {
    const { output } = await load(first);
    expect(output).toMatch(
      /^ENGINE The bridge to libtorch is not built \(.*cache\/bridge-.*\/build\.json is missing\)\. /,
    );
    expect(output).toMatch(/\. Run `npx autodidact setup` in your project\.\n$/);
    rmSync(join(bin, 'g++'));
    expect((await setUp(first)).output).toMatch(
      /^error: no C\+\+ compiler.*\nFix: .*, then run `npx autodidact setup` again\n$/,
    );
  });

  test('shares what was compiled with the other projects whose bridge has the same sources, and with no others', async () => {
    await setUp(first);
    const second = join(project, '../deeper/second/node_modules/autodidact');
    install(second);
    expect((await load(second)).output).toBe(`${PINNED_VERSION} LIBTORCH\n`);
    expect((await setUp(second)).output).toMatch(/bridge: ready\n$/);
    expect(compilations()).toBe(1);
    const newer = join(project, '../newer/node_modules/autodidact');
    install(newer, `${ADDON}// changed\n`);
    expect((await load(newer)).output).toContain('The bridge to libtorch is not built');
    await setUp(newer);
    expect(compilations()).toBe(2);
    expect(bridges()).toHaveLength(2);
  });

  test('says when the projects that share the cache get another libtorch', async () => {
    await setUp(first);
    const before = env.LIBTORCH;
    env.LIBTORCH = fakeLibtorch(join(project, '../other'), '2.14.0');
    expect((await setUp(first)).output).toContain(
      `bridge: uses libtorch 2.14.0 in ${env.LIBTORCH} from now on, and ${PINNED_VERSION} in ${before} no longer\n`,
    );
    expect((await setUp(first)).output).not.toContain('no longer');
    expect((await load(first)).output).toBe('2.14.0 LIBTORCH\n');
  });
});

describe('npm packages', () => {
  const lock = (version: string) =>
    JSON.stringify({
      packages: {
        '': { name: 'autodidact' },
        'node_modules/a': { version },
        'node_modules/b': { version: '1.0.0', optional: true },
      },
    });

  beforeEach(() => {
    realCompiler();
    env.LIBTORCH = fakeLibtorch(join(project, '../libtorch'));
    writeFileSync(join(project, 'package-lock.json'), lock('1.0.0'));
  });

  test('installs when the lock file asks for other ones than are there, and not otherwise', async () => {
    const record = `PATH="${process.env.PATH}" cp package-lock.json node_modules/.package-lock.json`;
    command('npm', `echo "$*" >> "${bin}/npm-calls"\n${record}`);
    const calls = () => readFileSync(join(bin, 'npm-calls'), 'utf8').trim().split('\n').length;
    expect((await run()).output).toMatch(/npm packages: installing \(npm ci\)\nnpm packages: installed \(\d+ s\)\n/);
    expect(calls()).toBe(1);
    expect((await run()).output).toContain('npm packages: ready\n');
    expect(calls()).toBe(1);
    writeFileSync(join(project, 'package-lock.json'), lock('1.0.1'));
    await run();
    expect(calls()).toBe(2);
  });

  test('an optional package may be missing', async () => {
    writeFileSync(
      join(project, 'node_modules/.package-lock.json'),
      JSON.stringify({ packages: { 'node_modules/a': { version: '1.0.0' } } }),
    );
    expect((await run()).output).toContain('npm packages: ready\n');
  });

  test.each(['SIGKILL', 'SIGTERM'] as const)(
    'npm and what it started end with a set-up that gets a %s',
    async (signal) => {
      const paths = `PATH="${process.env.PATH}"`;
      // npm and its child both ignore the polite signal.
      const child = `trap "" TERM; echo $$ >> "${bin}/pids"; ${paths} sleep 60; echo went on >> "${bin}/pids"`;
      command('npm', `(exec /bin/sh -c '${child}') &\n${child}`);
      const { child: setUp, result } = start('scripts/setup.mjs');
      const lines = () =>
        existsSync(join(bin, 'pids')) ? readFileSync(join(bin, 'pids'), 'utf8').trim().split('\n') : [];
      while (lines().length < 2) await pause(20);
      expect(lines().every((pid) => isAlive(pid))).toBe(true);
      setUp.kill(signal);
      await result;
      while (lines().some((pid) => isAlive(pid))) await pause(20);
      expect(lines()).toHaveLength(2);
    },
  );

  test('a failure for lack of network says so', async () => {
    command('npm', 'echo "npm error code ENOTFOUND"; exit 1');
    const { code, output } = await run();
    expect(code).toBe(1);
    expect(output).toContain(
      'error: npm could not reach its package registry\n    npm error code ENOTFOUND\nFix: check the network',
    );
  });
});

describe('TypeScript', () => {
  beforeEach(() => {
    realCompiler();
    env.LIBTORCH = fakeLibtorch(join(project, '../libtorch'));
    for (const name of ['.bin', 'typescript', '@typescript'])
      symlinkSync(join(REPOSITORY, 'node_modules', name), join(project, 'node_modules', name));
    for (const file of ['tsconfig.json', 'tsconfig.build.json']) cpSync(join(REPOSITORY, file), join(project, file));
    const text = readFileSync(join(project, 'tsconfig.json'), 'utf8').replace('"types": ["node"],', '"types": [],');
    writeFileSync(join(project, 'tsconfig.json'), text);
    // tsc is a script that starts `node`.
    symlinkSync(process.execPath, join(bin, 'node'));
    mkdirSync(join(project, 'src'));
    writeFileSync(join(project, 'src/a.ts'), 'export const a: number = 1;\n');
    writeFileSync(join(project, 'src/a.test.ts'), "import { a } from './a.js';\nexport const b: string = a;\n");
  });

  test('compiles when a source changed or an output is gone, and not otherwise', async () => {
    const last = async () => (await run()).output.trim().split('\n').at(-1)?.replace(/\d+ s/, 'n s');
    const output = join(project, 'dist/a.js');
    expect(await last()).toBe('TypeScript: compiled (n s)');
    expect(existsSync(output)).toBe(true);
    expect(existsSync(join(project, 'dist/a.test.js'))).toBe(false);
    expect(await last()).toBe('TypeScript: ready');
    rmSync(output);
    expect(await last()).toBe('TypeScript: compiled (n s)');
    expect(existsSync(output)).toBe(true);
    writeFileSync(join(project, 'src/a.ts'), 'export const a: number = 12;\n');
    expect(await last()).toBe('TypeScript: compiled (n s)');
    expect(readFileSync(output, 'utf8')).toContain('12');
  });

  test('leaves nothing in dist/ but what the present sources give', async () => {
    writeFileSync(join(project, 'src/helper.test-util.ts'), 'export const c = 1;\n');
    writeFileSync(join(project, 'src/b.ts'), 'export const d = 1;\n');
    await run();
    const compiled = () => readdirSync(join(project, 'dist')).filter((name) => /\.(js|ts|map)$/.test(name));
    expect(compiled()).toEqual(['a.d.ts', 'a.js', 'b.d.ts', 'b.js']);
    expect((await run()).output).toContain('TypeScript: ready\n');
    rmSync(join(project, 'src/b.ts'));
    writeFileSync(join(project, 'dist/a.js.map'), '');
    await run();
    expect(compiled()).toEqual(['a.d.ts', 'a.js']);
  });

  test('prepack brings dist/ up to date with neither a C++ compiler nor libtorch', async () => {
    rmSync(join(bin, 'g++'));
    env.LIBTORCH = '/nowhere/libtorch';
    const { code, output } = await run('prepack.mjs');
    expect(output).toMatch(/^npm packages: ready\nTypeScript: compiling\nTypeScript: compiled \(\d+ s\)\n$/);
    expect(code).toBe(0);
    expect(existsSync(join(project, 'dist/a.js'))).toBe(true);
    writeFileSync(join(project, 'src/a.ts'), "export const a: number = 'one';\n");
    expect((await run('prepack.mjs')).code).toBe(1);
  });

  test('shows the errors, again and again until they are corrected', async () => {
    writeFileSync(join(project, 'src/a.ts'), "export const a: number = 'one';\n");
    for (let time = 0; time < 2; time++) {
      const { code, output } = await run();
      expect(code).toBe(1);
      expect(output).toContain('    src/a.ts(1,14): error TS2322');
    }
  });
});

describe('npm test', () => {
  const file = (status: string, ...tests: string[]) => ({
    status,
    assertionResults: tests.map((result) => ({ status: result })),
  });

  /** Stands for vitest: writes this report and ends with this code. */
  function fakeVitest(code: number, testResults?: object[]): void {
    const report = testResults ? `echo '${JSON.stringify({ testResults })}' > "\${option#*=}"` : ':';
    script(
      'vitest',
      `for option; do case $option in --outputFile.json=*) ${report} ;; *) echo "given $option" ;; esac; done; exit ${code}`,
    );
  }

  function script(name: string, body: string): void {
    const path = join(project, 'node_modules/.bin', name);
    writeFileSync(path, `#!/bin/sh\n${body}\n`);
    chmodSync(path, 0o755);
  }

  const end = ({ output }: Result, lines: number) => output.trimEnd().split('\n').slice(-lines);

  beforeEach(() => {
    realCompiler();
    env.LIBTORCH = fakeLibtorch(join(project, '../libtorch'));
    mkdirSync(join(project, 'node_modules/.bin'));
    script('biome', 'exit 0');
    script('tsc', 'exit 0');
  });

  test('all passed; arguments reach vitest', async () => {
    fakeVitest(0, [file('passed', 'passed', 'passed'), file('passed', 'passed', 'pending')]);
    const result = await run('test.mjs', 'src/engine', '-t', 'a name');
    expect(result.code).toBe(0);
    expect(end(result, 5)).toEqual(['given src/engine', 'given -t', 'given a name', '1 skipped', '3 passed, 0 failed']);
  });

  test('a failed test, and a file that broke before its tests', async () => {
    fakeVitest(1, [file('failed', 'passed', 'failed'), file('failed')]);
    const result = await run('test.mjs');
    expect(result.code).toBe(1);
    expect(end(result, 1)).toEqual(['1 passed, 2 failed']);
  });

  test('no test ran, or vitest broke', async () => {
    fakeVitest(0, []);
    const none = await run('test.mjs');
    expect(none.code).toBe(1);
    expect(end(none, 1)).toEqual(['0 passed, 0 failed']);
    fakeVitest(3);
    const broken = await run('test.mjs');
    expect(broken.code).toBe(1);
    expect(end(broken, 2)).toEqual(['failed beside the tests: vitest (exit code 3)', '0 passed, 0 failed']);
  });

  test('lint and types fail the run, and the tests run all the same', async () => {
    script('biome', 'exit 1');
    script('tsc', 'case "$*" in *scripts*) exit 2 ;; esac');
    fakeVitest(0, [file('passed', 'passed')]);
    const result = await run('test.mjs');
    expect(result.code).toBe(1);
    expect(end(result, 2)).toEqual([
      'failed beside the tests: lint, types (scripts/tsconfig.json)',
      '1 passed, 0 failed',
    ]);
  });
});

describe('acid and bench', () => {
  beforeEach(() => {
    mkdirSync(join(project, 'tests/acid'), { recursive: true });
    mkdirSync(join(project, 'benchmarks'));
    writeFileSync(join(project, 'tests/acid/rotation.acid.ts'), '/** Learns rotations. */\n');
    writeFileSync(join(project, 'tests/acid/jigsaw.acid.ts'), '/**\n * Learns puzzles.\n * Slowly.\n */\n');
    writeFileSync(join(project, 'benchmarks/step.ts'), '/** Times a step. */\n');
    symlinkSync(
      join(REPOSITORY, 'node_modules/fastest-levenshtein'),
      join(project, 'node_modules/fastest-levenshtein'),
    );
  });

  test('list what there is', async () => {
    expect(await run('acid.mjs', '--list')).toEqual({
      code: 0,
      output: 'jigsaw    Learns puzzles.\nrotation  Learns rotations.\n',
    });
    expect(await run('bench.mjs')).toEqual({ code: 0, output: 'step  Times a step.\n' });
  });

  test('an unknown name is a usage error with the nearest name and the list', async () => {
    const { code, output } = await run('acid.mjs', 'rotatoin');
    expect(code).toBe(2);
    expect(output).toBe(
      'error: there is no acid test named "rotatoin"; did you mean "rotation"?\n    the names: jigsaw, rotation\n',
    );
    expect((await run('bench.mjs', 'zzz')).output).toBe(
      'error: there is no benchmark named "zzz"\n    the names: step\n',
    );
  });
});
