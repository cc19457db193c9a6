/** Small runs of the command line, and what is the same in two of them. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { Prng } from '../../src/data/prng.js';
import { parseEvents } from '../../src/train/run-events.js';
import { put } from '../data-files.js';
import { Cli } from '../support/cli.js';

export const RUN = 'runs/one';

/** The words of a pretraining of about a second: every setting is given, so that nothing is tried out first. */
export function pretraining(out = RUN, more: readonly string[] = []): string[] {
  const training = [
    '--epochs',
    '5',
    '--batch-size',
    '8',
    '--backbone',
    'resnet18',
    '--width',
    '4',
    '--precision',
    'fp32',
  ];
  const often = ['--checkpoint-every', '1', '--keep-checkpoints', '2', '--monitor-every', '2', '--preview-every', '2'];
  const data = ['--data', 'synthetic:objects?count=64&test=24&size=16'];
  return ['pretrain', 'rotation', ...data, '--out', out, ...training, ...often, '--device', 'cpu', ...more];
}

export const digest = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

/** Whether a run can be continued. */
export const isBegun = (workspace: string, run = RUN): boolean => existsSync(join(workspace, run, 'config.json'));

/** What two runs of the same settings have in common: networks, losses, scores, previews. */
export function contentOf(workspace: string, run = RUN): unknown {
  const at = (...names: string[]) => join(workspace, run, ...names);
  const events = parseEvents(readFileSync(at('events.jsonl'), 'utf8'));
  const newest = readdirSync(at('checkpoints')).sort().at(-1)!;
  return {
    newest,
    checkpoint: digest(at('checkpoints', newest)),
    encoder: digest(at('encoder.safetensors')),
    steps: events.flatMap((event) => (event.type === 'step' ? [[event.step, event.loss, event.metrics]] : [])),
    scores: events.flatMap((event) => (event.type === 'scores' ? [[event.step, event.scores]] : [])),
    means: events.flatMap((event) => (event.type === 'epoch' ? [[event.step, event.loss, event.metrics]] : [])),
    previews: readdirSync(at('previews'), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(json|png)$/.test(name))
      .sort()
      .map((name) => [name, digest(at('previews', name))]),
  };
}

/** Files below a folder that a write left unfinished, and locks. */
export function unfinished(workspace: string): string[] {
  return new Cli(workspace)
    .leftovers()
    .concat(readdirSync(workspace, { recursive: true, encoding: 'utf8' }).filter((name) => /\.lock(-|$)/.test(name)));
}

/** Images that take a while to pack: some of them damaged, in class folders. */
export async function writeImages(folder: string, count = 60): Promise<void> {
  const random = new Prng(count);
  for (let i = 0; i < count; i++) {
    const side = 96 + random.below(64);
    const pixels = Uint8Array.from({ length: side * side * 3 }, (_, at) => (at * (i + 3) + random.below(40)) % 256);
    const png = await sharp(pixels, { raw: { width: side, height: side, channels: 3 } })
      .png()
      .toBuffer();
    put(join(folder, `class-${i % 3}`, `${i}.png`), i % 20 === 7 ? png.subarray(0, png.length >> 1) : png);
  }
  writeFileSync(join(folder, 'notes.txt'), 'no image');
}
