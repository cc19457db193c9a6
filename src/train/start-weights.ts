import { existsSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { Backbone } from '../backbones/backbone.js';
import { flawOf } from '../backbones/check-weights.js';
import { fromPublished } from '../backbones/text-layouts.js';
import { TextTransformer } from '../backbones/text-transformer.js';
import { gridOfPositions, VisionTransformer } from '../backbones/vit.js';
import { noGrad, scope, type Tensor } from '../engine/index.js';
import { readSealed } from '../engine/sealed-safetensors.js';
import { AutodidactError, expected } from '../errors.js';
import { foldLayerScale } from './layer-scale.js';
import { RunFolder } from './run-folder.js';
import { fromTransformers } from './transformers-names.js';

/** What of a file fits a backbone. */
export interface WeightMatch {
  /** Keys of the backbone, and of the file's tensors that go into them. */
  pairs: ReadonlyMap<string, string>;
  /** Keys of the backbone that the file has nothing for. */
  missing: readonly string[];
  /** Keys of the file that the backbone has no place for: heads, other networks. */
  left: readonly string[];
  /** Those of `left` that lie inside a part which the backbone has: its network is another one. */
  inside: readonly string[];
  /** What of the file has a place but another shape, in words. */
  misfits: readonly string[];
  /** What is done to position embeddings of another grid, in words. */
  fitted: readonly string[];
  /** What stands before the names of the backbone in the file; null where its tensors were found by their order. */
  prefix: string | null;
  /** Other prefixes under which as many tensors fit: a momentum encoder, another network. */
  others: readonly string[];
}

/** What weights of other programs often put before the names of the backbone, the trained network before its copies. */
const PREFIXES = [
  ...['', 'backbone.', 'encoder.backbone.', 'method.backbone.', 'module.', 'model.', 'encoder.', 'module.encoder_q.'],
  ...['encoder_q.', 'module.backbone.', 'net.', 'trunk.', 'student.backbone.', 'module.base_encoder.', 'base_encoder.'],
];

/** Words in the names of networks that follow a trained one. */
const COPIES = /teacher|target|momentum|ema|key|encoder_k/i;

/** Fewer tensors than this share are a coincidence of names. */
const LEAST_SHARE = 0.5;

/**
 * The weights that a run may start from: a run folder (its newest checkpoint), `encoder.safetensors`, or a safetensors file of
 * another program, also a folder with `model.safetensors` as timm and transformers write it.
 *
 * @throws AutodidactError `NOT_FOUND` without such a file, `CHECKPOINT` when it is damaged
 */
export function readStartWeights(path: string): Map<string, Tensor> {
  if (!existsSync(path)) throw new AutodidactError('NOT_FOUND', `There is no run and no file of weights at ${path}`);
  if (!statSync(path).isDirectory()) {
    if (extname(path) === '.safetensors') return foldLayerScale(fromTransformers(readSealed(path).tensors));
    throw expected('a run folder or a .safetensors file', 'init', path, {
      remedy:
        "PyTorch files convert with `safetensors.torch.save_file(torch.load('x.pt', weights_only=True), 'x.safetensors')`.",
    });
  }
  const encoder = join(path, 'encoder.safetensors');
  const newest = existsSync(join(path, 'config.json')) ? RunFolder.open(path).checkpoints().at(-1) : undefined;
  const file = newest ?? (existsSync(encoder) ? encoder : join(path, 'model.safetensors'));
  if (!existsSync(file))
    throw new AutodidactError(
      'NOT_FOUND',
      `Expected a checkpoint, encoder.safetensors or model.safetensors in ${path}, found none`,
    );
  return foldLayerScale(fromTransformers(readSealed(file).tensors));
}

/**
 * Weights under the names of a backbone, where they are in a published layout of its kind with other names: those of GPT-2 and BERT.
 * Others are given back as they are.
 */
export function inOwnNames(backbone: Backbone, weights: ReadonlyMap<string, Tensor>): ReadonlyMap<string, Tensor> {
  return (backbone instanceof TextTransformer ? fromPublished(backbone, weights) : null) ?? weights;
}

/**
 * Finds what of some weights fits a backbone: by name, behind the prefix under which most tensors fit; where the names are of another
 * layout, by the order of layers of the same kind and shape, if that fills the whole backbone.
 *
 * @throws AutodidactError `DATA` when nothing, or hardly anything, fits, `CHECKPOINT` when what fits has numbers that are not finite or
 *   variances below 0
 */
export function matchWeights(backbone: Backbone, weights: ReadonlyMap<string, Tensor>): WeightMatch {
  const own = backbone.stateDict();
  const positions = positionsOf(backbone);
  const counted = (match: Map<string, string>) => [...match.keys()].filter((key) => !isCount(key)).length;
  const total = [...own.keys()].filter((key) => !isCount(key)).length;
  const candidates = prefixesIn(own, weights).map((prefix) => {
    const named = byName(own, weights, prefix, positions);
    return { prefix, named, fitting: counted(named), known: [...own.keys()].filter(isIn(weights, prefix)).length };
  });
  // Of several, that with the names, if none has the shapes: to say what does not fit.
  const { prefix, named, fitting } = candidates.reduce((best, other) =>
    other.fitting > best.fitting || (other.fitting === best.fitting && other.known > best.known) ? other : best,
  );
  const ordered = fitting < total ? byOrder(own, weights) : null;
  const pairs = ordered ?? named;
  const used = new Set(pairs.values());
  const isUsed = (key: string) => used.has(key);
  const left = [...weights.keys()].filter((key) => !isUsed(key));
  const match: WeightMatch = {
    pairs,
    missing: [...own.keys()].filter((key) => !pairs.has(key) && !isCount(key)),
    left,
    inside: insideOf(own, left, prefix),
    misfits: misfitsOf(own, weights, prefix, pairs),
    fitted: [...positions].flatMap(([key, network]) => {
      const given = weights.get(pairs.get(key) ?? '');
      return given === undefined ? [] : describeFit(key, network, given);
    }),
    prefix: ordered === null ? prefix : null,
    others: candidates
      .filter((other) => ordered === null && other.fitting === fitting && ![...other.named.values()].some(isUsed))
      .map((other) => other.prefix),
  };
  if (counted(pairs) >= LEAST_SHARE * total) {
    checkNumbers(weights, pairs.values());
    return match;
  }
  const shown = (keys: Iterable<string>) => [...keys].slice(0, 3).join(', ');
  const misfits = match.misfits.length > 0 ? `; ${match.misfits.slice(0, 2).join('; ')}` : '';
  throw new AutodidactError(
    'DATA',
    `The weights do not fit ${backbone.architecture}: ${counted(pairs)} of its ${total} tensors are in the file, which has ${shown(weights.keys())}, ... where ${shown(own.keys())}, ... are expected${misfits}`,
    {
      remedy:
        match.misfits.length > 0
          ? 'Choose the same architecture and width with --backbone and --width, and images of the same channels.'
          : 'Choose the same architecture with --backbone, or give the tensors the names of torchvision or timm, with any prefix.',
    },
  );
}

/** What is not used may hold infinities, as masks do. */
function checkNumbers(weights: ReadonlyMap<string, Tensor>, keys: Iterable<string>): void {
  for (const key of keys) {
    const flaw = flawOf(key, weights.get(key)!);
    if (flaw !== null)
      throw new AutodidactError('CHECKPOINT', `The tensor \`${key}\` of the weights ${flaw}`, {
        remedy: 'The training that wrote the file diverged, or the file is damaged: take another one.',
      });
  }
}

/** Copies matched weights into a backbone. */
export function applyWeights(backbone: Backbone, weights: ReadonlyMap<string, Tensor>, { pairs }: WeightMatch): void {
  const own = backbone.stateDict();
  const positions = positionsOf(backbone);
  scope(() =>
    noGrad(() => {
      for (const [key, from] of pairs) {
        const [value, given] = [own.get(key)!, weights.get(from)!];
        const isSame = shapeOf(given) === shapeOf(value);
        value.copy_(isSame ? given : positions.get(key)!.fitPositions(given));
      }
    }),
  );
}

/** One sentence: what was taken, what was left out, what is missing. */
export function describeMatch(
  { pairs, missing, left, misfits, fitted, prefix, others }: WeightMatch,
  path: string,
  verb: 'start from' | 'are from' = 'start from',
): string {
  const some = (keys: readonly string[]) => `${keys.slice(0, 3).join(', ')}${keys.length > 3 ? ', ...' : ''}`;
  const quoted = others.map((other) => JSON.stringify(other));
  const places = [
    prefix ? `, with the prefix ${JSON.stringify(prefix)}` : '',
    others.length > 0 ? ` (${some(quoted)} ${others.length > 1 ? 'fit' : 'fits'} as well)` : '',
  ];
  return [
    `${pairs.size} tensors of the backbone ${verb} ${path}${places.join('')}`,
    ...fitted,
    ...(left.length > 0 ? [`${left.length} of the file are not used (${some(left)})`] : []),
    ...(missing.length > 0 ? [`${missing.length} stay as initialized (${some(missing)})`] : []),
    ...misfits.slice(0, 2),
  ].join('; ');
}

/** The names of a backbone's key in a file; a network that is applied frame by frame or patch by patch takes those of images too. */
const spellingsOf = (key: string): string[] => (key.startsWith('inner.') ? [key.slice('inner.'.length), key] : [key]);

const isCount = (key: string): boolean => key.endsWith('num_batches_tracked');
const shapeOf = (tensor: Tensor): string => tensor.shape.join(' x ') || 'a scalar';

/** The keys of position embeddings that are fitted to the grid of a vision transformer, which may be that of frames or patches. */
function positionsOf(backbone: Backbone): Map<string, VisionTransformer> {
  return new Map(
    backbone
      .modules()
      .flatMap(([name, module]) =>
        module instanceof VisionTransformer ? [[name === '' ? 'pos_embed' : `${name}.pos_embed`, module]] : [],
      ),
  );
}

function describeFit(key: string, network: VisionTransformer, given: Tensor): string[] {
  const { grid, hasClass } = gridOfPositions(given.size(1))!;
  const sides = (side: number) => `${side} x ${side}`;
  return [
    ...(grid === network.grid ? [] : [`${key} is resampled from ${sides(grid)} to ${sides(network.grid)} patches`]),
    ...(hasClass ? [] : [`${key} is 0 for the class token`]),
  ];
}

/** What may stand before the names of a backbone: the usual prefixes, then those in the file, the names of copies last. */
function prefixesIn(own: ReadonlyMap<string, Tensor>, weights: ReadonlyMap<string, Tensor>): string[] {
  const names = new Set([...own.keys()].flatMap(spellingsOf));
  const found = [...weights.keys()].flatMap((key) =>
    [...key.matchAll(/\./g)]
      .map(({ index }) => index + 1)
      .flatMap((at) => (names.has(key.slice(at)) ? [key.slice(0, at)] : [])),
  );
  const [copies, others] = [true, false].map((isCopy) => found.filter((prefix) => COPIES.test(prefix) === isCopy));
  return [...new Set([...PREFIXES, ...others!, ...copies!])];
}

const isIn = (weights: ReadonlyMap<string, Tensor>, prefix: string) => (key: string) =>
  spellingsOf(key).some((name) => weights.has(prefix + name));

function byName(
  own: ReadonlyMap<string, Tensor>,
  weights: ReadonlyMap<string, Tensor>,
  prefix: string,
  positions: ReadonlyMap<string, VisionTransformer>,
): Map<string, string> {
  const pairs = new Map<string, string>();
  for (const [key, value] of own)
    for (const spelling of spellingsOf(key)) {
      const given = weights.get(prefix + spelling);
      if (given === undefined) continue;
      const isFitting = shapeOf(given) === shapeOf(value) || positions.get(key)?.canFitPositions(given);
      if (isFitting) pairs.set(key, prefix + spelling);
    }
  return pairs;
}

/** Keys that the backbone has no place for, though they begin as some of its own: a scale or a norm in one of its blocks. */
function insideOf(own: ReadonlyMap<string, Tensor>, left: readonly string[], prefix: string): string[] {
  const names = new Set([...own.keys()].flatMap(spellingsOf));
  const parts = new Set([...names].filter((name) => name.includes('.')).map((name) => name.split('.')[0]));
  return left.filter((key) => {
    const name = key.startsWith(prefix) ? key.slice(prefix.length) : '';
    return name.includes('.') && parts.has(name.split('.')[0]) && !names.has(name) && !isCount(name);
  });
}

/** Every tensor of the backbone from the next of the file with the same role and shape; null unless all are found. */
function byOrder(own: ReadonlyMap<string, Tensor>, weights: ReadonlyMap<string, Tensor>): Map<string, string> | null {
  const role = (key: string) => key.slice(key.lastIndexOf('.') + 1);
  const pairs = new Map<string, string>();
  const given = [...weights].filter(([key]) => !isCount(key));
  let at = 0;
  for (const [key, value] of own) {
    if (isCount(key)) continue;
    while (at < given.length && !(role(given[at]![0]) === role(key) && shapeOf(given[at]![1]) === shapeOf(value))) at++;
    if (at === given.length) return null;
    pairs.set(key, given[at++]![0]);
  }
  return pairs;
}

/** Tensors that have a place by name but another shape. */
function misfitsOf(
  own: ReadonlyMap<string, Tensor>,
  weights: ReadonlyMap<string, Tensor>,
  prefix: string,
  pairs: ReadonlyMap<string, string>,
): string[] {
  const misfits: string[] = [];
  for (const [key, value] of own) {
    if (pairs.has(key)) continue;
    const found = spellingsOf(key)
      .map((name) => weights.get(prefix + name))
      .find((given) => given !== undefined);
    if (found !== undefined) misfits.push(`${key} is ${shapeOf(found)} in the file and ${shapeOf(value)} here`);
  }
  return misfits;
}
