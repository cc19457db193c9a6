import { expect, it } from 'vitest';
import { temporaryFolder } from '../../tests/support/tiny.js';
import type { CameraSpec, ClipSpec, PatchesSpec, SampleSpec } from '../data/index.js';
import type { RunConfig } from './run-config.js';
import { openRunData } from './run-data.js';

const cacheFolder = temporaryFolder();
const form = { channels: 3, height: 16, width: 16, mean: [0.5, 0.5, 0.5], std: [0.2, 0.2, 0.2] };
const clip: ClipSpec = { modality: 'clip', frames: 4, fps: 5, ...form };
const patches: PatchesSpec = { modality: 'patches', ...form };
const range = [-1, 1];
const quantiles = { x: range, y: range, rotation: range, zoom: [0.5, 2] };
const camera: CameraSpec = { modality: 'camera', ...form, quantiles };

const runOf = (samples: SampleSpec) =>
  ({ data: { samples, spec: 'elsewhere', split: 'train', limit: null, asked: {} } }) as unknown as Pick<
    RunConfig,
    'data'
  >;
const open = (samples: SampleSpec, spec: string) => openRunData(runOf(samples), { spec, split: 'train', cacheFolder });

it.each([clip, patches, camera])(
  'opens images in the size of the frames or patches of a run: $modality',
  async (spec) => {
    const images = await open(spec, 'synthetic:objects?count=4&test=0');
    expect(images.spec).toMatchObject({ modality: 'image', height: 16, width: 16, channels: 3 });
    await expect(open(spec, 'synthetic:sounds?count=4&test=0&length=256')).rejects.toThrow(/The encoder takes /);
  },
);
