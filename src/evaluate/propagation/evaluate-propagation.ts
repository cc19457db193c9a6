import type { Dataset, Videos } from '../../data/index.js';
import { listed } from '../../data/labels.js';
import type { Tensor } from '../../engine/index.js';
import { AutodidactError, expected } from '../../errors.js';
import { counted } from '../../format.js';
import { type Job, startJob } from '../../job.js';
import type { Encoder } from '../../methods/method.js';
import type { Size } from '../../networks/propagation/grid.js';
import { disposeEncoder } from '../baselines.js';
import { compareAll, type Measured } from '../comparison.js';
import type { EvaluationEvent } from '../evaluate.js';
import { fingerprint } from '../features.js';
import { figuresOf } from '../intervals.js';
import { describedData, type EncoderKind, type EvaluationResult, type EvaluationRow, summarize } from '../result.js';
import { checkSeeds, subjectOf, withUnchanged } from '../subject.js';
import { follow, LEAST_FRAMES, stay, type Truth, truthOf, type VideoScore } from './follow.js';
import { FrameReader, pixelMaps } from './frame-maps.js';
import { measureVideos, scoreTitle } from './measures.js';
import { type NamedRule, namedRules, PROPAGATION, type PropagationOptions } from './options.js';
import { chooseRandomNetwork } from './random-network.js';

/** What is given of a video, in tables. */
const GIVEN = 'first frame';

/**
 * Measures how well an encoder follows things through videos: the masks, or joints, of the first frame are propagated by the similarity
 * of features, and the answers in the other frames score (J and F of masks, PCK of joints). Nothing is trained. Beside the encoder stand
 * the same network at random initialization, patches of raw pixels, and the labels of the first frame kept in place.
 *
 * Videos of fewer than three frames are left out.
 *
 * @throws AutodidactError `USAGE` for unknown rules or layers, `DATA` for data without masks and joints, or without anything to follow, or an encoder
 *   that reads no frames, `INTERRUPTED` on `signal`
 */
export function evaluatePropagation(options: PropagationOptions): Job<EvaluationEvent, EvaluationResult> {
  return startJob(async (emit) => {
    const started = performance.now();
    const measuring = await Measuring.start(options, emit);
    emit({ type: 'start', result: measuring.empty });
    await measuring.run();
    const { rows, measured, notes, empty, floor } = measuring;
    return {
      ...empty,
      ...{ isComplete: true, rows, floor, summary: summarize(rows), comparisons: compareAll(measured, empty.score) },
      notes: [...empty.notes, ...notes],
      seconds: (performance.now() - started) / 1000,
    };
  });
}

type Emit = (event: EvaluationEvent) => void;

/** One column of the table. */
interface Column {
  kind: EncoderKind;
  /** Null for a column that is the same for every seed. */
  seed: number | null;
  details: EvaluationRow['details'];
  /** The scores of one video under each rule. */
  score(truth: Truth, index: number): Promise<VideoScore[]>;
}

class Measuring {
  readonly rows: EvaluationRow[] = [];
  readonly measured: Measured[] = [];
  readonly notes: string[] = [];
  floor = 0;

  private constructor(
    private readonly options: PropagationOptions,
    private readonly emit: Emit,
    private readonly encoder: Encoder,
    private readonly videos: Videos,
    private readonly rules: readonly NamedRule[],
    private readonly seeds: readonly number[],
    private readonly reader: FrameReader,
    private readonly layer: string,
    private readonly frame: Size,
    private readonly grid: Size,
    readonly empty: EvaluationResult,
  ) {}

  static async start(options: PropagationOptions, emit: Emit): Promise<Measuring> {
    const { run, seeds = [0, 1, 2], test, sources = {} } = options;
    const { encoder } = subjectOf(options, 'evaluatePropagation');
    checkSeeds(seeds);
    const rules = namedRules(options.rules ?? ['crw']);
    const reader = new FrameReader(encoder, options.layer);
    const all = test.asVideos();
    if (all === null || all.count === 0) throw noTruth(test.name);
    const { videos, note } = longEnough(all, test.name);
    const [truth, frames] = [truthOf(videos, 0), videos.allFrames(0)];
    const hasMasks = truth.masks !== null;
    if (!hasMasks && truth.points === null) throw noTruth(test.name);
    const frame = { height: frames.size(2), width: frames.size(3) };
    const layer = reader.layerFor(frame);
    const first = await reader.maps(frames.narrow(0, 0, 1), layer);
    const grid = { height: first.size(2), width: first.size(3) };
    for (const tensor of [truth.masks, frames, first]) tensor?.dispose();
    const data = describedData(test, sources.test);
    const empty: EvaluationResult = {
      isComplete: false,
      date: new Date().toISOString(),
      step: run?.step ?? null,
      encoder: fingerprint(encoder.backbone),
      task: PROPAGATION,
      score: scoreTitle(hasMasks),
      data: { train: options.train === undefined ? data : describedData(options.train, sources.train), test: data },
      options: {
        protocols: rules.map(({ name }) => name),
        labels: [GIVEN],
        ...{ seeds: [...seeds], baselines: [...baselinesOf(options)], layer: options.layer ?? null },
        settings: JSON.parse(JSON.stringify({ frame, rules })) as Record<string, unknown>,
      },
      ...{ rows: [], summary: [], comparisons: [], floor: 0, testCount: videos.count, classes: [] },
      notes: [
        `The labels of first frames were followed at ${inWords(frame)} pixels on a grid of ${inWords(grid)} cells, maps of ${layer}.`,
        ...(note === null ? [] : [note]),
      ],
      seconds: 0,
    };
    return new Measuring(options, emit, encoder, videos, rules, seeds, reader, layer, frame, grid, empty);
  }

  run(): Promise<void> {
    return withUnchanged(this.encoder, () => this.columns());
  }

  private async columns(): Promise<void> {
    const { options, reader, seeds } = this;
    await this.measure({
      kind: 'pretrained',
      seed: null,
      details: {},
      score: this.following((frames) => this.maps(reader, frames)),
    });
    await this.measure({
      kind: 'identity',
      seed: null,
      details: {},
      score: async (truth) => this.rules.map(() => stay(truth)),
    });
    await this.measure({
      ...{ kind: 'pixels', seed: null, details: {} },
      score: this.following(async (frames) => pixelMaps(frames, this.grid)),
    });
    const { makeFresh } = subjectOf(options, 'evaluatePropagation');
    const train = options.train?.asVideos() ?? null;
    const taught = train === null ? this.videos : longEnough(train, options.train!.name).videos;
    if (baselinesOf(options).includes('random'))
      for (const seed of seeds) {
        const { network, start } = await chooseRandomNetwork(makeFresh!, seed, {
          ...{ videos: taught, isCompared: hasTruth(options.train) },
          ...{ rule: this.rules[0]!.rule, layer: this.layer, signal: options.signal },
        });
        try {
          const own = new FrameReader(network, this.layer);
          await this.measure({
            ...{ kind: 'random', seed, details: { ...start } },
            score: this.following((frames) => this.maps(own, frames)),
          });
        } finally {
          disposeEncoder(network);
        }
      }
  }

  private maps(reader: FrameReader, frames: Tensor): Promise<Tensor> {
    return reader.maps(frames, this.layer, this.options.signal);
  }

  /** Scores by propagation along these maps. */
  private following(maps: (frames: Tensor) => Promise<Tensor>): Column['score'] {
    return async (truth, index) => {
      const frames = this.videos.allFrames(index);
      const found = await maps(frames);
      frames.dispose();
      try {
        const scores: VideoScore[] = [];
        for (const { rule } of this.rules) scores.push(await follow(truth, found, rule, this.options.signal));
        return scores;
      } finally {
        found.dispose();
      }
    };
  }

  private async measure({ kind, seed, details, score }: Column): Promise<void> {
    const { videos, rules, emit } = this;
    const answers = rules.map((): VideoScore[] => []);
    for (let index = 0; index < videos.count; index++) {
      emit({
        type: 'progress',
        encoder: kind,
        work: 'videos',
        done: index,
        total: videos.count,
        ...(seed === null ? {} : { seed }),
      });
      const truth = truthOf(videos, index);
      try {
        for (const [i, found] of (await score(truth, index)).entries()) answers[i]!.push(found);
      } finally {
        truth.masks?.dispose();
      }
    }
    for (const [i, { name }] of rules.entries())
      this.keep(kind, seed, `${name} at ${inWords(this.frame)}`, answers[i]!, details);
  }

  private keep(
    kind: EncoderKind,
    seed: number | null,
    protocol: string,
    answers: readonly VideoScore[],
    details: EvaluationRow['details'],
  ): void {
    const { empty, videos, frame, grid, layer } = this;
    const { metric } = empty.score;
    const { measures, intervals, values } = figuresOf({ score: metric, measure: measureVideos }, answers);
    const score = measures[metric];
    if (score === undefined)
      throw new AutodidactError('DATA', 'There is nothing to follow: no video has an object in its first frame', {
        remedy: 'Begin each video where its objects are in sight.',
      });
    if (kind === 'identity') this.floor = score;
    // What is the same for every seed is compared with each of them.
    for (const own of seed === null ? this.seeds : [seed])
      this.measured.push({ encoder: kind, protocol, labels: GIVEN, seed: own, score, values });
    for (const [name, value] of Object.entries(measures)) {
      const row: EvaluationRow = {
        ...{ encoder: kind, protocol, task: PROPAGATION, metric: name, value, interval: intervals[name] ?? null },
        ...{
          n: videos.count,
          seed: seed ?? this.seeds[0]!,
          labels: GIVEN,
          labelCount: videos.count,
          steps: null,
          epochs: null,
        },
        details: { frame: inWords(frame), grid: inWords(grid), layer, ...details },
      };
      this.rows.push(row);
      this.emit({ type: 'row', row });
    }
  }
}

function baselinesOf({ baselines, makeFresh, run }: PropagationOptions): readonly string[] {
  const canMake = makeFresh !== undefined || run !== undefined;
  const wanted = baselines ?? (canMake ? ['random'] : []);
  for (const name of wanted)
    if (name !== 'random')
      throw expected('random or nothing', 'baselines', name, {
        remedy: 'Raw pixels and the identity copy are always there.',
      });
  if (wanted.length > 0 && !canMake)
    throw expected('a function that makes the network anew', 'makeFresh', undefined, {
      remedy: 'Or leave out the random baseline.',
    });
  return wanted;
}

/** Whether anything is known of the frames of these data. */
const hasTruth = (data: Dataset | undefined): boolean =>
  data !== undefined && (['frame-masks', 'joints'] as const).some((kind) => data.target(kind) !== null);

/** The videos that can score. @throws AutodidactError `DATA` where there is none */
function longEnough(all: Videos, name: string): { videos: Videos; note: string | null } {
  const isLong = (index: number) => all.lengthOf(index) >= LEAST_FRAMES;
  const kept = [...Array(all.count).keys()].filter(isLong);
  if (kept.length === all.count) return { videos: all, note: null };
  const short = all.ids.filter((_, index) => !isLong(index));
  const what = `fewer than ${LEAST_FRAMES} frames, such as ${listed(short.slice(0, 1))}`;
  if (kept.length === 0)
    throw new AutodidactError(
      'DATA',
      `All videos of ${name} have ${what}: the first is given, the last does not score`,
    );
  const videos: Videos = {
    count: kept.length,
    ids: kept.map((index) => all.ids[index]!),
    lengthOf: (index) => all.lengthOf(kept[index]!),
    allFrames: (index) => all.allFrames(kept[index]!),
    allKnown: (kind, index) => all.allKnown(kind, kept[index]!),
  };
  return { videos, note: `${counted(short.length, 'video')} of ${what}, left out.` };
}

const inWords = ({ height, width }: Size): string => `${width} x ${height}`;

function noTruth(name: string): AutodidactError {
  return new AutodidactError('DATA', `Of ${name} no masks or joints of frames are known`, {
    remedy:
      'Folders of frames in the layout of DAVIS have masks, and generated videos (synthetic:sprites); ' +
      '`autodidact propagate <run> <video> --mask first.png` follows a mask of the first frame.',
  });
}
