/** Everything in a run folder that is read back. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { extractFeatures } from '../../../../src/evaluate/features.js';
import { addEvaluation, readEvaluations } from '../../../../src/evaluate/records.js';
import { drawPreviews } from '../../../../src/export/pictures/draw-previews.js';
import { readEmbedding } from '../../../../src/export/report/embedding-file.js';
import { writeReport } from '../../../../src/export/report/report.js';
import { findMethod } from '../../../../src/methods/registry.js';
import { loadRun } from '../../../../src/train/load.js';
import { resume } from '../../../../src/train/loop.js';
import { readPreviews } from '../../../../src/train/preview-files.js';
import { openRunData } from '../../../../src/train/run-data.js';
import { RunFolder } from '../../../../src/train/run-folder.js';
import { put } from '../../../data-files.js';
import { demand, digestOf, type Reading, type Subject } from '../subject.js';
import { copyRun, definition, tinyRunOf, tinyRuns } from '../tiny-run.js';

type Part = Omit<Subject, 'write'> & {
  /** The run; by default the finished one. */
  run?(): Promise<string>;
  change?(folder: string): void;
};

const RUN = 'run';
/** Samples whose features are read. */
const SAMPLES = 4;

const finished = async () => (await tinyRuns()).finished;
const stopped = async () => (await tinyRuns()).stopped;

const ofRun = ({ run = finished, change, read, ...rest }: Part): Subject => ({
  ...rest,
  async write(folder) {
    copyRun(await run(), join(folder, RUN));
    change?.(join(folder, RUN));
  },
  read: (folder, way) => read(join(folder, RUN), way),
});

/** The networks that a run gives, and its settings. */
async function load(run: string): Promise<Reading> {
  const { method, config, step, warnings } = loadRun(run, { device: 'cpu' });
  const values = [...method.stateDict()].flatMap(([key, value]) => [key, value.toBytes()]);
  method.dispose();
  return { digest: digestOf(config, step, ...values), refused: warnings.length > 0 ? warnings.join('; ') : null };
}

/** The features that a run gives of the samples that its configuration names. */
async function embed(run: string): Promise<Reading> {
  const { method, encoder, config } = loadRun(run, { device: 'cpu' });
  try {
    const dataset = await openRunData(config, { cacheFolder: join(run, '..', '.cache') });
    const some = dataset.subset([...dataset.ids.keys()].slice(0, SAMPLES));
    const features = await extractFeatures(encoder, some);
    return { digest: digestOf(some.ids, features.shape, features.toBytes()), refused: null };
  } finally {
    method.dispose();
  }
}

/** The first step after a run was stopped: how many would follow is up to the configuration. */
async function takeStep(run: string): Promise<Reading> {
  const config = RunFolder.open(run).readConfig();
  const controller = new AbortController();
  const { dataset } = await tinyRuns();
  const losses: number[] = [];
  await resume(run, findMethod(config.method), dataset, {
    signal: controller.signal,
    onEvent: (event) => {
      if (event.type !== 'step') return;
      losses.push(event.loss);
      controller.abort();
    },
  });
  return { digest: digestOf(losses), refused: null };
}

async function goOn(run: string): Promise<Reading> {
  const { dataset } = await tinyRuns();
  const { folder, step, reason } = await resume(run, definition, dataset);
  demand(reason === 'finished', `the run ended as ${reason}`);
  const files = [folder.checkpoints().at(-1)!, folder.file('encoder.safetensors')].map((path) => readFileSync(path));
  return { digest: digestOf(step, ...files), refused: null };
}

async function report(run: string): Promise<Reading> {
  const folder = RunFolder.open(run);
  const damaged: string[] = [];
  const previews = await readPreviews(folder, (file) => damaged.push(file));
  const page = readFileSync(await writeReport(run), 'utf8');
  demand(page.endsWith('</html>\n') || page.trimEnd().endsWith('</html>'), 'the report is cut off');
  const events = folder.events();
  demand(
    events.every((event) => Number.isInteger(event.step)),
    'an event without a step',
  );
  const embedding = readEmbedding(folder);
  return {
    digest: digestOf(page, previews, events, embedding),
    refused: damaged.length > 0 ? `could not be read: ${damaged.join(', ')}` : null,
  };
}

async function evaluations(run: string, way: number): Promise<Reading> {
  const path = join(run, 'evaluation.json');
  if (way % 2 === 0) return { digest: digestOf(readEvaluations(path)), refused: null };
  // A damaged file must not stand in the way of a new evaluation.
  const [intact] = readEvaluations(join((await tinyRuns()).finished, 'evaluation.json'));
  const { isOfPresentEncoder: _, ...result } = intact!;
  addEvaluation(path, { ...result, encoder: 'another' });
  const all = readEvaluations(path);
  demand(all.at(-1)?.encoder === 'another', 'the new evaluation is not there');
  const isAside = readdirSync(run).includes('evaluation.json.damaged');
  return { digest: digestOf(all), refused: isAside ? 'the damaged file was set aside' : null };
}

async function lock(run: string): Promise<Reading> {
  const folder = RunFolder.open(run);
  folder.lock();
  demand(readFileSync(join(run, '.lock'), 'utf8').includes(`"pid":${process.pid}`), 'the lock names somebody else');
  folder.unlock();
  demand(
    readdirSync(run).every((name) => !name.startsWith('.lock')),
    'the lock is still there',
  );
  return { digest: 'locked and unlocked', refused: null };
}

/** The configuration as earlier versions wrote it. */
function asFormat(format: 1 | 2): (run: string) => void {
  return (run) => {
    const path = join(run, 'config.json');
    const { checksum: _, ...config } = JSON.parse(readFileSync(path, 'utf8'));
    const { samples, asked, ...data } = config.data;
    const { channels, height, mean, std } = samples;
    const old = { ...data, channels, imageSize: height, mean, std, asked: { size: null, channels: 'auto' } };
    const { plan: __, ...rest } = config;
    const written = format === 2 ? { ...config, format } : { ...rest, format, data: old };
    writeFileSync(path, JSON.stringify(written, null, 2));
  };
}

/** No process has this number: it is above the most that Linux gives. */
const DEAD_LOCK = JSON.stringify({ pid: 4_194_305, start: 'a boot 1', host: hostname() });

/** Methods whose networks and memories grow with what the configuration says. */
const METHODS = ['mae', 'moco', 'instance-discrimination', 'deep-cluster', 'exemplar'];

/** A run whose loss compares the maps of an encoder, which it describes in a file of its own. */
const withEncoder = async (): Promise<string> =>
  tinyRunOf('super-resolution', {
    ...{ factor: 2, cropSize: 16, blocks: 1, tailWidth: 4, discriminatorWidth: 4, ganShare: 0.5 },
    encoder: await finished(),
  });

async function drawn(run: string): Promise<Reading> {
  const step = Math.max(...(await readPreviews(RunFolder.open(await finished()))).map((saved) => saved.step));
  return { digest: digestOf(readFileSync(await drawPreviews(run, step))), refused: null };
}

export const runSubjects: readonly Subject[] = [
  ofRun({ name: 'run configuration', weight: 3, holds: 'equal', damaged: /config\.json$/, read: load }),
  ofRun({
    ...{ name: 'run configuration of format 2', weight: 2, holds: 'plausible', damaged: /config\.json$/, read: embed },
    change: asFormat(2),
  }),
  ofRun({
    ...{ name: 'run continued with a configuration of format 2', weight: 1, holds: 'plausible' },
    ...{ damaged: /config\.json$/, run: stopped, read: takeStep, change: asFormat(2) },
  }),
  ofRun({
    ...{ name: 'run configuration of format 1', weight: 2, holds: 'plausible', damaged: /config\.json$/, read: embed },
    change: asFormat(1),
  }),
  ofRun({
    ...{ name: 'run checkpoint', weight: 4, holds: 'equal', damaged: /checkpoints\/step-0*10\./, mayBeMissing: true },
    read: load,
  }),
  ofRun({ name: 'run continued', weight: 2, holds: 'equal', run: stopped, read: goOn }),
  ofRun({ name: 'run events', weight: 3, holds: 'plausible', damaged: /events\.jsonl$/, read: report }),
  ofRun({ name: 'run previews', weight: 3, holds: 'plausible', damaged: /previews\//, read: report }),
  ofRun({
    ...{
      name: 'run previews of an earlier version',
      weight: 1,
      holds: 'plausible',
      damaged: /previews\//,
      read: report,
    },
    change: (run) => {
      const steps = readdirSync(join(run, 'previews')).filter((name) => name.endsWith('.json'));
      const pictures = join(run, 'previews', steps[0]!.replace('.json', ''));
      const picture = readFileSync(join(pictures, readdirSync(pictures)[0]!));
      rmSync(join(run, 'previews'), { recursive: true });
      put(join(run, 'previews/step-0.png'), picture);
      const sheet = { step: 0, title: 'Rotation', explanation: 'Which way is up', file: 'step-0.png' };
      put(join(run, 'previews/previews.json'), JSON.stringify([sheet]));
    },
  }),
  ofRun({ name: 'run embedding', weight: 3, holds: 'plausible', damaged: /embedding\.json$/, read: report }),
  ofRun({
    name: 'run evaluation in the report',
    weight: 2,
    holds: 'plausible',
    damaged: /evaluation\.json$/,
    read: report,
  }),
  ofRun({ name: 'run evaluation', weight: 3, holds: 'plausible', damaged: /evaluation\.json$/, read: evaluations }),
  ofRun({ name: 'run previews, drawn', weight: 1, holds: 'plausible', damaged: /previews\/.*0+10/, read: drawn }),
  ofRun({ name: 'run assets', weight: 2, holds: 'equal', damaged: /assets\//, run: withEncoder, read: load }),
  ...METHODS.map((method) =>
    ofRun({
      ...{
        name: `run configuration of ${method}`,
        weight: 1,
        holds: 'plausible',
        damaged: /config\.json$/,
        read: load,
      },
      run: () => tinyRunOf(method),
      change: asFormat(2),
    }),
  ),
  ofRun({
    ...{ name: 'run lock', weight: 2, holds: 'plausible', damaged: /\.lock$/, read: lock },
    change: (run) => writeFileSync(join(run, '.lock'), DEAD_LOCK),
  }),
];
