/**
 * The package as npm ships it: packed, installed into an empty project outside the repository, set up and used there. Takes the
 * dependencies from the npm registry and libtorch from the repository's own set-up. The tests follow the way of a user, and each
 * stands on those before it.
 */
import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  lstatSync,
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
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { libtorchInfo } from '../src/engine/libtorch.js';
import { methods } from '../src/methods/registry.js';
import { writePhotos } from './support/cli.js';

const REPOSITORY = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const LONG_MS = 600_000;

const top = mkdtempSync(join(tmpdir(), 'autodidact-package-'));
const project = join(top, 'project');
const installed = join(project, 'node_modules', 'autodidact');
const cache = join(top, 'cache');

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a program with a cache of its own, and without LIBTORCH and what `npm test` says about the repository. */
function run(command: string, words: readonly string[], extra: NodeJS.ProcessEnv = {}, cwd = project): Promise<Ended> {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(npm_(package|lifecycle|command|config_local_prefix)|LIBTORCH$)/.test(name),
  );
  const env = { ...Object.fromEntries(inherited), AUTODIDACT_CACHE: cache, ...extra };
  const child = spawn(command, words, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((settle, fail) => {
    child.on('error', fail);
    child.on('close', (code) => settle({ code, stdout, stderr }));
  });
}

/** The command line as the README has a user call it; `--no` keeps npx from fetching another package of this name. */
const npx = (line: string, env: NodeJS.ProcessEnv = {}) => run('npx', ['--no', 'autodidact', ...line.split(' ')], env);

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => lstatSync(join(folder, name)).isFile())
    .sort();
}

/** The TypeScript programs of the README and of examples/, by the names of their files in the project. */
function programs(): Record<string, string> {
  const readme = readFileSync(join(installed, 'README.md'), 'utf8');
  const blocks = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(
    ([, code], i) => [`readme-${i + 1}.ts`, code!] as const,
  );
  const names = readdirSync(join(REPOSITORY, 'examples')).filter((name) => name.endsWith('.ts'));
  const examples = names.map((name) => {
    const code = readFileSync(join(REPOSITORY, 'examples', name), 'utf8');
    return [name, code.replace("'../src/index.js'", "'autodidact'")] as const;
  });
  return Object.fromEntries([...blocks, ...examples]);
}

/** Compiles files of the project with the repository's TypeScript and no settings that it could do without. */
async function compile(resolution: 'nodenext' | 'bundler', files: readonly string[], outDir: string): Promise<Ended> {
  const module = resolution === 'bundler' ? 'esnext' : resolution;
  const compilerOptions = {
    target: 'es2022',
    module,
    moduleResolution: resolution,
    strict: true,
    skipLibCheck: false,
    outDir,
  };
  const file = join(project, `tsconfig.${resolution}.json`);
  writeFileSync(file, JSON.stringify({ compilerOptions, files }));
  return run(join(REPOSITORY, 'node_modules', '.bin', 'tsc'), ['--pretty', 'false', '-p', file]);
}

beforeAll(async () => {
  mkdirSync(project);
  const packed = await run('npm', ['pack', '--json', '--pack-destination', top], {}, REPOSITORY);
  if (packed.code !== 0) throw new Error(`npm pack failed: ${packed.stderr}`);
  const [{ filename }] = JSON.parse(packed.stdout);
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'empty', private: true, type: 'module' }));
  const options = ['--prefer-offline', '--no-audit', '--no-fund', '--omit=dev'];
  const { code, stderr } = await run('npm', ['install', ...options, join(top, filename)]);
  if (code !== 0)
    throw new Error(`This test needs the npm registry for the package's dependencies; npm install failed: ${stderr}`);
  // A dependency may have brought types of Node of another version along.
  mkdirSync(join(project, 'node_modules', '@types'), { recursive: true });
  rmSync(join(project, 'node_modules', '@types', 'node'), { recursive: true, force: true });
  symlinkSync(join(REPOSITORY, 'node_modules', '@types', 'node'), join(project, 'node_modules', '@types', 'node'));
  await writePhotos(join(project, 'photos'));
}, LONG_MS);

afterAll(() => rmSync(top, { recursive: true, force: true }));

describe('what it holds', () => {
  it('is what was compiled from src/, what set-up needs, the data, the pages, the recipes and the web page, and nothing else', () => {
    const sources = filesBelow(join(REPOSITORY, 'src')).filter((name) => !/\.(test|test-util|d)\.ts$/.test(name));
    const compiled = sources.flatMap((name) => ['.js', '.d.ts'].map((end) => `dist/${name.replace(/\.ts$/, end)}`));
    expect(compiled.length).toBeGreaterThan(100);
    const whole = (folder: string) => filesBelow(join(REPOSITORY, folder)).map((name) => `${folder}/${name}`);
    const setUp = ['bridge', 'engine', 'ffmpeg', 'libtorch', 'lock', 'pip', 'problem', 'process', 'tied', 'tools'];
    const wanted = [
      ...['LICENSE', 'README.md', 'package.json', 'benchmarks/README.md', ...compiled],
      ...['native', 'data', 'docs', 'recipes', 'examples/browser'].flatMap(whole),
      ...setUp.map((name) => `scripts/lib/${name}.mjs`),
    ];
    expect(filesBelow(installed)).toEqual(wanted.sort());
  });

  it('names no path of this machine and no source map', () => {
    const texts = filesBelow(installed).filter((name) => !name.endsWith('.gz'));
    const wrong = texts.filter((name) => {
      const text = readFileSync(join(installed, name), 'utf8');
      return text.includes(REPOSITORY) || /^\/\/# sourceMappingURL/m.test(text);
    });
    expect(wrong).toEqual([]);
  });

  it('has the files that its pages link to', () => {
    const pages = filesBelow(installed).filter((name) => name.endsWith('.md'));
    expect(pages.length).toBeGreaterThan(30);
    const links = pages.flatMap((page) => {
      const text = readFileSync(join(installed, page), 'utf8');
      return [...text.matchAll(/\]\((?![a-z]+:)([^)#]+)/g)].map(([, link]) => ({ page, link: link! }));
    });
    expect(links.length).toBeGreaterThan(50);
    expect(links.filter(({ page, link }) => !existsSync(join(installed, dirname(page), link)))).toEqual([]);
  });
});

describe('its types', () => {
  it.each(['nodenext', 'bundler'] as const)('hold under %s with all declarations checked', async (resolution) => {
    const files = Object.entries(programs());
    expect(files.length).toBeGreaterThan(2);
    for (const [name, text] of files) writeFileSync(join(project, name), text);
    const names = files.map(([name]) => name);
    expect(await compile(resolution, names, `built-${resolution}`)).toEqual({ code: 0, stdout: '', stderr: '' });

    const control = "import { tensor } from 'autodidact';\nexport const wrong: string = tensor([1]);\n";
    writeFileSync(join(project, 'control.ts'), control);
    expect((await compile(resolution, ['control.ts'], 'built-control')).stdout).toMatch(
      /^control\.ts\(2,14\): error TS2322: /,
    );
  });
});

describe('before it is set up', () => {
  it('shows its methods and its help', async () => {
    const { code, stdout } = await npx('methods');
    expect(code).toBe(0);
    for (const { name } of methods) expect(stdout).toContain(name);
    expect((await npx('pretrain simclr --help')).code).toBe(0);
  });

  it('says how to set it up, on the command line and in a program', async () => {
    const { code, stdout } = await npx('doctor');
    expect(code).toBe(1);
    expect(stdout).toMatch(/^BROKEN {2}bridge .*\n +mend it with: npx autodidact setup$/m);
    expect(stdout).not.toContain('npm run');
    writeFileSync(join(project, 'bare.js'), "import { tensor } from 'autodidact';\ntensor([1]);\n");
    const { stderr } = await run(process.execPath, ['bare.js']);
    expect(stderr).toMatch(/The bridge to libtorch is not built .*\. Run `npx autodidact setup` in your project\./);
  });

  it('lays it to LIBTORCH when that is wrong', async () => {
    const wrong = { LIBTORCH: join(top, 'nope') };
    const { code, stdout } = await npx('doctor --json', wrong);
    const { checks } = JSON.parse(stdout) as {
      checks: { name: string; status: string; detail: string; fix?: string }[];
    };
    expect(code).toBe(1);
    expect(checks.filter(({ status }) => status === 'broken').map(({ name }) => name)).toEqual(['libtorch', 'bridge']);
    expect(checks.find(({ name }) => name === 'libtorch')).toEqual({
      name: 'libtorch',
      status: 'broken',
      detail: `the environment variable LIBTORCH does not point at a usable libtorch: LIBTORCH=${wrong.LIBTORCH}: no such folder`,
      fix: 'unset LIBTORCH, or set it to a folder that holds include/ and lib/',
    });
    expect(checks.find(({ name }) => name === 'python')?.detail).toBe('not asked, since LIBTORCH is set');
    const setup = await npx('setup --json', wrong);
    expect([setup.code, setup.stdout]).toEqual([1, '']);
    const { error } = JSON.parse(setup.stderr.trim().split('\n').at(-1)!) as {
      error: { code: string; message: string };
    };
    expect(error.code).toBe('ENGINE');
    expect(error.message).toMatch(
      /LIBTORCH does not point at a usable libtorch: .* Fix: set LIBTORCH to the folder that holds/,
    );
  });
});

describe('set up', () => {
  it('compiles the bridge into the cache, once, and leaves node_modules as npm made it', {
    timeout: LONG_MS,
  }, async () => {
    const before = filesBelow(join(project, 'node_modules'));
    const { folder, version } = libtorchInfo();
    const first = await npx('setup', { LIBTORCH: folder });
    expect(first.stderr).toBe('');
    expect(first.stdout).toMatch(
      /^Node .*\nlibtorch .*\nbridge: compiling .*\n(bridge: still at it .*\n)*bridge: compiled \(\d+ s\)\n$/,
    );
    expect(first.code).toBe(0);
    const second = await npx('setup --json', { LIBTORCH: folder });
    expect(second.stderr).toMatch(/bridge: ready\n$/);
    expect(JSON.parse(second.stdout)).toMatchObject({ libtorch: { folder, version, source: 'LIBTORCH' } });
    expect(filesBelow(join(project, 'node_modules'))).toEqual(before);
  });

  it('finds nothing broken, and notes when the next set-up would take another libtorch', async () => {
    const { code, stdout } = await npx('doctor');
    expect(stdout).toMatch(/^ok {6}bridge {6}loads libtorch /m);
    expect(stdout).toMatch(/\nEverything that is needed works\.\n$/);
    expect(code).toBe(0);
    const other = join(top, 'other');
    symlinkSync(libtorchInfo().folder, other);
    const { stdout: noted } = await npx('doctor', { LIBTORCH: other });
    expect(noted).toMatch(
      /^note {4}libtorch .*; the bridge is built against another one: .*\n +mend it with: npx autodidact setup$/m,
    );
  });

  it('trains from a program, and runs the programs of the README', { timeout: LONG_MS }, async () => {
    const node = (...words: string[]) => run(process.execPath, words, { AUTODIDACT_THREADS: '1' });
    const trained = await node('built-nodenext/embed-images.js', './photos');
    expect(trained.stderr).toBe('');
    expect(trained.stdout).toMatch(/^epoch 1: loss \d\.\d+\nepoch 2: loss \d\.\d+\n(.* is most like .*\n){5}$/);

    const [name = ''] = readdirSync(join(project, 'runs'));
    const texts = Object.entries(programs()).filter(([file]) => file.startsWith('readme-'));
    for (const [, text] of texts)
      for (const [, path] of text.matchAll(/'(runs\/[^']+)'/g))
        if (!existsSync(join(project, path!)))
          cpSync(join(project, 'runs', name), join(project, path!), { recursive: true });
    for (const [file] of texts) {
      const { code, stderr } = await node(join('built-nodenext', file.replace(/\.ts$/, '.js')));
      expect([file, code, stderr]).toEqual([file, 0, '']);
    }
  });
});
