import { createHash } from 'node:crypto';
import type { Dataset } from '../data/index.js';
import { openTest } from '../data/test-labels.js';
import { AutodidactError } from '../errors.js';
import type { MethodDefinition } from '../methods/method.js';
import { needsOf } from '../methods/registry.js';
import type { OpenOptions } from '../modalities/modality.js';
import { hasSplit, modalityFor, modalityOf, openData } from '../modalities/registry.js';
import type { LoadedEncoder } from '../train/load-encoder.js';
import { openSettled } from '../train/open-settled.js';
import type { RecipeChoice } from '../train/plan.js';
import { checkSeen } from '../train/run-data.js';

/** The samples of a comparison. */
export interface Samples {
  train: Dataset;
  /** Scores what was chosen, and chooses nothing; null where nothing is known of any sample. */
  test: Dataset | null;
}

/** Where samples come from. */
export interface Source {
  data: string;
  /** Data that score, where they are not a part of `data`. */
  test: string | undefined;
  open: OpenOptions;
}

/** Share of the labeled samples that is kept for testing where the data have no test samples. */
const HELD_OUT = 0.2;

/**
 * Opens the samples in the forms that methods ask for, each once; methods of videos ask for windows of their own.
 * What a form leaves out that another has would make the blocks unlike, and is refused.
 */
export class Opener {
  private readonly opened = new Map<string, Promise<Samples>>();
  private first: Samples | undefined;

  constructor(
    private readonly source: Source,
    private readonly kind: string,
    private readonly signal: AbortSignal | undefined,
    private readonly say: (sentence: string) => void,
  ) {}

  /** @throws AutodidactError `DATA` when the method would see other samples than the others */
  async samplesFor(definition: MethodDefinition, recipe: RecipeChoice): Promise<Samples> {
    const { opened } = await openSettled({
      recipe,
      asked: (isSmall) => {
        const { frames, fps } = needsOf(definition, {}, isSmall);
        const form = { ...(frames === undefined ? {} : { frames }), ...(fps === undefined ? {} : { fps }) };
        return { ...form, ...this.source.open };
      },
      open: (asked) => this.samples(asked),
      specOf: ({ train }) => train.spec,
    });
    return this.alike(definition.title, opened);
  }

  /**
   * The samples in the form that an encoder was trained on.
   * @throws AutodidactError `DATA` when they are of another kind, cannot be brought into that form, or are others than those of the others
   */
  async samplesOf({ encoder, origin }: Pick<LoadedEncoder, 'encoder' | 'origin'>, title: string): Promise<Samples> {
    const form = origin?.samples ?? encoder.spec;
    const assets = origin?.assets;
    const { size: _size, mostSize: _most, channels: _channels, frames: _f, fps: _fps, ...rest } = this.source.open;
    const samples = await this.samples({
      ...rest,
      ...modalityOf(form).formOf(form),
      isLabeled: true,
      ...(assets === undefined ? {} : { assets }),
    });
    for (const data of [samples.train, samples.test]) if (data !== null) checkSeen(form, data);
    const { first = samples } = this;
    for (const side of ['train', 'test'] as const)
      if (samples[side]?.ids.join('\n') !== first[side]?.ids.join('\n'))
        throw new AutodidactError(
          'DATA',
          `${title} would see other samples than the others: it reads windows of another length`,
          {
            remedy:
              'Give samples that fit into one window of each, such as texts with ?sentences=1, or compare it by itself.',
          },
        );
    return this.alike(title, samples);
  }

  private alike(title: string, samples: Samples): Samples {
    this.first ??= samples;
    for (const side of ['train', 'test'] as const)
      if (samples[side]?.count !== this.first[side]?.count)
        throw new AutodidactError(
          'DATA',
          `${title} would see ${samples[side]?.count} of the ${this.first[side]?.count} samples of the others: too short for it`,
          { remedy: 'Give longer samples, or the same --frames and --fps to all.' },
        );
    return samples;
  }

  private samples(options: OpenOptions): Promise<Samples> {
    const { assets, ...plain } = options;
    const files = [...(assets ?? [])].map(([name, bytes]) => [name, createHash('sha256').update(bytes).digest('hex')]);
    const key = JSON.stringify([plain, files]);
    const found = this.opened.get(key) ?? this.open(options);
    this.opened.set(key, found);
    return found;
  }

  private async open(options: OpenOptions): Promise<Samples> {
    const { data, test: testSpec } = this.source;
    const asked = { ...options, signal: this.signal };
    const train = await openData(data, { split: 'train', ...asked });
    const form = { ...asked, ...(await modalityFor(data)).formOf(train.spec), assets: train.assets };
    if (testSpec !== undefined) {
      const openIt = (labels: string | undefined) => openData(testSpec, { ...form, labels, split: 'all' });
      const { kind } = this;
      const test = await openTest(openIt, { train, kind, table: options.labels, isSameData: testSpec === data });
      return { train, test };
    }
    if (await hasSplit(data, 'test')) return { train, test: await openData(data, { ...form, split: 'test' }) };
    const targets = train.target(this.kind);
    if (targets === null || !train.ids.some((_, i) => targets.isKnown(i))) return { train, test: null };
    const known = [...train.ids.keys()].filter((i) => targets.isKnown(i));
    const { held } = train.subset(known).holdOut(HELD_OUT);
    const heldIds = new Set(held.ids);
    const kept = train.subset([...train.ids.keys()].filter((i) => !heldIds.has(train.ids[i]!)));
    this.say(`${train.name} has no test ${train.plural}: ${held.count} labeled ones are kept apart for the end`);
    return { train: kept, test: held };
  }
}
