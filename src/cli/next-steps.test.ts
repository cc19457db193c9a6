import { expect, it, vi } from 'vitest';
import { findMethod, methods } from '../methods/registry.js';
import { exampleData, modalityFor } from '../modalities/registry.js';
import { methodsCommand } from './methods.js';
import { nextSteps } from './next-steps.js';
import { quoted } from './output.js';

it('a language model writes first and is measured then', () => {
  expect(nextSteps(findMethod('gpt'), 'runs/a')).toEqual([
    'Next: autodidact generate runs/a --prompt "The"',
    '      autodidact evaluate runs/a',
  ]);
  expect(nextSteps(findMethod('simclr'), 'runs/a')).toEqual(['Next: autodidact evaluate runs/a']);
  expect(nextSteps(findMethod('bert'), 'runs/a', './texts')).toEqual([
    'Next: autodidact evaluate runs/a --data ./texts',
  ]);
});

it.each(methods.map((method) => [method.name, method] as const))(
  'the example for %s names data that it learns from',
  async (_, method) => {
    const [, known] = exampleData(method);
    expect(method.modalities).toContain((await modalityFor(known)).name);
  },
);

it('a method is shown with data of its own kind', async () => {
  const shown = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const data = async (name: string) => {
    shown.mockClear();
    await methodsCommand().parseAsync([name], { from: 'user' });
    const text = shown.mock.calls.map(([piece]) => String(piece)).join('');
    return /autodidact pretrain \S+ --data (.*)/.exec(text)?.[1];
  };
  const names = ['simclr', 'gpt', 'video-mae', 'cpc-sound', 'tracking-patches', 'motion-segmentation'];
  const found: unknown[] = [];
  for (const name of names) found.push(await data(name));
  shown.mockRestore();
  expect(found).toEqual(['./photos', './texts', './videos', './recordings', 'patches:./videos', 'moving:./videos']);
});

it('words with signs of the shell stand between quotes', () => {
  expect(['./texts', 'synthetic:sprites?count=2', 'a b'].map(quoted)).toEqual([
    './texts',
    '"synthetic:sprites?count=2"',
    '"a b"',
  ]);
});
