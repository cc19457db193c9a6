import { noGrad, ops, type Tensor } from '../engine/index.js';

/** Each network of `transformers` that is known: a name by which it is told, what its names become, and what stands before it beside a head. */
const NETWORKS = [
  { first: 'embedder.embedder.convolution.weight', nameOf: resnetName, own: /(^|\.)resnet\.$/ },
  { first: 'embeddings.patch_embeddings.projection.weight', nameOf: transformerName, own: /(^|\.)vit\.$/ },
];

/**
 * Weights of `transformers` under the names of torchvision (ResNet) and timm (vision transformer); others as they are. Queries, keys
 * and values of attention, which lie apart there, are joined. What stands before a network of its own (`model.vit.`) stays, without
 * the name of the network.
 */
export function fromTransformers(weights: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  let all = new Map(weights);
  for (const { first, nameOf, own } of NETWORKS)
    for (const key of weights.keys()) {
      if (key !== first && !key.endsWith(`.${first}`)) continue;
      const start = key.slice(0, key.length - first.length);
      all = renamed(joined(all, start), start, (rest) => {
        const name = nameOf(rest);
        return name && start.replace(own, '$1') + name;
      });
    }
  return all;
}

function renamed(
  weights: ReadonlyMap<string, Tensor>,
  start: string,
  nameOf: (key: string) => string | null,
): Map<string, Tensor> {
  return new Map(
    [...weights].map(([key, value]) => [
      (key.startsWith(start) ? nameOf(key.slice(start.length)) : null) ?? key,
      value,
    ]),
  );
}

const NORM: Record<string, string> = { convolution: 'conv', normalization: 'bn' };

/** `encoder.stages.0.layers.1.layer.0.convolution.weight` is `layer1.1.conv1.weight`. */
function resnetName(key: string): string | null {
  const stem = /^embedder\.embedder\.(convolution|normalization)\.(\w+)$/.exec(key);
  if (stem) return `${NORM[stem[1]!]}1.${stem[2]}`;
  const block = /^encoder\.stages\.(\d+)\.layers\.(\d+)\.(.*)$/.exec(key);
  if (block === null) return null;
  const [, stage, index, rest] = block;
  const place = `layer${Number(stage) + 1}.${index}`;
  const shortcut = /^shortcut\.(convolution|normalization)\.(\w+)$/.exec(rest!);
  if (shortcut) return `${place}.downsample.${shortcut[1] === 'convolution' ? 0 : 1}.${shortcut[2]}`;
  const unit = /^layer\.(\d+)\.(convolution|normalization)\.(\w+)$/.exec(rest!);
  return unit && `${place}.${NORM[unit[2]!]}${Number(unit[1]) + 1}.${unit[3]}`;
}

const OUTSIDE: Record<string, string> = {
  'embeddings.cls_token': 'cls_token',
  'embeddings.position_embeddings': 'pos_embed',
  'embeddings.patch_embeddings.projection.weight': 'patch_embed.proj.weight',
  'embeddings.patch_embeddings.projection.bias': 'patch_embed.proj.bias',
  'layernorm.weight': 'norm.weight',
  'layernorm.bias': 'norm.bias',
};
const INSIDE: Record<string, string> = {
  'attention.qkv': 'attn.qkv',
  'attention.output.dense': 'attn.proj',
  layernorm_before: 'norm1',
  layernorm_after: 'norm2',
  'intermediate.dense': 'mlp.fc1',
  'output.dense': 'mlp.fc2',
};

/** `encoder.layer.3.intermediate.dense.bias` is `blocks.3.mlp.fc1.bias`. */
function transformerName(key: string): string | null {
  if (OUTSIDE[key] !== undefined) return OUTSIDE[key];
  const [, block, part, kind] = /^encoder\.layer\.(\d+)\.(.+)\.(weight|bias)$/.exec(key) ?? [];
  const name = part === undefined ? undefined : INSIDE[part];
  return name === undefined ? null : `blocks.${block}.${name}.${kind}`;
}

/** Queries, keys and values one below the other, as one layer. */
function joined(weights: ReadonlyMap<string, Tensor>, start: string): Map<string, Tensor> {
  const all = new Map(weights);
  for (const key of weights.keys()) {
    if (!key.startsWith(start)) continue;
    const found = /^(.*attention)\.attention\.query\.(weight|bias)$/.exec(key);
    if (found === null) continue;
    const names = ['query', 'key', 'value'].map((part) => `${found[1]}.attention.${part}.${found[2]}`);
    const parts = names.map((name) => weights.get(name));
    if (!parts.every((part) => part !== undefined)) continue;
    all.set(
      `${found[1]}.qkv.${found[2]}`,
      noGrad(() => ops.cat(parts, 0)),
    );
    for (const [i, name] of names.entries()) {
      all.delete(name);
      parts[i]!.dispose();
    }
  }
  return all;
}
