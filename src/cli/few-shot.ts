import { Command } from 'commander';
import { expected } from '../errors.js';
import { FEW_SHOT_TASKS } from '../evaluate/language/few-shot-tasks.js';
import type { Rouge } from '../evaluate/metrics/rouge.js';
import { figure } from '../format.js';
import { print, printJson, say, table } from './output.js';
import { Progress } from './progress.js';

interface Given {
  tasks?: string;
  shots: string;
  trials: string;
  seed: string;
  device: string;
  json?: boolean;
}

/** `few-shot <run>`. */
export function fewShotCommand(): Command {
  const tasks = FEW_SHOT_TASKS.map(({ name, description }) => `  ${name}: ${description}`).join('\n');
  return new Command('few-shot')
    .description('Asks a language model to solve tasks after some solved examples in its prompt; nothing is trained.')
    .argument('<run>', 'a run folder of a language model, such as runs/gpt-1')
    .option('--tasks <names>', 'some of the tasks, with commas between (default: all)')
    .option('--shots <numbers>', 'numbers of examples', '0,1,4,8')
    .option('--trials <n>', 'prompts for each task and number of examples', '100')
    .option('--seed <n>', 'seed of the prompts', '0')
    .option('--device <name>', 'cpu, cuda, cuda:1, mps, or auto', 'auto')
    .option('--json', 'Print the figures as JSON')
    .addHelpText(
      'after',
      `\nTasks:\n${tasks}\n\nExample:\n  autodidact few-shot runs/gpt-1 --tasks arithmetic --shots 0,4`,
    )
    .action(fewShot);
}

async function fewShot(path: string, given: Given): Promise<void> {
  const names = given.tasks?.split(',').map((name) => name.trim()) ?? FEW_SHOT_TASKS.map(({ name }) => name);
  const tasks = names.map((name) => {
    const found = FEW_SHOT_TASKS.find((task) => task.name === name);
    if (found === undefined)
      throw expected(`some of ${FEW_SHOT_TASKS.map((task) => task.name).join(', ')}`, 'tasks', name);
    return found;
  });
  const shots = given.shots.split(',').map((text) => whole(text, 'shots', 0, 1000));
  const trials = whole(given.trials, 'trials', 1, 100_000);
  const seed = whole(given.seed, 'seed', 0, 2 ** 31);
  const [{ openGpt }, { evaluateFewShot }] = await Promise.all([
    import('./open-gpt.js'),
    import('../evaluate/language/few-shot.js'),
  ]);
  const { gpt, tokenizer } = openGpt(path, given.device);
  const progress = new Progress('prompting', 'measurements');
  const onProgress = (done: number, total: number): void => progress.update(done, total);
  try {
    const { rows, skipped, weights } = evaluateFewShot(gpt, tokenizer, { tasks, shots, trials, seed, onProgress });
    progress.stop();
    for (const { task, reason } of skipped) say(`${task} was not asked: ${reason}`);
    if (given.json) return printJson({ run: path, trials, seed, weights, rows, skipped });
    if (rows.length === 0)
      return print('No task was asked: the tokenizer of the run knows too few characters or words of them.');
    const cells = rows.map((row) => [
      row.task,
      String(row.shots),
      String(Math.round(10 * row.fitting) / 10),
      percent(row.accuracy),
      row.shuffled === null ? '' : percent(row.shuffled),
      row.chance === 0 ? '' : percent(row.chance),
    ]);
    print(...table(cells, ['task', 'examples', 'that fit', 'right', 'answers exchanged', 'chance']));
    const summaries = rows.flatMap(({ task, shots: count, rouge }) =>
      rouge === null
        ? []
        : [[task, String(count), both(rouge.answers), rouge.shuffled ? both(rouge.shuffled) : '', both(rouge.copied)]],
    );
    if (summaries.length > 0)
      print(
        '',
        ...table(summaries, ['ROUGE-1, -L', 'examples', 'answers', 'answers exchanged', 'the question copied']),
      );
  } finally {
    progress.stop();
  }
}

function whole(text: string, name: string, least: number, most: number): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw expected(`a whole number from ${least} to ${most}`, name, text);
}

const both = ({ rouge1, rougeL }: Rouge): string => `${figure(100 * rouge1)}, ${figure(100 * rougeL)}`;

const percent = (share: number): string => `${figure(100 * share)} %`;
