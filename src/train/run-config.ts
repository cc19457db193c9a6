import type { SampleSpec } from '../data/index.js';
import type { TrainingOptions } from './config.js';

/** Where a value of a plan comes from. */
export type Origin = 'paper' | 'small' | 'fitted' | 'given';

/** How the settings of a run came about. */
export interface PlanRecord {
  recipe: 'paper' | 'small';
  /** By the name of the option or setting. */
  origins: Record<string, Origin>;
  notes: string[];
}

/** How data were asked for, to find them again. */
export interface RunSource {
  /** What a person typed, with absolute paths. */
  spec: string;
  split: 'train' | 'val' | 'test' | 'all';
  limit: number | null;
  /** The form that was asked for, to find the same pack again. */
  asked: { size: number | null; channels: 'auto' | number; length: number | null };
}

/** config.json of a run: all that is needed to make the networks again and to continue. */
export interface RunConfig {
  format: 2;
  method: string;
  options: Record<string, unknown>;
  training: TrainingOptions;
  /** Left out by runs of format 1. */
  plan?: PlanRecord;
  data: RunSource & {
    /** What a sample looks like. */
    samples: SampleSpec;
    count: number;
    name: string;
    fingerprint: string;
    skipped: number;
  };
  versions: { autodidact: string; libtorch: string; node: string };
  machine: { platform: string; cpu: string; cores: number; threads: number; memoryBytes: number; device: string };
  createdAt: string;
}

/** What format 1 kept of the data: every sample was a square image, sounds packed row by row among them. */
interface DataOfFormat1 {
  channels: number;
  imageSize: number;
  mean: number[];
  std: number[];
  asked: { size: number | null; channels: 'auto' | number };
}

const SOUND_RATE_OF_FORMAT_1 = 8000;

/** A configuration in today's format. */
export function upgradeConfig(json: unknown): RunConfig {
  const config = json as { format: number; method: string; data: Record<string, unknown> };
  if (config.format !== 1) return json as RunConfig;
  const { channels, imageSize, mean, std, asked, ...rest } = config.data as unknown as DataOfFormat1;
  const isSound = config.method === 'cpc-sound';
  const length = imageSize ** 2;
  const samples = isSound
    ? { modality: 'sound', rate: SOUND_RATE_OF_FORMAT_1, length }
    : { modality: 'image', channels, height: imageSize, width: imageSize, mean, std };
  const data = { ...rest, samples, asked: { ...asked, length: isSound ? length : null } };
  return { ...config, format: 2, data } as unknown as RunConfig;
}

/** A line of events.jsonl. */
export type RunEvent =
  | { type: 'start'; time: string; step: number; totalSteps: number; totalEpochs: number; parameters: number }
  | { type: 'resume'; time: string; step: number; checkpoint: string }
  | {
      type: 'step';
      step: number;
      epoch: number;
      loss: number;
      metrics: Record<string, number>;
      learningRate: number;
      featureSpread: number | null;
      samplesPerSecond: number;
    }
  | { type: 'epoch'; epoch: number; step: number; loss: number; metrics: Record<string, number>; seconds: number }
  /** `epoch` is -1 for the measurement before the first step. */
  | { type: 'scores'; epoch: number; step: number; scores: Record<string, number> }
  | { type: 'preview'; step: number; files: string[] }
  | { type: 'warning'; step: number; message: string }
  | { type: 'checkpoint'; step: number; path: string }
  | {
      type: 'end';
      time: string;
      step: number;
      reason: 'finished' | 'stopped' | 'diverged';
      seconds: number;
      peakResidentBytes: number;
    };
