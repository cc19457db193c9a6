import { noGrad, scope, type Tensor } from '../engine/index.js';

/** The layer whose output each scale multiplies, by the names of timm and DINOv2. */
const SCALED: Record<string, string> = { ls1: 'attn.proj', ls2: 'mlp.fc2' };

/**
 * Puts the factors of LayerScale (Touvron et al., "Going deeper with Image Transformers", 2021, https://arxiv.org/abs/2103.17239) into the
 * weights and biases of the layers before them: gamma * (W x + b) = (gamma W) x + gamma b. The map is changed.
 */
export function foldLayerScale(weights: Map<string, Tensor>): Map<string, Tensor> {
  for (const [key, gamma] of [...weights]) {
    const [, block, scale] = /^(.*\bblocks\.\d+)\.(ls[12])\.gamma$/.exec(key) ?? [];
    const layer = `${block}.${SCALED[scale ?? '']}`;
    if (!weights.has(`${layer}.weight`)) continue;
    replace(weights, `${layer}.weight`, (old) => old.mul(gamma.to('float32').unsqueeze(1)));
    if (weights.has(`${layer}.bias`)) replace(weights, `${layer}.bias`, (old) => old.mul(gamma.to('float32')));
    weights.delete(key);
    gamma.dispose();
  }
  return weights;
}

function replace(weights: Map<string, Tensor>, key: string, change: (old: Tensor) => Tensor): void {
  const old = weights.get(key)!;
  weights.set(
    key,
    scope(() => noGrad(() => change(old.to('float32')))),
  );
  old.dispose();
}
