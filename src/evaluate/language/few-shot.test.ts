import { describe, expect, it } from 'vitest';
import { createBackbone } from '../../backbones/registry.js';
import type { TextTransformer } from '../../backbones/text-transformer.js';
import { Prng } from '../../data/prng.js';
import { keep, manualSeed, noGrad, ops, scope, type Tensor, tensor } from '../../engine/index.js';
import { Module } from '../../engine/nn/index.js';
import { charactersOf } from '../../methods/text/characters.test-util.js';
import type { LanguageModel } from '../../methods/text/continuation.js';
import { evaluateFewShot, logProbabilities, withoutMeaning } from './few-shot.js';
import { FEW_SHOT_TASKS, type FewShotPrompt, type FewShotTask } from './few-shot-tasks.js';

const tokenizer = charactersOf(' abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:\n');

class Tiny extends Module implements LanguageModel {
  readonly backbone: TextTransformer;
  private head: Tensor | null = null;
  /** Called before each answer. */
  before = (): void => {};

  constructor(length = 200) {
    super();
    manualSeed(3);
    const options = { inputChannels: 1, imageSize: length, length, vocabulary: tokenizer.vocabulary, width: 16 };
    this.backbone = createBackbone('gpt2-micro', options) as TextTransformer;
    noGrad(() => {
      for (const value of this.backbone.parameters()) if (value.ndim === 2) value.normal_(0, 0.2);
    });
  }

  /** Makes each character of a text follow the one before it, whatever was read. */
  writes(text: string): this {
    noGrad(() =>
      scope(() => {
        const { blocks, embeddings, norm } = this.backbone;
        for (const { weight } of [...blocks.flatMap(({ attn, mlp }) => [attn.proj, mlp.fc2]), embeddings.positions!])
          weight.zero_();
        for (const { attn, mlp } of blocks) for (const { bias } of [attn.proj, mlp.fc2]) bias!.zero_();
        const vectors = norm!.forward(embeddings.tokens.weight);
        const head = ops.zerosLike(vectors);
        const ids = tokenizer.encode(text);
        for (let i = 1; i < ids.length; i++) head.select(0, ids[i]!).copy_(vectors.select(0, ids[i - 1]!));
        this.head = keep(head);
      }),
    );
    return this;
  }

  logits(hidden: Tensor): Tensor {
    this.before();
    return ops.linear(hidden, this.head ?? this.backbone.embeddings.tokens.weight);
  }
}

describe('the tasks', () => {
  it.each(FEW_SHOT_TASKS)('$name draws examples that do not give the answer away', (task) => {
    for (let seed = 0; seed < 50; seed++) {
      const { shots, asked, choices } = task.draw(new Prng(seed), 6);
      expect(shots.length).toBe(6);
      expect(shots.map(({ question }) => question)).not.toContain(asked.question);
      if (choices !== null) expect(choices).toContain(asked.answer);
      expect(task.draw(new Prng(seed), 6)).toEqual({ shots, asked, choices });
    }
  });

  it('have right answers', () => {
    const of = (name: string) => FEW_SHOT_TASKS.find((task) => task.name === name)!.draw(new Prng(1), 3);
    for (const { question, answer } of of('arithmetic').shots) {
      const [a, b] = question.split(' and ').map(Number) as [number, number];
      expect(Number(answer)).toBe(a + b);
    }
    for (const { question, answer } of of('word-scrambling').shots) {
      expect(question).not.toBe(answer);
      expect(answer + answer).toContain(question);
    }
    for (const { question, answer } of of('shortening').shots) {
      const words = question.split(' ');
      expect(answer).toBe(`${words[2]} ${words[3]} ${words[6]}`);
    }
  });

  it('refuses weights that are not finite', () => {
    const model = new Tiny();
    noGrad(() => model.backbone.parameters()[0]!.fill_(Number.NaN));
    expect(() => evaluateFewShot(model, tokenizer, { trials: 1 })).toThrow('numbers that are not finite');
  });
});

describe('few-shot prompting', () => {
  it('changes no weights, is the same each time, and is at chance with a random network', () => {
    const model = new Tiny().train();
    const options = { shots: [0, 2], trials: 40, seed: 5 };
    const result = evaluateFewShot(model, tokenizer, options);
    expect(model.isTraining).toBe(true);
    expect(evaluateFewShot(model, tokenizer, options)).toEqual(result);
    expect(result.rows.length).toBe(2 * FEW_SHOT_TASKS.length);
    for (const { task, accuracy, shots, shuffled } of result.rows) {
      expect(shuffled === null).toBe(shots < 2);
      if (task === 'label-mapping') expect(Math.abs(accuracy - 0.5)).toBeLessThan(3 * Math.sqrt(0.25 / 40));
      else expect(accuracy).toBeLessThan(0.2);
    }
  });

  it.each([2, 3, 5])('takes from each of %i examples its own answer, and none of the answers away', (count) => {
    const shots = Array.from({ length: count }, (_, i) => ({ question: `q${i}`, answer: `a${i}` }));
    for (let seed = 0; seed < 50; seed++) {
      const prompt = { shots, asked: { question: 'q', answer: 'a' }, choices: null };
      const { shots: exchanged, ...rest } = withoutMeaning(prompt, new Prng(seed));
      expect(rest).toEqual({ asked: prompt.asked, choices: null });
      expect(exchanged.map(({ question }) => question)).toEqual(shots.map(({ question }) => question));
      expect(exchanged.map(({ answer }) => answer).sort()).toEqual(shots.map(({ answer }) => answer));
      for (const [i, { answer }] of exchanged.entries()) expect(answer).not.toBe(shots[i]!.answer);
    }
  });

  it('counts an answer as right when the network gives it', () => {
    const model = new Tiny();
    const choices = ['yes', 'no', 'maybe'];
    const accuracyOf = (answer: string): number => {
      const task: FewShotTask = {
        ...{ name: 'own', description: '', chance: 0 },
        draw: () => ({ shots: [], asked: { question: 'a', answer }, choices }),
      };
      return evaluateFewShot(model, tokenizer, { tasks: [task], shots: [0], trials: 3 }).rows[0]!.accuracy;
    };
    const prompt = [...tokenizer.encode('a:')];
    const scores = logProbabilities(
      model.eval(),
      prompt,
      choices.map((answer) => [...tokenizer.encode(` ${answer}\n`)]),
    );
    const best = choices[scores.indexOf(Math.max(...scores))]!;
    for (const answer of choices) expect(accuracyOf(answer)).toBe(answer === best ? 1 : 0);
    const writer = new Tiny().writes(': so\n');
    const task = (answer: string): FewShotTask => ({
      ...{ name: 'own', description: '', chance: 0 },
      draw: () => ({ shots: [], asked: { question: 'a', answer }, choices: null }),
    });
    const written = (answer: string) =>
      evaluateFewShot(writer, tokenizer, { tasks: [task(answer)], shots: [0], trials: 3 }).rows[0]!.accuracy;
    expect([written('so'), written('s'), written('sos')]).toEqual([1, 0, 0]);
  });

  it('scores summaries by what they have in common with the right ones, and tells what a copy of the question would get', () => {
    const writer = new Tiny().writes(': so\n');
    const rowFor = (answer: string, { shots = 0, question = 'a', isSummary = true } = {}) => {
      const task: FewShotTask = {
        ...{ name: 'own', description: '', chance: 0, isSummary },
        draw: () => ({
          shots: Array.from({ length: shots }, (_, i) => ({ question: 'abc'[i]!, answer: 'x' })),
          asked: { question, answer },
          choices: null,
        }),
      };
      return evaluateFewShot(writer, tokenizer, { tasks: [task], shots: [shots], trials: 3 }).rows[0]!;
    };
    expect(rowFor('so it').rouge!.answers).toEqual({ rouge1: 2 / 3, rougeL: 2 / 3 });
    expect(rowFor('so it')).toMatchObject({ accuracy: 0, rouge: { shuffled: null, copied: { rouge1: 0, rougeL: 0 } } });
    expect(rowFor('so', { question: 'so it is' }).rouge).toMatchObject({
      answers: { rouge1: 1, rougeL: 1 },
      copied: { rouge1: 0.5, rougeL: 0.5 },
    });
    expect(rowFor('no', { shots: 2 }).rouge!.shuffled).toEqual({ rouge1: 0, rougeL: 0 });
    expect(rowFor('so', { isSummary: false }).rouge).toBeNull();
    // A summary that does not end goes on for twice the right length: " so: so: so: s" has one word right of four.
    const endless = new Tiny().writes(': so:');
    const task: FewShotTask = {
      ...{ name: 'own', description: '', chance: 0, isSummary: true },
      draw: () => ({ shots: [], asked: { question: 'a', answer: 'so at' }, choices: null }),
    };
    const [row] = evaluateFewShot(endless, tokenizer, { tasks: [task], shots: [0], trials: 1 }).rows;
    expect(row!.rouge!.answers).toEqual({ rouge1: 1 / 3, rougeL: 1 / 3 });
  });

  it('gives each answer its own room, whatever else is asked', () => {
    const endless = new Tiny().writes(': so:');
    const scoreOf = (...answers: string[]): number => {
      let drawn = 0;
      const task: FewShotTask = {
        ...{ name: 'own', description: '', chance: 0, isSummary: true },
        draw: () => ({ shots: [], asked: { question: 'a', answer: answers[drawn++]! }, choices: null }),
      };
      const options = { tasks: [task], shots: [0], trials: answers.length };
      return evaluateFewShot(endless, tokenizer, options).rows[0]!.rouge!.answers.rouge1;
    };
    const [short, long] = ['so at', 'so at the end of the day'];
    expect(scoreOf(short, long)).toBe((scoreOf(short) + scoreOf(long)) / 2);
  });

  it('adds the probabilities of all tokens of an answer', () => {
    const model = new Tiny().eval();
    const [prompt, answers] = [
      [5, 6, 7],
      [
        [8, 9],
        [10, 11, 12, 13],
      ],
    ];
    const sums = logProbabilities(model, prompt, answers);
    for (const [i, answer] of answers.entries()) {
      let sum = 0;
      const ids = [...prompt];
      for (const id of answer) {
        const logits = noGrad(() => model.logits(model.backbone.read({ ids: tensor([ids], { dtype: 'int64' }) })));
        sum += logits
          .select(1, ids.length - 1)
          .logSoftmax(-1)
          .flatten()
          .toNumbers()[id]!;
        ids.push(id);
      }
      expect(sums[i]).toBeCloseTo(sum, 4);
    }
  });

  it('leaves out the first examples where the context is too short, and skips what cannot be asked', () => {
    const short = evaluateFewShot(new Tiny(40), tokenizer, { shots: [8], trials: 5 });
    const arithmetic = short.rows.find(({ task }) => task === 'arithmetic')!;
    expect(arithmetic.fitting).toBeLessThan(4);
    expect(arithmetic.fitting).toBeGreaterThan(1);
    expect(short.skipped.map(({ task }) => task)).toEqual(['shortening']);
    const strange = evaluateFewShot(
      new Tiny(),
      { ...tokenizer, special: { ...tokenizer.special, unknown: 2 } },
      { shots: [0] },
    );
    expect(strange.rows).toEqual([]);
    expect(strange.skipped[0]!.reason).toContain('does not know');
  });

  it('looks at every prompt before it asks the first', () => {
    let drawn = 0;
    const draw = (change: Partial<FewShotPrompt>, at: number): FewShotTask => ({
      ...{ name: 'colors', description: 'Colors.', chance: 0.5 },
      draw: () => ({
        ...{ shots: [], asked: { question: 'sky', answer: 'blue' }, choices: ['blue', 'red'] },
        ...(drawn++ === at ? change : {}),
      }),
    });
    const reasonFor = (change: Partial<FewShotPrompt>, length = 30): string | undefined => {
      drawn = 0;
      const options = { tasks: [draw(change, 59)], shots: [0, 1], trials: 30 };
      const { rows, skipped } = evaluateFewShot(new Tiny(length), tokenizer, options);
      expect(rows).toHaveLength(skipped.length === 0 ? 2 : 0);
      return skipped[0]?.reason;
    };
    expect(reasonFor({})).toBeUndefined();
    expect(reasonFor({ asked: { question: 'sky?', answer: 'blue' } })).toContain('does not know');
    expect(reasonFor({ shots: [{ question: 'sea', answer: 'blue!' }] })).toContain('does not know');
    expect(reasonFor({ choices: ['blue', 'réd'] })).toContain('does not know');
    // "sky:" and " dark and red" with the end of the line: 4 and 14 tokens.
    const choices = ['blue', 'dark and red'];
    expect(reasonFor({ choices }, 18)).toBeUndefined();
    expect(reasonFor({ choices }, 17)).toBe(
      'its questions with their answers are longer than the 17 tokens that the network reads',
    );
  });

  it('keeps the examples next to the question', () => {
    const texts: string[] = [];
    const encode = (text: string): Int32Array => {
      texts.push(text);
      return tokenizer.encode(text);
    };
    const listening = { ...tokenizer, encode };
    const shots = ['a', 'b', 'c'].map((question) => ({ question, answer: 'x' }));
    const asked = { question: 'q', answer: 'x' };
    const task: FewShotTask = {
      name: 'own',
      description: '',
      chance: 0,
      draw: () => ({ shots, asked, choices: null }),
    };
    const { rows } = evaluateFewShot(new Tiny(11), listening, { tasks: [task], shots: [1], trials: 1 });
    expect(rows[0]!.fitting).toBe(1);
    expect(texts).toContain('c: x\nq:');
    expect(texts).not.toContain('a: x\nq:');
  });

  it('refuses a network whose weights move', () => {
    const model = new Tiny();
    model.before = () => void noGrad(() => model.backbone.norm!.weight!.add_(1e-3));
    expect(() => evaluateFewShot(model, tokenizer, { shots: [0], trials: 2 })).toThrow(
      'weights of the network have changed',
    );
  });
});
