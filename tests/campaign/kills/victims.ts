/** What is killed: pretraining, packing, evaluation, fetching, set-up. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { PINNED_VERSION } from '../../../native/find-libtorch.mjs';
import { put, ramp } from '../../data-files.js';
import { Cli, type Ended, type Started } from '../../support/cli.js';
import { makeEmptyLibrary, makeLibtorch, makeSmallProject, REPOSITORY } from '../../support/small-project.js';
import { contentOf, digest, isBegun, pretraining, RUN, unfinished, writeImages } from '../runs.js';
import type { Victim } from './victim.js';

const pretrainVictim: Victim = {
  name: 'pretraining',
  prepare() {},
  start: (workspace) => new Cli(workspace).start(isBegun(workspace) ? ['pretrain', '--resume', RUN] : pretraining()),
  result: (workspace) => contentOf(workspace),
  leftovers: (workspace) => unfinished(join(workspace, RUN)),
};

/** Files of the cache by name, without those that a killed process left: they stay for an hour, as they may be in use. */
function packsOf(workspace: string): unknown {
  const folder = join(workspace, 'cache/packs');
  const names = readdirSync(folder).filter((name) => !name.includes('.tmp'));
  return names.sort().map((name) => [name, digest(join(folder, name))]);
}

const packVictim = (images: string): Victim => ({
  name: 'packing',
  prepare() {},
  start: (workspace) => new Cli(workspace).start(['data', 'inspect', images, '--size', '64', '--json']),
  result: packsOf,
  leftovers: () => [],
});

/** An evaluation of a run that another folder holds. */
const evaluateVictim = (finished: string): Victim => ({
  name: 'evaluation',
  prepare(workspace) {
    cpSync(join(finished, RUN), join(workspace, RUN), { recursive: true });
    cpSync(join(finished, 'cache'), join(workspace, 'cache'), { recursive: true });
  },
  start(workspace) {
    const words = [
      '--protocol',
      'knn,linear',
      '--seeds',
      '2',
      '--labels',
      '50%',
      '--baselines',
      'random',
      '--budget',
      '5',
    ];
    return new Cli(workspace).start(['evaluate', RUN, ...words]);
  },
  result(workspace) {
    const { evaluations } = JSON.parse(readFileSync(join(workspace, RUN, 'evaluation.json'), 'utf8'));
    const figures = evaluations.map(({ date: _, seconds: __, ...rest }: Record<string, unknown>) => rest);
    return { figures, run: contentOf(workspace) };
  },
  leftovers: (workspace) => unfinished(join(workspace, RUN)),
});

function started(command: readonly string[], options: { cwd: string; env: NodeJS.ProcessEnv }): Started {
  const child = spawn(command[0]!, command.slice(1), { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { process: child, ended };
}

/** Parts of a file that is served, with a pause between. */
const PARTS = 20;
const PART_PAUSE_MS = 10;

/** A server that gives every file slowly. */
async function slowServer(files: Readonly<Record<string, Buffer>>): Promise<{ server: Server; address: string }> {
  const server = createServer(async (request, response) => {
    const content = files[(request.url ?? '').split('/').at(-1)!];
    if (content === undefined) return void response.writeHead(404).end();
    response.writeHead(200, { 'content-length': content.length });
    const length = Math.ceil(content.length / PARTS);
    for (let at = 0; at < content.length && !response.destroyed; at += length) {
      response.write(content.subarray(at, at + length));
      await new Promise((resolve) => setTimeout(resolve, PART_PAUSE_MS));
    }
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, address: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const NAMES = ['one', 'two', 'three'];

/** Fetching a data set of three files over a slow connection. */
function fetchVictim(address: string, files: Readonly<Record<string, Buffer>>): Victim {
  const entry = { about: '', license: '', files: sumsOf(files), addresses: [address] };
  const program = `import { fetchEntry } from ${JSON.stringify(join(REPOSITORY, 'dist/data/fetch.js'))};
    await fetchEntry('set', ${JSON.stringify(entry)}, { cacheFolder: process.cwd() });`;
  return {
    name: 'fetching',
    prepare() {},
    start: (workspace) =>
      started([process.execPath, '--input-type=module', '--eval', program], { cwd: workspace, env: process.env }),
    result: (workspace) => NAMES.map((name) => digest(join(workspace, 'datasets/set', `${name}.gz`))),
    // Folders of killed processes stay for an hour, as they may be in use.
    leftovers: () => [],
  };
}

const sumsOf = (files: Readonly<Record<string, Buffer>>): Record<string, string> =>
  Object.fromEntries(
    Object.keys(files).map((name) => [
      name.replace('.gz', ''),
      createHash('sha256')
        .update(contentOfFile(name.replace('.gz', '')))
        .digest('hex'),
    ]),
  );

const contentOfFile = (name: string): Buffer => Buffer.from(ramp(200_000 + 1000 * name.length, name.length));

/** Set-up in a small project: fetches a libtorch by a pip of its own, slowly, and compiles an addon. */
function setUpVictim(libtorch: string): Victim {
  const project = (workspace: string) => join(workspace, 'project');
  return {
    name: 'set-up',
    prepare(workspace) {
      makeSmallProject(project(workspace));
      mkdirSync(join(workspace, 'bin'));
      const python = `case "$1" in *find_torch.py) echo '${ANSWER.replace('PYTHON', join(workspace, 'bin/python3'))}'; exit 0 ;; esac
while [ "$1" != --target ]; do shift; done; mkdir -p "$2"; sleep 0.2; cp -r "${libtorch}" "$2/torch"; sleep 0.1`;
      writeFileSync(join(workspace, 'bin/python3'), `#!/bin/sh\n${python}\n`);
      chmodSync(join(workspace, 'bin/python3'), 0o755);
    },
    start: (workspace) =>
      started([process.execPath, 'scripts/setup.mjs'], {
        cwd: project(workspace),
        env: {
          PATH: `${join(workspace, 'bin')}:${process.env.PATH}`,
          HOME: workspace,
          AUTODIDACT_CACHE: join(workspace, 'cache'),
        },
      }),
    result(workspace) {
      const folder = join(project(workspace), 'dist/native');
      const { addon, libtorch: found } = JSON.parse(readFileSync(join(folder, 'build.json'), 'utf8'));
      const holder = { exports: {} as { version?: string } };
      process.dlopen(holder, join(folder, addon));
      return {
        version: holder.exports.version,
        source: found.source,
        libraries: readdirSync(join(found.folder, 'lib')),
      };
    },
    leftovers: (workspace) =>
      ['cache', 'project/dist'].flatMap((name) => {
        const folder = join(workspace, name);
        if (!existsSync(folder)) return [];
        return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => /partial|\.lock/.test(file));
      }),
  };
}

const ANSWER = JSON.stringify({
  ...{ executable: 'PYTHON', version: '3.11.0', torch: null, hasPip: true, canInstall: true },
});

/** Makes the victims with what they share in a folder. Call `stop` in the end. */
export async function makeVictims(folder: string): Promise<{ victims: Victim[]; stop(): void }> {
  mkdirSync(folder, { recursive: true });
  await writeImages(join(folder, 'images'));
  const finished = join(folder, 'finished');
  mkdirSync(finished);
  const { code, stderr } = await new Cli(finished).run(pretraining());
  if (code !== 0) throw new Error(`The undisturbed pretraining ended with ${code}: ${stderr}`);
  const files = Object.fromEntries(NAMES.map((name) => [`${name}.gz`, gzipSync(contentOfFile(name), { level: 1 })]));
  const { server, address } = await slowServer(files);
  const libtorch = makeLibtorch(join(folder, 'libtorch'), makeEmptyLibrary(folder));
  put(join(folder, 'README'), `A libtorch ${PINNED_VERSION} without anything in it.`);
  const victims = [
    pretrainVictim,
    packVictim(join(folder, 'images')),
    evaluateVictim(finished),
    fetchVictim(address, files),
    setUpVictim(libtorch),
  ];
  return { victims, stop: () => void server.close() };
}
