/**
 * Every method's options, recipes and views against the sources, which the tables in `wiring/` name: what the method says that it does
 * (its options, card, optimizer groups and pipelines), and that its views are what these pipelines make.
 */
import { describe, expect, it } from 'vitest';
import { describeTransform, type Transform } from '../src/augment/index.js';
import {
  type ClipSpec,
  type ImageSpec,
  openTexts,
  type PairSpec,
  type PatchesSpec,
  type Samples,
  type SoundSpec,
  type TokensDataset,
  type TokensSpec,
} from '../src/data/index.js';
import { Generator, noGrad, ops, Tensor } from '../src/engine/index.js';
import type { Method, MethodDefinition } from '../src/methods/method.js';
import { methods, parseMethodOptions } from '../src/methods/registry.js';
import { buildMethod } from '../src/train/build.js';
import { fromRecipe } from '../src/train/config.js';
import { temporaryFolder } from './support/tiny.js';
import { colors } from './wiring/colors.js';
import { contexts } from './wiring/contexts.js';
import { contrastiveParts } from './wiring/contrastive-parts.js';
import { contrastiveViews } from './wiring/contrastive-views.js';
import { generative, MEAN, STD } from './wiring/generative.js';
import { COUNT, instanceDiscrimination } from './wiring/instances.js';
import { labels } from './wiring/labels.js';
import { languageModels } from './wiring/language-models.js';
import { motionSegmentation } from './wiring/moving.js';
import { multiTask } from './wiring/multi-task.js';
import { patches } from './wiring/patches.js';
import { make } from './wiring/steps.js';
import { texts } from './wiring/texts.js';
import { trackingPatches } from './wiring/tracks.js';
import { video } from './wiring/video.js';
import { videos } from './wiring/videos.js';
import type { GroupNumbers, Set as OptionSet, Scene, Sourced, Values, Wiring } from './wiring/wiring.js';
import { words } from './wiring/words.js';

const table: Readonly<Record<string, Wiring>> = {
  ...patches,
  ...generative,
  ...colors,
  ...labels,
  ...contrastiveParts,
  ...contrastiveViews,
  ...contexts,
  ...videos,
  ...video,
  ...texts,
  ...languageModels,
  ...words,
  'instance-discrimination': instanceDiscrimination,
  'tracking-patches': trackingPatches,
  'motion-segmentation': motionSegmentation,
  'multi-task': multiTask,
};
const SETS = ['paper', 'small'] as const;
/** Tokens of a window of text. */
const TEXT_CONTEXT = 64;

/** Windows of narratives of the form that each method of texts asks for, by its name and the set of options. */
const windows = new Map<string, TokensDataset>();
{
  const cacheFolder = temporaryFolder();
  for (const definition of methods.filter(({ modalities }) => modalities[0] === 'tokens'))
    for (const set of SETS) {
      const { tokens = {} } = definition.needs?.(parseMethodOptions(definition, {}, set === 'small')) ?? {};
      const { form, room = 0, tokenizer = 'words' } = tokens;
      const options = { cacheFolder, tokenizer, room, ...(form && { form }), context: TEXT_CONTEXT, vocabulary: 600 };
      const texts = await openTexts('synthetic:narratives?count=60&test=0&sentences=4', options);
      windows.set(`${definition.name} ${set}`, texts);
    }
}

/** Options that make networks small and touch no view; what they are is held by the table of options. */
const LEAN: Values = {
  ...{
    projectionSize: 8,
    hiddenSize: 8,
    predictorSize: 8,
    bottleneckSize: 8,
    outputSize: 16,
    prototypes: 4,
    queueSize: 16,
  },
  ...{
    headSize: 8,
    towerSize: 8,
    tileFeatures: 8,
    counts: 8,
    targetSize: 8,
    decoderWidth: 8,
    decoderDepth: 1,
    decoderHeads: 2,
  },
  ...{
    predictorWidth: 8,
    predictorDepth: 1,
    predictorHeads: 2,
    generatorWidth: 4,
    discriminatorWidth: 4,
    trunkWidth: 8,
  },
  ...{ headWidth: 4, tailWidth: 4, contextSize: 8, contextBlocks: 1, poolSize: 4 },
};

/** Values from several sources together; none may come twice. */
function joined(entries: readonly Sourced<Values>[]): Values {
  const names = entries.flatMap(({ is }) => Object.keys(is));
  expect([...new Set(names)], 'values that come from two sources').toEqual(names);
  return Object.assign({}, ...entries.map(({ is }) => is));
}

/** Numbers to twelve digits, since sources and we may reach the same one by different arithmetic. */
function rounded(value: unknown): unknown {
  if (typeof value === 'number') return Number(value.toPrecision(12));
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, rounded(part)]));
}

type AnySpec = ImageSpec | SoundSpec | ClipSpec | PatchesSpec | PairSpec<ImageSpec, ImageSpec> | TokensSpec;

function specOf(definition: MethodDefinition, { size }: Wiring, set: OptionSet): AnySpec {
  const texts = windows.get(`${definition.name} ${set}`);
  if (texts !== undefined) return texts.spec;
  const side = size?.[set] ?? (set === 'paper' ? 224 : 32);
  if (definition.modalities[0] === 'clip') {
    const { frames = 4, fps = 5 } = definition.needs?.(parseMethodOptions(definition, {}, set === 'small')) ?? {};
    return { modality: 'clip', frames, fps, channels: 3, height: side, width: side, mean: MEAN, std: STD };
  }
  if (definition.modalities[0] === 'sound') return { modality: 'sound', rate: 16000, length: side };
  const modality = definition.modalities[0] === 'patches' ? 'patches' : 'image';
  const images = { modality, channels: 3, height: side, width: side, mean: MEAN, std: STD } as ImageSpec;
  if (definition.modalities[0] !== 'pair') return images;
  const masks: ImageSpec = { ...images, channels: 1, mean: [0.2], std: [0.4] };
  return { modality: 'pair', first: masks, second: images, isAligned: true };
}

function build(definition: MethodDefinition, wiring: Wiring, set: OptionSet, others: Values = {}): Method {
  const own = Object.keys(definition.options.shape);
  const lean = Object.entries({ ...LEAN, ...wiring.lean }).filter(([name]) => own.includes(name));
  const options = parseMethodOptions(definition, { ...Object.fromEntries(lean), ...others }, set === 'small');
  const training = {
    ...fromRecipe(definition.recipes[set]),
    backbone: wiring.architecture ?? definition.architectures?.[0] ?? 'resnet18',
    ...{ width: definition.architectures === undefined ? 4 : 8, batchSize: 6 },
  };
  const data = { spec: specOf(definition, wiring, set), count: COUNT };
  const { assets = new Map() } = windows.get(`${definition.name} ${set}`) ?? {};
  const made = buildMethod(definition, options, training, data, { seed: 1, device: 'cpu', assets });
  made.train();
  return made;
}

/** Pairs of patches are of three videos. */
function samplesOf(spec: AnySpec, count: number): Samples {
  if (spec.modality === 'tokens') throw new Error('windows of text are cut of texts');
  if (spec.modality === 'pair') return { first: tensorOf(spec.first, count), second: tensorOf(spec.second, count) };
  if (spec.modality !== 'patches') return tensorOf(spec, count);
  const patches = tensorOf({ ...spec, modality: 'image' } as ImageSpec, 2 * count).unflatten(0, [count, 2]);
  return { patches, video: ops.arange(0, count, 1, { dtype: 'int64' }).remainder(3) };
}

function tensorOf(spec: ImageSpec | SoundSpec | ClipSpec, count: number): Tensor {
  const generator = new Generator(3);
  if (spec.modality === 'clip') {
    const frames = tensorOf({ ...spec, modality: 'image' }, count * spec.frames);
    return frames.view([count, spec.frames, spec.channels, spec.height, spec.width]);
  }
  if (spec.modality === 'sound') return ops.randint(-20000, 20000, [count, spec.length], { generator, dtype: 'int16' });
  const { channels, height, width } = spec;
  // Colored spots rather than noise, of which a crop made small would be gray.
  const spots = ops.rand([count, channels, 6, 6], { generator });
  return ops
    .upsampleBilinear2d(spots, [height, width], false)
    .mul(255)
    .to('uint8')
    .to({ memoryFormat: 'channelsLast' });
}

const INDICES = [7, 0, 64, 3, 119, 20];

function isSame(left: Tensor | readonly Tensor[], right: Tensor | readonly Tensor[]): boolean {
  if (!(left instanceof Tensor) || !(right instanceof Tensor)) {
    if (left instanceof Tensor || right instanceof Tensor) return false;
    return left.length === right.length && left.every((part, i) => isSame(part, right[i]!));
  }
  if (`${left.shape}` !== `${right.shape}`) return false;
  const others = right.toNumbers();
  return left.toNumbers().every((value, i) => value === others[i]);
}

describe('the table', () => {
  it('has every method', () => {
    expect(Object.keys(table).sort()).toEqual(methods.map(({ name }) => name).sort());
  });

  it('names a file, a section or our reason for everything', () => {
    const file = String.raw`([\w./-]+\.(py|ipynb|md|sh|json|yaml|lua|m|prototxt|cpp|c))\b.*`;
    const section = String.raw`paper, (section|sections|appendix|figure|table|equation|on) \S.*`;
    const isSource = new RegExp(`^(ours: .{10,}|https://.*|([\\w-]+/[\\w.-]+: )?(${section}|${file}))$`);
    for (const [name, { code, options, recipe, groups, pipelines, fields, others }] of Object.entries(table)) {
      const entries = [
        ...options.paper,
        ...options.small,
        ...recipe.paper,
        ...recipe.small,
        ...[pipelines.paper, pipelines.small],
        ...(groups ? [groups] : []),
        ...(others ?? []),
        ...(fields ? [fields.paper, fields.small] : []),
      ];
      for (const { from, differs } of entries) {
        expect.soft(from, name).toMatch(isSource);
        const needsCode = new RegExp(`^${file}`).test(from);
        expect.soft(needsCode && code === undefined, `${name}, whose code is not named: ${from}`).toBe(false);
        if (differs !== undefined) expect(differs.length, `${name}: ${from}`).toBeGreaterThan(9);
      }
    }
  });
});

describe.each(methods.map((definition) => ({ name: definition.name, definition })))('$name', ({ name, definition }) => {
  const wiring = table[name]!;

  it('has the options of the sources', () => {
    const paper = joined(wiring.options.paper);
    expect(rounded(parseMethodOptions(definition, {}, false))).toEqual(rounded(paper));
    const small = joined(wiring.options.small);
    expect(rounded(parseMethodOptions(definition, {}, true))).toEqual(rounded({ ...paper, ...small }));
    expect(Object.keys(definition.smallOptions ?? {}).sort()).toEqual(Object.keys(small).sort());
  });

  it.each(SETS)('has the %s recipe of the sources', (set) => {
    expect(rounded(definition.recipes[set])).toEqual(rounded(joined(wiring.recipe[set])));
  });

  it.each(SETS)('says by what steps its views are made, %s options, and makes them so', (set) => {
    const method = build(definition, wiring, set);
    const { is: pipelines } = wiring.pipelines[set];
    expect(rounded(method.pipelines())).toEqual(rounded(pipelines));
    if (wiring.fields) expect(method).toMatchObject(wiring.fields[set].is);

    const count = INDICES.length;
    const texts = windows.get(`${name} ${set}`);
    const samples = texts?.collate([...Array(count).keys()]) ?? samplesOf(specOf(definition, wiring, set), count);
    const made = noGrad(() => method.views({ samples, indices: INDICES } as never, new Generator(5)));
    const transforms = new Map<string, Transform>();
    const scene: Scene = {
      ...{ set, samples: samples as Tensor, indices: INDICES, method, random: new Generator(5) },
      prepare: (raw) => method.prepare(raw as never),
      transform(key) {
        const known = transforms.get(key) ?? make(pipelines[key]!);
        transforms.set(key, known);
        return known;
      },
    };
    const again = noGrad(() => wiring.views(scene));
    expect(Object.keys(made).sort()).toEqual(Object.keys(again).sort());
    for (const [key, value] of Object.entries(made)) {
      const steps = Object.entries(pipelines).map(
        ([part, description]) => `${part}: ${describeTransform(description)}`,
      );
      expect(isSame(value, again[key]!), `${key} are not made by ${steps.join('; ')}`).toBe(true);
    }
    method.dispose();
  });

  it.each(wiring.others ?? [])('says by what steps its views are made with $is.options', ({ is }) => {
    const method = build(definition, wiring, 'paper', is.options);
    expect(rounded(method.pipelines())).toEqual(rounded(is.pipelines));
    method.dispose();
  });

  it('asks of its optimizers what the sources say', () => {
    const method = build(definition, wiring, 'paper');
    const groups = method.optimizerGroups(method.stages.length - 1);
    const numbers = groups.map(({ name: group, modules: _, constantRate, ...rest }): [string, GroupNumbers] => [
      group,
      { ...rest, ...(constantRate && constantRate.length > 0 ? { constantRate: constantRate.length } : {}) },
    ]);
    expect(rounded(Object.fromEntries(numbers))).toEqual(rounded(wiring.groups?.is ?? { main: {} }));
    method.dispose();
  });
});
