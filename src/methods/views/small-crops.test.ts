import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createBackbone } from '../../backbones/registry.js';
import { multiCropOptions, smallCropGroups } from './small-crops.js';

describe('smallCropGroups', () => {
  const groups = (architecture: string, imageSize: number, given: Record<string, unknown> = {}) => {
    const backbone = createBackbone(architecture, { inputChannels: 3, imageSize, width: 16 });
    const options = z.object(multiCropOptions({ smallCrops: 6, boundaryScale: 0.14 })).parse(given);
    return smallCropGroups(options, backbone, imageSize);
  };

  it("has the paper's crops: six of 96 pixels for images of 224", () => {
    expect(groups('resnet18', 224)).toEqual([{ count: 6, size: 96, scale: [0.05, 0.14] }]);
    expect(groups('resnet18', 224, { smallCrops: 0, smallCropSize: 5 })).toEqual([]);
  });

  it.each([
    ['resnet18', 32, 14],
    ['resnet18', 16, 8],
    ['vit-micro', 32, 12],
  ])('gives %s at %i pixels a side of %i: 3/7 in whole patches, at least 8', (architecture, imageSize, side) => {
    expect(groups(architecture, imageSize)[0]!.size).toBe(side);
  });

  it('refuses a side that the backbone cannot take, and scales in the wrong order', () => {
    expect(() => groups('vit-micro', 32, { smallCropSize: 14 })).toThrow(
      /crops that vit-micro can look at for `smallCropSize`, received 14.*patch size 4/,
    );
    expect(() => groups('resnet18', 32, { minimumScale: 0.5 })).toThrow(
      'Expected at most `boundaryScale`, 0.14, for `minimumScale`, received 0.5',
    );
  });
});
