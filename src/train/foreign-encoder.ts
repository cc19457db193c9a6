import { gridOfPositions, VARIANTS } from '../backbones/vit.js';
import type { Tensor } from '../engine/index.js';
import { AutodidactError } from '../errors.js';
import { counted } from '../format.js';
import type { WeightMatch } from './start-weights.js';

/** What other programs say of a network, in words of ours. */
export interface ForeignEncoder {
  architecture: string;
  /** Side of the images in pixels. */
  imageSize?: number;
  inputChannels?: number;
  mean?: readonly number[];
  std?: readonly number[];
  patchSize?: number;
  pooling?: 'class' | 'average';
}

/** Names of timm and torchvision for networks that we have. */
const NAMES: readonly [RegExp, string][] = [
  [/^resnet(18|34|50|101)\b/, 'resnet$1'],
  [/^(?:vit|deit)_tiny_patch/, 'vit-tiny'],
  [/^(?:vit|deit)_small_patch/, 'vit-small'],
  [/^(?:vit|deit)_base_patch/, 'vit-base'],
  [/^vgg16_bn\b/, 'vgg16'],
  [/^vgg16\b/, 'vgg16-plain'],
  [/^r3d_18\b/, 'r3d18'],
  [/^r2plus1d_18\b/, 'r2plus1d18'],
];

type Json = Record<string, unknown>;
const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
const isNumbers = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'number');

/**
 * Reads the `config.json` of timm (`architecture`, `pretrained_cfg`) or of transformers (`model_type`: resnet, vit), and the
 * `preprocessor_config.json` beside it; null when they name no network that we have.
 */
export function readForeignConfig(config: unknown, processor: unknown): ForeignEncoder | null {
  if (!isJson(config)) return null;
  const prepared = isJson(processor) ? normalization(processor.image_mean, processor.image_std) : {};
  if (typeof config.architecture === 'string') {
    const { architecture: name } = config;
    const found = NAMES.find(([pattern]) => pattern.test(name));
    if (found === undefined) return null;
    const cfg = isJson(config.pretrained_cfg) ? config.pretrained_cfg : {};
    const [channels, size] = isNumbers(cfg.input_size) ? cfg.input_size : [];
    const patch = /_patch(\d+)/.exec(name)?.[1];
    return {
      architecture: name.match(found[0])![0].replace(found[0], found[1]),
      ...(size === undefined ? {} : { imageSize: size }),
      ...(channels === undefined ? {} : { inputChannels: channels }),
      ...(patch === undefined ? {} : { patchSize: Number(patch) }),
      ...(config.global_pool === 'avg' && patch !== undefined ? { pooling: 'average' as const } : {}),
      ...prepared,
      ...normalization(cfg.mean, cfg.std),
    };
  }
  const architecture = ofTransformers(config);
  if (architecture === null) return null;
  const { image_size: size, num_channels: channels, patch_size: patch } = config;
  return {
    architecture,
    ...(typeof size === 'number' ? { imageSize: size } : {}),
    ...(typeof channels === 'number' ? { inputChannels: channels } : {}),
    ...(typeof patch === 'number' ? { patchSize: patch } : {}),
    ...prepared,
  };
}

function normalization(mean: unknown, std: unknown): Pick<ForeignEncoder, 'mean' | 'std'> {
  return isNumbers(mean) && isNumbers(std) ? { mean, std } : {};
}

function ofTransformers({ model_type: type, depths, layer_type: layer, hidden_size: width }: Json): string | null {
  if (type === 'vit') return { 192: 'vit-tiny', 384: 'vit-small', 768: 'vit-base' }[String(width)] ?? null;
  if (type !== 'resnet') return null;
  const kinds: Record<string, string> = {
    'basic 2,2,2,2': 'resnet18',
    'basic 3,4,6,3': 'resnet34',
    'bottleneck 3,4,6,3': 'resnet50',
    'bottleneck 3,4,23,3': 'resnet101',
  };
  return kinds[`${layer} ${String(depths)}`] ?? null;
}

/** The network that weights under the names of torchvision or timm belong to; null for unknown names. */
export function guessArchitecture(weights: ReadonlyMap<string, Tensor>): ForeignEncoder | null {
  const keys = [...weights.keys()];
  const ending = (end: string) => keys.find((key) => key === end || key.endsWith(`.${end}`));
  const has = (end: string) => ending(end) !== undefined;
  const shapeOf = (end: string): readonly number[] => weights.get(ending(end) ?? '')?.shape ?? [];
  if (has('layer4.0.conv1.weight')) {
    // Beside the blocks' own; the deep stems of timm have conv1.0, conv1.3 and conv1.6.
    const stem = keys.find((key) => /(^|\.)(?<!layer\d\.\d+\.)conv1\.weight$/.test(key));
    const blocks = keys.filter((key) => /(^|\.)layer3\.\d+\.conv1\.weight$/.test(key)).length;
    const isBottleneck = has('layer1.0.conv3.weight');
    const name = isBottleneck ? { 6: 'resnet50', 23: 'resnet101' }[blocks] : { 2: 'resnet18', 6: 'resnet34' }[blocks];
    if (stem === undefined || name === undefined) return null;
    return { architecture: name, inputChannels: weights.get(stem)!.shape[1]! };
  }
  if (has('cls_token') && has('patch_embed.proj.weight')) {
    const [width, inputChannels, patchSize] = shapeOf('patch_embed.proj.weight');
    const depth = new Set(keys.flatMap((key) => /(?:^|\.)blocks\.(\d+)\./.exec(key)?.[1] ?? [])).size;
    const [architecture] =
      Object.entries(VARIANTS).find(([, variant]) => variant.width === width && variant.depth === depth) ?? [];
    if (architecture === undefined || patchSize === undefined) return null;
    const positions = gridOfPositions(shapeOf('pos_embed')[1] ?? 0);
    return {
      ...{ architecture, inputChannels: inputChannels!, patchSize },
      ...(positions === null ? {} : { imageSize: positions.grid * patchSize }),
    };
  }
  if (has('features.0.weight') && has('features.40.weight')) return { architecture: 'vgg16' };
  if (has('features.0.weight') && has('features.28.weight')) return { architecture: 'vgg16-plain' };
  return null;
}

/** Parts of vision transformers beside their blocks that ours do not have, by the names of timm and DINOv2. */
const OTHER_PARTS = /(^|\.)(norm_pre|fc_norm|reg_token|register_tokens|dist_token)(\.|$)/;

/**
 * Heads may be left out; without a part of the network itself the features would be others.
 *
 * @param inside what lies inside the parts of the backbone without a place there
 * @throws AutodidactError `DATA`
 */
export function checkWhole(
  path: string,
  architecture: string,
  keys: Iterable<string>,
  inside: readonly string[],
): void {
  const other = architecture.startsWith('vit') ? [...keys].filter((key) => OTHER_PARTS.test(key)) : [];
  const parts = [...new Set([...inside, ...other])];
  if (parts.length === 0) return;
  const shown = `${parts.slice(0, 3).join(', ')}${parts.length > 3 ? `, ... (${parts.length})` : ''}`;
  throw new AutodidactError('DATA', `The network of ${path} has parts that ${architecture} does not have: ${shown}`, {
    remedy: `Take weights of a plain ${architecture}: without these parts the features would be others.`,
  });
}

/** Weights of another program that fill a part of a network only: the rest would be random. */
export function partOfNetwork(path: string, architecture: string, { missing, misfits }: WeightMatch): AutodidactError {
  const shown = `${missing.slice(0, 3).join(', ')}${missing.length > 3 ? ', ...' : ''}`;
  return new AutodidactError(
    'DATA',
    [`${path} lacks ${counted(missing.length, 'tensor')} of ${architecture}: ${shown}`, ...misfits.slice(0, 2)].join(
      '; ',
    ),
    { remedy: 'Take all weights of the network, or name the one that they belong to with --backbone.' },
  );
}

/** @throws AutodidactError `DATA` */
export function unknownNetwork(path: string): AutodidactError {
  return new AutodidactError(
    'DATA',
    `${path} does not say which network its weights belong to, and they look like none of ours`,
    {
      remedy: 'Name it with --backbone: `resnet50`, `vit-small`, ...',
    },
  );
}
