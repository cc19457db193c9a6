/**
 * Loads the files of torchvision, timm and transformers that `foreign.py` wrote, and compares features.
 *
 * Usage: npx tsx tests/export/way-back.ts <folder>
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { noGrad, scope, type Tensor } from '../../src/engine/index.js';
import { readSafetensors } from '../../src/engine/safetensors.js';
import { relativeDifference } from '../../src/export/onnx/check.js';
import { loadEncoder } from '../../src/train/load-encoder.js';

const TOLERANCE = 1e-5;
const root = process.argv[2]!;
const names = JSON.parse(readFileSync(join(root, 'foreign.json'), 'utf8')) as string[];

for (const name of names) {
  const folder = join(root, name);
  const { tensors } = readSafetensors(join(root, `${name}.expected.safetensors`));
  const images = tensors.get('images')!;
  const wanted = tensors.get('features')!.toTypedArray() as Float32Array;
  const path = existsSync(folder) ? folder : `${folder}.safetensors`;
  const { encoder, notes } = loadEncoder(path, { device: 'cpu', imageSize: images.size(2) });
  const read = (): Float32Array =>
    scope(() => noGrad(() => encoder.backbone.features(images).toTypedArray())) as Float32Array;
  const own = relativeDifference(read(), wanted);
  const convolution = [...encoder.backbone.stateDict().values()].find((value: Tensor) => value.ndim === 4)!;
  noGrad(() => {
    const corner = convolution.narrow(0, 0, 1);
    corner.copy_(corner.neg());
  });
  const control = relativeDifference(read(), wanted);
  const isRight = own <= TOLERANCE && control > TOLERANCE;
  console.log(
    `${name.padEnd(28)} ${own.toExponential(2)}   one filter turned ${control.toExponential(2)}${isRight ? '' : '   WRONG'}`,
  );
  console.log(`  ${encoder.backbone.architecture}: ${notes.join(' ')}`);
  if (!isRight) process.exitCode = 1;
  encoder.backbone.dispose();
}
