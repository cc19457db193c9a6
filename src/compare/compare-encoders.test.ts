/** Encoders that are there already, as rows of a comparison. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createBackbone } from '../backbones/registry.js';
import { memoryTexts } from '../data/text/tokens.test-util.js';
import { manualSeed, ops } from '../engine/index.js';
import { writeSafetensors } from '../engine/safetensors.js';
import { writeComparison } from '../export/comparison/write-comparison.js';
import { standardizedBy } from '../methods/encoders.js';
import { findMethod, parseMethodOptions } from '../methods/registry.js';
import { buildEncoder } from '../train/build.js';
import { saveEncoder } from '../train/encoder-file.js';
import { compare, resumeComparison } from './compare.js';
import { CompareFolder } from './folder.js';
import type { CompareResult } from './result.js';
import { comparable, stripedImages } from './striped-images.test-util.js';

const { folder: root, cacheFolder, optionsOf } = stripedImages();

/** Weights alone, of images with these channels. */
function encoderAt(name: string, channels = 1, seed = 1): string {
  const path = join(root, name);
  manualSeed(seed);
  const backbone = createBackbone('resnet18', { inputChannels: channels, imageSize: 16, width: 4 });
  const fill = (value: number) => Array<number>(channels).fill(value);
  const statistics = { mean: fill(0.4), std: fill(0.2) };
  const spec = { modality: 'image', channels, height: 16, width: 16, ...statistics };
  saveEncoder(path, standardizedBy(backbone, spec, statistics));
  return path;
}
const rowsOf = ({ rows }: CompareResult, kind: string) => rows.filter((row) => row.kind === kind);

test('stand beside random initialization and supervised training, without any pretraining', async () => {
  const [one, other] = [encoderAt('one.safetensors'), encoderAt('other.safetensors', 1, 2)];
  const copy = join(root, 'copy', 'encoder.safetensors');
  mkdirSync(join(root, 'copy'));
  copyFileSync(one, copy);
  const options = optionsOf({
    ...{ methods: undefined, encoders: [one, other, copy], baselines: ['random', 'supervised'], budget: '20steps' },
  });
  const job = compare(options);
  const sentences: string[] = [];
  for await (const event of job) if (event.type === 'start') sentences.push(...event.sentences);
  const result = await job;
  expect(sentences[0]).toBe('3 encoders and 2 baselines in 2 blocks, 38 labels, 20 steps of supervised training');
  expect(sentences).toContain(`${one}: resnet18, width 4, as it is`);
  const given = rowsOf(result, 'encoder');
  expect(given.map(({ title }) => title).sort()).toEqual([copy, one, other].sort());
  expect(given.map(({ name }) => name).sort()).toEqual(['encoder-copy', 'encoder-one', 'encoder-other']);
  for (const { scores, steps, seconds, network, failure } of given)
    expect([scores.length, steps, seconds, network, failure]).toEqual([2, 0, 0, 'resnet18, width 4', null]);
  const scoresOf = (path: string) => given.find(({ title }) => title === path)!.scores;
  expect(scoresOf(copy)).toEqual(scoresOf(one));
  expect(scoresOf(other)).not.toEqual(scoresOf(one));
  expect(rowsOf(result, 'random')[0]).toMatchObject({ network: 'resnet18, width 4', failure: null });
  expect(rowsOf(result, 'supervised')[0]!.steps).toBeGreaterThan(0);
  expect(result.fresh!.rows).toHaveLength(5);
  expect(result.notes.join()).toContain('its score is flattered');
  expect(result.command).toBeNull();
  const { encoders, reference } = CompareFolder.open(options.out!).readConfig();
  expect(reference).toBe('encoder-one');
  expect(encoders[reference]!.secondsPerPass).toBeGreaterThan(0);
  const page = readFileSync(await writeComparison(result), 'utf8');
  expect(page).toContain('3 encoders as they are');
  expect(page).not.toContain('No method began to train');

  // Nothing is measured twice, and another encoder in the place of one is refused.
  const again = resumeComparison(options.out!);
  for await (const event of again) if (event.type === 'cell') expect(event.isNew).toBe(false);
  expect(comparable(await again)).toEqual(comparable(result));
  copyFileSync(other, one);
  await expect(resumeComparison(options.out!)).rejects.toThrow(/has changed since the comparison began/);
});

test('cost the methods beside them nothing, and score what the method scored that made them', async () => {
  const whole = await compare(optionsOf());
  const made = join(whole.folder, 'runs', 'rotation.rung-0.block-1', 'encoder.safetensors');
  const result = await compare(optionsOf({ encoders: [made] }));
  const figures = (kinds: readonly string[], { rows }: CompareResult) =>
    rows
      .filter(({ kind }) => kinds.includes(kind))
      .map(({ name, scores }) => ({ name, scores }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  expect(figures(['method', 'random'], result)).toEqual(figures(['method', 'random'], whole));
  const rotation = whole.rows.find(({ name }) => name === 'rotation')!;
  expect(rowsOf(result, 'encoder')[0]!.scores[0]).toBe(rotation.scores[0]);
});

test('that cannot read the data are refused before anything is measured', async () => {
  const refused = async (encoders: string[]) => {
    const options = optionsOf({ methods: undefined, encoders });
    const message = await compare(options).catch((error: Error) => error.message);
    expect(existsSync(options.out!)).toBe(false);
    return message;
  };
  const six = encoderAt('six.safetensors', 6);
  expect(await refused([six])).toContain(
    `${six} cannot read these data: Expected images of 16 x 16 pixels and 6 channels`,
  );
  const definition = findMethod('cpc-sound');
  const spec = { modality: 'sound', rate: 8000, length: 480 };
  const options = parseMethodOptions(definition, {}, true);
  const training = { backbone: 'sound', width: 4 };
  const sound = join(root, 'sound.safetensors');
  const encoder = buildEncoder(definition, options, training, spec, { seed: 1, device: 'cpu' });
  saveEncoder(sound, encoder, { method: 'cpc-sound', options: options as never, ...training, samples: spec });
  expect(await refused([encoderAt('fine.safetensors'), sound])).toMatch(/sound.safetensors cannot read these data/);
  const texts = join(root, 'texts.jsonl');
  const story = 'One bridge is old. The river is wide and cold. Taxes were raised again. Nobody knew of it.';
  const rows = Array.from({ length: 40 }, (_, i) => JSON.stringify({ text: story, label: i % 2 === 0 ? 'a' : 'b' }));
  writeFileSync(texts, `${rows.join('\n')}\n`);
  const ofText = (name: string, context: number): string => {
    const { spec: read, assets } = memoryTexts([[story]], { length: context, form: 'sentences' });
    const method = findMethod('skip-gram');
    const chosen = parseMethodOptions(method, {}, true);
    const made = { backbone: 'word-table', width: 4 };
    const path = join(root, `${name}.safetensors`);
    const words = buildEncoder(method, chosen, made, read, { seed: 1, device: 'cpu', assets });
    saveEncoder(path, words, { method: 'skip-gram', options: chosen as never, ...made, samples: read, assets });
    return path;
  };
  const data = `text:${texts}?label=label`;
  const [short, long] = [ofText('short', 8), ofText('long', 64)];
  // As many samples of each, but not the same ones.
  const ofTexts = { data, open: { cacheFolder, limit: 20 }, methods: undefined, blocks: 1, freshBlocks: 0 };
  expect((await compare(optionsOf({ ...ofTexts, encoders: [short] }))).rows.map(({ failure }) => failure)).toEqual([
    null,
    null,
  ]);
  await expect(compare(optionsOf({ ...ofTexts, encoders: [short, long] }))).rejects.toThrow(
    /long.safetensors cannot read these data: .*would see other samples than the others/,
  );
  expect(await refused([join(root, 'nowhere')])).toMatch(/There is no run and no file of weights/);
  const foreign = join(root, 'foreign.safetensors');
  writeSafetensors(foreign, new Map([['weight', ops.ones([2, 2])]]));
  expect(await refused([foreign])).toMatch(/foreign.safetensors/);
});
