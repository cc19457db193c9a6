/** Crowds around one run, one output, one cache, one evaluation, one file. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Cli } from '../../support/cli.js';
import { contentOf, digest, isBegun, pretraining, RUN, unfinished, writeImages } from '../runs.js';
import { type Crowd, errorCode, type Member } from './crowd.js';

/** What is wrong with members that should have ended well, or been told that another process is at work. */
function wrongEnd(members: readonly Member[], allowed: readonly (string | null)[]): string | null {
  const wrong = members.find((member) => !allowed.includes(errorCode(member)));
  return wrong === undefined
    ? null
    : `process ${wrong.index} ended with ${wrong.code ?? wrong.signal}: ${wrong.stderr}`;
}

const isSame = (given: unknown, wanted: unknown): boolean =>
  isDeepStrictEqual(JSON.parse(JSON.stringify(given)), JSON.parse(JSON.stringify(wanted)));

/** Continues a run until its end, and holds it against one that nobody disturbed. */
async function finishedAs(workspace: string, run: string, wanted: () => Promise<unknown>): Promise<string | null> {
  const { code, stderr } = await new Cli(workspace).run(['pretrain', '--resume', run, '--json']);
  if (code !== 0) return `${run} could not be continued: ${stderr}`;
  if (!isSame(contentOf(workspace, run), await wanted())) return `${run} is not what an undisturbed run is`;
  const left = unfinished(join(workspace, run));
  return left.length > 0 ? `left behind: ${left.join(', ')}` : null;
}

/** The content of undisturbed runs by seed, each made once. */
class Undisturbed {
  private readonly contents = new Map<number, Promise<unknown>>();

  constructor(private readonly folder: string) {}

  of(seed: number): Promise<unknown> {
    const found = this.contents.get(seed) ?? this.make(seed);
    this.contents.set(seed, found);
    return found;
  }

  /** The folder of the undisturbed run, as a workspace. */
  workspace(seed: number): string {
    return join(this.folder, `seed-${seed}`);
  }

  private async make(seed: number): Promise<unknown> {
    const workspace = this.workspace(seed);
    mkdirSync(workspace, { recursive: true });
    const { code, stderr } = await new Cli(workspace).run(pretraining(RUN, ['--seed', String(seed)]));
    if (code !== 0) throw new Error(`The undisturbed run ended with ${code}: ${stderr}`);
    return contentOf(workspace);
  }
}

const continued = (usual: Undisturbed): Crowd => ({
  name: 'one run, continued',
  async prepare(workspace) {
    await usual.of(0);
    cpSync(usual.workspace(0), workspace, { recursive: true });
    // As it was after its second epoch: the checkpoint of the first, which everybody continues from.
    const folder = join(workspace, RUN, 'checkpoints');
    for (const name of readdirSync(folder).sort().slice(1)) rmSync(join(folder, name));
    rmSync(join(workspace, RUN, 'encoder.safetensors'));
  },
  start: (workspace) => new Cli(workspace).start(['pretrain', '--resume', RUN, '--json']),
  judge: async (workspace, members) =>
    wrongEnd(members, [null, 'IO']) ?? (await finishedAs(workspace, RUN, () => usual.of(0))),
});

const begun = (usual: Undisturbed): Crowd => ({
  name: 'one output',
  prepare() {},
  start: (workspace, index) => new Cli(workspace).start(pretraining(RUN, ['--seed', String(index), '--json'])),
  async judge(workspace, members) {
    const wrong = wrongEnd(members, [null, 'IO']);
    if (wrong !== null) return wrong;
    const winners = members.filter((member) => errorCode(member) === null);
    if (winners.length > 1) return `processes ${winners.map(({ index }) => index)} all wrote to ${RUN}`;
    // Nobody won when the one that had claimed the folder was killed.
    if (!isBegun(workspace)) return null;
    const seed = JSON.parse(readFileSync(join(workspace, RUN, 'config.json'), 'utf8')).training.seed;
    if (winners[0] !== undefined && winners[0].index !== seed)
      return `process ${winners[0].index} trained, the configuration is that of ${seed}`;
    return finishedAs(workspace, RUN, () => usual.of(seed));
  },
});

/** Everybody leaves the choice of the folder to the program. */
const named = (usual: Undisturbed): Crowd => ({
  name: 'no output named',
  prepare() {},
  start(workspace, index) {
    const words = pretraining(RUN, ['--seed', String(index), '--json']);
    return new Cli(workspace).start(words.filter((word) => word !== '--out' && word !== RUN));
  },
  async judge(workspace, members) {
    const wrong = wrongEnd(members, [null]);
    if (wrong !== null) return wrong;
    const runs = readdirSync(join(workspace, 'runs')).filter((name) => isBegun(workspace, `runs/${name}`));
    if (runs.length < members.length) return `${members.length} processes made the runs ${runs}`;
    for (const name of runs) {
      const seed = JSON.parse(readFileSync(join(workspace, 'runs', name, 'config.json'), 'utf8')).training.seed;
      const problem = await finishedAs(workspace, `runs/${name}`, () => usual.of(seed));
      if (problem !== null) return problem;
    }
    return null;
  },
});

const cached = (images: string): Crowd => ({
  name: 'one cache',
  prepare() {},
  start: (workspace) => new Cli(workspace).start(['data', 'inspect', images, '--size', '64', '--json']),
  async judge(workspace, members) {
    mkdirSync(join(workspace, 'alone'));
    const alone = await new Cli(join(workspace, 'alone')).run(['data', 'inspect', images, '--size', '64', '--json']);
    const other = members.find(({ stdout }) => stdout !== alone.stdout);
    if (other !== undefined) return `process ${other.index} saw other data: ${other.stdout}${other.stderr}`;
    const packs = (folder: string) => {
      const path = join(folder, 'cache/packs');
      const names = readdirSync(path).filter((name) => !name.includes('.tmp'));
      return names.sort().map((name) => [name, digest(join(path, name))]);
    };
    return isSame(packs(workspace), packs(join(workspace, 'alone'))) ? null : 'the pack is not what one process makes';
  },
});

const LABELS = ['25%', '50%', '75%', '100%'];

/** Evaluations of one run with other amounts of labels, which stand side by side in one file. */
const evaluated = (usual: Undisturbed): Crowd => {
  const words = (index: number) => {
    const amount = LABELS[index % LABELS.length]!;
    return [
      'evaluate',
      RUN,
      '--protocol',
      'knn',
      '--seeds',
      '1',
      '--baselines',
      'random',
      '--labels',
      amount,
      '--json',
    ];
  };
  return {
    name: 'one evaluation file',
    async prepare(workspace) {
      await usual.of(0);
      cpSync(usual.workspace(0), workspace, { recursive: true });
    },
    start: (workspace, index) => new Cli(workspace).start(words(index)),
    async judge(workspace, members) {
      const wrong = wrongEnd(members, [null]);
      if (wrong !== null) return wrong;
      const { evaluations } = JSON.parse(readFileSync(join(workspace, RUN, 'evaluation.json'), 'utf8'));
      for (const { stdout, index } of members) {
        const { rows } = JSON.parse(stdout);
        const own = evaluations.filter((saved: { rows: unknown }) => isSame(saved.rows, rows));
        if (own.length !== 1) return `what process ${index} measured is there ${own.length} times`;
      }
      const left = unfinished(join(workspace, RUN));
      return left.length > 0 ? `left behind: ${left.join(', ')}` : null;
    },
  };
};

const embedded = (usual: Undisturbed): Crowd => {
  const words = [
    'embed',
    RUN,
    '--data',
    'synthetic:objects?count=64&test=24&size=16',
    '--out',
    'features.parquet',
    '--json',
  ];
  return {
    name: 'one file of features',
    async prepare(workspace) {
      await usual.of(0);
      cpSync(usual.workspace(0), workspace, { recursive: true });
    },
    start: (workspace) => new Cli(workspace).start(words),
    async judge(workspace, members) {
      const wrong = wrongEnd(members, [null]);
      if (wrong !== null) return wrong;
      const path = join(workspace, 'features.parquet');
      if (members.length > 0 && !existsSync(path)) return 'there is no file';
      const before = existsSync(path) ? digest(path) : null;
      await new Cli(workspace).run(words);
      return before === null || before === digest(path) ? null : 'the file is not what one process writes';
    },
  };
};

/** Makes the crowds with what they share in a folder. */
export async function makeCrowds(folder: string): Promise<Crowd[]> {
  await writeImages(join(folder, 'images'));
  const usual = new Undisturbed(folder);
  return [
    continued(usual),
    begun(usual),
    named(usual),
    cached(join(folder, 'images')),
    evaluated(usual),
    embedded(usual),
  ];
}
