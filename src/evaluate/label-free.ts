import { drawPart } from '../data/draw.js';
import type { Dataset } from '../data/index.js';
import { Generator, noGrad, ops, scope, type Tensor } from '../engine/index.js';
import { AutodidactError } from '../errors.js';
import type { Encoder } from '../methods/method.js';
import { modalityOf } from '../modalities/registry.js';
import { denseStructure } from './dense-structure.js';
import { extractFeatures, extractMaps } from './features.js';
import { threeSigma } from './gates.js';
import { seenBy } from './inputs.js';
import { alignment, labelFreeScores, viewRetrieval } from './scores.js';
import { alphaReq, intrinsicDimension } from './spectrum-scores.js';
import { ldaTrace, lidar } from './view-scores.js';

/** Samples that are looked at, those that are seen in several views, and those whose maps are read. */
const SAMPLES = 1500;
const VIEWED = 256;
const VIEWS = 8;
const MAPPED = 48;
/** Fewest samples that are scored. */
export const LEAST = 32;
/** The same views for every encoder. */
const SEED = 78;

/**
 * What can be measured of an encoder without labels, by name. `dimensions`, `samples`, `viewed` and `views` say on how much; what needs
 * several views or maps is left out where there are none.
 */
export type LabelFreeFigures = Record<string, number>;

/** What each figure says, for tables. */
export const LABEL_FREE_TITLES: Readonly<Record<string, string>> = {
  viewRetrieval: 'view retrieval',
  ldaTrace: 'LDA trace',
  rankMe: 'RankMe',
  lidar: 'LiDAR',
  alpha: 'alpha',
  intrinsicDimension: 'intrinsic dimension',
  uniformity: 'uniformity',
  alignment: 'alignment',
  denseStructure: 'DSE',
};

/**
 * Measures an encoder on samples that nobody labeled: RankMe, alpha-ReQ, uniformity and intrinsic dimension of its features; LiDAR, the LDA
 * trace, retrieval and alignment of several views of the same samples; the dense-structure estimator of its maps. None of them says alone
 * which encoder is better; `refusalOf` says which encoder none of them may rank.
 *
 * @throws AutodidactError `DATA` for fewer than 32 samples, `INTERRUPTED`
 */
export async function scoreWithoutLabels(
  encoder: Encoder,
  data: Dataset,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<LabelFreeFigures> {
  const seen = seenBy(encoder, data);
  if (seen.count < LEAST)
    throw new AutodidactError(
      'DATA',
      `Scores without labels need at least ${LEAST} ${seen.plural}, received ${seen.count}`,
    );
  const options = { ...(signal && { signal }) };
  const features = await extractFeatures(encoder, seen.subset(drawPart(seen.count, SAMPLES)), options);
  let figures: LabelFreeFigures;
  try {
    const { rankMe, uniformity, dimensions } = labelFreeScores(features);
    const { alpha, ranks } = alphaReq(features);
    const measured = { alpha, intrinsicDimension: intrinsicDimension(features) };
    figures = {
      ...{ rankMe, uniformity, dimensions, samples: features.size(0), alphaRanks: ranks },
      // Few samples of many dimensions give no slope.
      ...Object.fromEntries(Object.entries(measured).filter(([, figure]) => Number.isFinite(figure))),
    };
  } finally {
    features.dispose();
  }
  return { ...figures, ...(await ofViews(encoder, seen, options)), ...(await ofMaps(encoder, seen, options)) };
}

async function ofViews(encoder: Encoder, data: Dataset, options: { signal?: AbortSignal }): Promise<LabelFreeFigures> {
  const augment = modalityOf(encoder.spec).views(encoder.spec);
  if (augment === null) return {};
  const random = new Generator(SEED);
  const { spec, backbone, preparation } = encoder;
  const viewed: Encoder = {
    ...{ spec, backbone, preparation },
    prepare: (samples) => encoder.prepare(augment(samples, random)),
  };
  const part = data.subset(drawPart(data.count, VIEWED));
  const views: Tensor[] = [];
  try {
    while (views.length < VIEWS) views.push(await extractFeatures(viewed, part, options));
    return scope(() =>
      noGrad(() => {
        const all = ops.stack(views, 1); // (n, q, D)
        const trace = ldaTrace(all);
        return {
          ...{ viewed: part.count, views: VIEWS, lidar: lidar(all) },
          // JSON has no infinity: views without any scatter.
          ldaTrace: Math.min(trace, Number.MAX_VALUE),
          ...{ viewRetrieval: viewRetrieval(views[0]!, views[1]!), alignment: alignment(views[0]!, views[1]!) },
        };
      }),
    );
  } finally {
    for (const features of views) features.dispose();
  }
}

async function ofMaps(encoder: Encoder, data: Dataset, options: { signal?: AbortSignal }): Promise<LabelFreeFigures> {
  let maps: Tensor;
  try {
    maps = await extractMaps(encoder, data.subset(drawPart(data.count, MAPPED)), options);
  } catch (error) {
    // A network without maps of several places.
    if (error instanceof AutodidactError && error.code === 'USAGE') return {};
    throw error;
  }
  try {
    return { denseStructure: denseStructure(maps).score };
  } finally {
    maps.dispose();
  }
}

/**
 * Why an encoder must not be ranked by its rank or dimension: they give pure noise and a collapse but for noise the highest marks. Null
 * where its views carry something of the sample.
 */
export function refusalOf(figures: LabelFreeFigures): string | null {
  const { ldaTrace: trace, viewRetrieval: found, dimensions, views, viewed } = figures;
  if (trace !== undefined && dimensions !== undefined && views !== undefined) {
    const chance = dimensions / views;
    if (trace < 2 * chance)
      return `its views carry no signal: the LDA trace ${trace.toPrecision(3)} is below ${(2 * chance).toPrecision(3)}, twice what noise gives`;
  }
  if (found !== undefined && viewed !== undefined && !(found > threeSigma(1 / viewed, viewed)))
    return `one view of a sample does not find the other: view retrieval ${(100 * found).toFixed(1)} % is chance`;
  if (figures.intrinsicDimension === 0) return 'all samples have the same features: it has collapsed';
  return null;
}
