import { z } from 'zod';
import { parseJson } from '../json.js';

const count = z.int().min(0);
/** JSON has no NaN and no infinity: what was not finite was written as null. */
const number = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);
const numbers = z.record(z.string(), number);

const runEvent = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('start'),
    time: z.string(),
    step: count,
    totalSteps: count,
    totalEpochs: count,
    parameters: count,
  }),
  z.object({ type: z.literal('resume'), time: z.string(), step: count, checkpoint: z.string() }),
  z.object({
    type: z.literal('step'),
    step: count,
    epoch: count,
    loss: number,
    metrics: numbers,
    learningRate: number,
    featureSpread: z.number().nullable(),
    samplesPerSecond: number,
  }),
  z.object({ type: z.literal('epoch'), epoch: count, step: count, loss: number, metrics: numbers, seconds: number }),
  /** `epoch` is -1 for the measurement before the first step. */
  z.object({ type: z.literal('scores'), epoch: z.int().min(-1), step: count, scores: numbers }),
  z.object({ type: z.literal('preview'), step: count, files: z.array(z.string()) }),
  z.object({ type: z.literal('warning'), step: count, message: z.string() }),
  z.object({ type: z.literal('checkpoint'), step: count, path: z.string() }),
  z.object({
    type: z.literal('end'),
    time: z.string(),
    step: count,
    reason: z.enum(['finished', 'stopped', 'diverged']),
    seconds: number,
    peakResidentBytes: number,
  }),
]);

/** A line of events.jsonl. */
export type RunEvent = z.output<typeof runEvent>;

/** The events of the lines that are whole; what a crash cut off, and what is damaged otherwise, is left out. */
export function parseEvents(text: string): RunEvent[] {
  return text.split('\n').flatMap((line) => {
    try {
      return runEvent.parse(parseJson(line));
    } catch {
      return [];
    }
  });
}
