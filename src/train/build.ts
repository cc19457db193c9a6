import { createBackbone } from '../backbones/registry.js';
import { type Device, manualSeed } from '../engine/index.js';
import { AutodidactError } from '../errors.js';
import type { DataDescription, Method, MethodDefinition } from '../methods/method.js';
import type { TrainingOptions } from './config.js';

/**
 * Makes a method's networks with the initialisation of this seed, in channels-last memory on the device.
 *
 * @throws AutodidactError `USAGE` when the batch or the images are too small for the method
 */
export function buildMethod(
  definition: MethodDefinition,
  options: Record<string, unknown>,
  training: Pick<TrainingOptions, 'backbone' | 'width' | 'batchSize' | 'accumulate'>,
  data: DataDescription,
  { seed, device }: { seed: number; device: Device },
): Method {
  const smallest = definition.smallestBatch ?? 1;
  const batchSize = Math.floor(training.batchSize / training.accumulate);
  if (batchSize < smallest)
    throw new AutodidactError(
      'USAGE',
      `${definition.title} needs at least ${smallest} samples in a batch, received ${batchSize}`,
      { remedy: 'Raise --batch-size, or lower --accumulate.' },
    );
  if (data.imageSize < (definition.smallestImage ?? 1))
    throw new AutodidactError(
      'USAGE',
      `${definition.title} needs images of at least ${definition.smallestImage} pixels a side, received ${data.imageSize}`,
      { remedy: 'Raise --size.' },
    );
  manualSeed(seed);
  const backbone = createBackbone(training.backbone, {
    inputChannels: data.channels,
    imageSize: data.imageSize,
    ...(training.width === null ? {} : { width: training.width }),
    ...definition.backboneOptions?.(options, data),
  });
  const method = definition.create({ options, backbone, data, batchSize });
  return method.to({ device, memoryFormat: 'channelsLast' });
}
